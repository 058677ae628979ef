"""A delivery, a replace, an automatic return and a rollback on Docker's containerd image store."""

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Image, Layer, files_layer, website_image, write_archive
from tests.support.loading import load_past_the_gate
from tests.support.partial_archives import packed_save_25, saved
from tests.support.ports import fetch, free_port
from tests.unit.archive import builders
from tests.unit.archive.builders import tar_of


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


def push(host: Daemon, text: str) -> None:
    deliver(host, website_image("website:x", text))


def deliver(host: Daemon, image: Image) -> None:
    host.cli("push", str(write_archive(host.root / "image.tar", image)), "website")


def with_layer(image: Image, layer: Layer) -> Image:
    """Return ``image`` with ``layer`` above its lowest."""
    return replace(image, layers=[image.layers[0], layer, *image.layers[1:]])


@pytest.mark.parametrize("way", ["offered", "whole"])
def test_the_image_that_runs_already_is_known_whichever_way_it_comes(
    host: Daemon, tmp_path: Path, way: str
) -> None:
    push(host, "one")
    archive = write_archive(tmp_path / "again.tar", website_image("website:x", "one"))

    if way == "offered":
        again = host.cli("-o", "json", "push", str(archive), "website")
    else:
        with archive.open("rb") as stream:
            again = host.cli("-o", "json", "push", "-", "website", stdin=stream)

    told = json.loads(again.stdout)
    assert told["outcome"] == "unchanged"
    assert (told["sent_bytes"] == 0) == (way == "offered")
    assert [release["number"] for release in host.get("/v1/website/releases")] == [1]


def saves(engine: TestEngine) -> set[str]:
    """Return when and which images the engine was made to write out, of its last 256 events."""
    until = str(int(time.time()) + 1)
    told = engine.docker("events", "--since", "0", "--until", until, "--filter", "event=save")
    return set(told.splitlines())


def test_layers_that_came_from_here_are_neither_written_out_nor_loaded_again(
    host: Daemon, containerd_engine: TestEngine, port: int
) -> None:
    push(host, "one")
    before = saves(containerd_engine)

    push(host, "two")

    assert fetch(port) == "two"
    assert not saves(containerd_engine) - before


def test_a_layer_that_lies_here_packed_after_all_is_written_out_and_loaded(
    host: Daemon, containerd_engine: TestEngine, port: int
) -> None:
    own = files_layer({"own": secrets.token_bytes(64)})  # no earlier test left it here plain
    one, two = (with_layer(website_image("website:x", text), own) for text in ("one", "two"))
    deliver(host, one)
    host.stop()
    containerd_engine.clean()
    layers = [b"".join(layer.read()) for layer in one.layers]
    packed = builders.Image(("other:1",), tuple(layers))
    load_past_the_gate(containerd_engine, tar_of(packed_save_25(packed)))
    host.start()

    deliver(host, two)

    assert fetch(port) == "two"
    assert "layers-not-left-out" in host.log()
    layers_of_two = {layer.digest for layer in two.layers}
    assert layers_of_two <= saved(containerd_engine, "ed_website:latest")
