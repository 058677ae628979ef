"""A host with too little room says so before it takes an archive, or while it does."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.engine import TestEngine
from tests.support.images import big_image, write_archive


@pytest.fixture
def host(small_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path / "edd", small_engine.socket, min_free=8 << 20) as running:
        yield running


def test_an_archive_that_cannot_fit_is_refused_before_it_is_sent(
    host: Daemon, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "big.tar", big_image("big:1", 40))

    done = subprocess.run(
        [
            *host.curl_words(host.admin),
            *["-X", "POST", "-T", str(archive), "-w", "\n%{http_code} %{size_upload}"],
            f"{host.url}/v1/website/load",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    body, _, numbers = done.stdout.rpartition("\n")
    problem = json.loads(body)
    assert numbers == "507 0"
    assert problem["code"] == "disk-full"
    assert problem["needed"] > 2 * archive.stat().st_size
    assert problem["free"] < 64 << 20


def test_an_endless_stream_is_cut_before_the_disk_is_full(
    host: Daemon, small_engine: TestEngine, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "big.tar", big_image("big:1", 100))

    with archive.open("rb") as stream:
        status, body = host.curl("/v1/website/load", "-X", "POST", "-T", "-", stdin=stream)

    assert (status, json.loads(body)["code"]) == (507, "disk-full")
    assert small_engine.image_ids() == set()
    assert small_engine.containers() == []
    assert host.cli("ps").returncode == 0
