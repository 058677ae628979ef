"""A delivery, a replace, an automatic return and a rollback on Docker's containerd image store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive
from tests.support.ports import fetch, free_port


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def host(containerd_engine: TestEngine, tmp_path: Path, port: int) -> Iterator[Daemon]:
    place = Place("website", args=f"-p 127.0.0.1:{port}:8080")
    with Daemon(tmp_path / "edd", containerd_engine.socket, [place]) as running:
        yield running


def test_releases_come_and_go_as_on_the_classic_store(
    host: Daemon, tmp_path: Path, port: int
) -> None:
    for text in ("one", "two"):
        archive = write_archive(tmp_path / f"{text}.tar", website_image("website:x", text))
        host.cli("push", str(archive), "website")
        assert fetch(port) == text

    broken = website_image("website:x", "three", broken="exits")
    refused = host.cli(
        "push", str(write_archive(tmp_path / "3.tar", broken)), "website", check=False
    )
    assert refused.returncode != 0
    assert fetch(port) == "two"

    host.cli("rollback", "website")
    assert fetch(port) == "one"
