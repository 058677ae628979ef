"""A push over links that break anywhere: it goes on by itself, and ends well."""

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.e2e.test_push import over, spooled, website_with
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import (
    Image,
    big_image,
    files_layer,
    image_id,
    website_image,
    write_archive,
)
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.relay import Relay

MIB = 1 << 20


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    place = Place("website", f"--network host -e PORT={free_port()}", stable=0.0)
    with Daemon(tmp_path / "edd", clean_engine.socket, [place]) as daemon:
        yield daemon


def push(host: Daemon, image: Image, to: str = "admin") -> Any:
    """Push an archive and return the JSON that tells what it cost."""
    path = write_archive(host.root / f"{image_id(image)[7:19]}.tar", image)
    done = host.cli("-o", "json", "push", str(path), "website", host=to)
    return json.loads(done.stdout)


def once(number: int) -> Callable[[int], bool]:
    """Break at the ``number``-th piece of all, and never again."""
    pieces = itertools.count(1)
    return lambda _: next(pieces) == number


@pytest.mark.parametrize("up", [True, False], ids=["up", "down"])
def test_a_push_that_is_cut_once_ends_well_wherever_it_is_cut(host: Daemon, up: bool) -> None:
    push(host, website_with("first"))
    for number in itertools.count(1):
        shutil.rmtree(host.root / "cache", ignore_errors=True)  # the host must tell of its layers
        with Relay(host.port, delay=0.006) as relay:
            if up:
                relay.breaks = once(number)
            else:
                relay.breaks_down = once(number)
            sent = push(host, website_with(f"page-{number}"), over(host, relay, f"cut-{number}"))
        assert sent["outcome"] == "success"
        assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
        if not relay.broken:
            break
    assert number > 5


def test_a_link_that_breaks_at_random_both_ways_is_borne(host: Daemon) -> None:
    push(host, website_with("one", files=1500))
    shutil.rmtree(host.root / "cache")
    chance = Random(11)
    image = website_with("two", files=1500)
    image = replace(image, layers=[*image.layers, files_layer({"new": Random(1).randbytes(MIB)})])

    def fate(_: int) -> bool:
        return chance.random() < 0.05

    with Relay(host.port, delay=0.006, breaks=fate, breaks_down=fate) as relay:
        sent = push(host, image, to=over(host, relay))

    assert relay.broken >= 3
    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 1}


def test_a_link_that_breaks_at_every_piece_of_a_layer_bears_the_layer(host: Daemon) -> None:
    with Relay(host.port, breaks=lambda borne: borne > MIB) as relay:
        sent = push(host, big_image("website:1", 8), to=over(host, relay))
    assert relay.broken >= 7
    assert sent["outcome"] == "success"


def test_a_link_that_stalls_is_waited_for(host: Daemon) -> None:
    def stalls(borne: int) -> float:
        return 2.5 if borne // MIB != (borne + 16 * 1024) // MIB else 0.0

    with Relay(host.port, stalls=stalls) as relay:
        sent = push(host, big_image("website:1", 4), to=over(host, relay))
    assert sent["outcome"] == "success"
    assert relay.connections < 8


def test_a_host_that_lost_power_is_sent_again_what_it_lost(host: Daemon) -> None:
    image = big_image("website:1", 16)
    path = write_archive(host.root / "big.tar", image)
    with Relay(host.port, rate=6 * MIB) as relay:
        words: list[str | Path] = [EDD, "-H", over(host, relay), "push", str(path), "website"]
        with subprocess.Popen(words, env=host.environment) as client:
            wait_until(lambda: spooled(host) > 5 * MIB, 30, "some of it arrived")
            client.kill()
    host.kill9()
    part = max((host.state / "spool").glob("*/*"), key=lambda one: one.stat().st_size)
    with part.open("r+b") as file:
        file.seek(-MIB, os.SEEK_END)
        file.write(bytes(MIB))  # it was given room on the disk, and never written
    host.start()

    sent = push(host, image)

    assert sent["outcome"] == "success"
    assert sent["sent_bytes"] > 16 * MIB


def test_a_host_that_is_not_there_is_told_at_once(host: Daemon) -> None:
    path = write_archive(host.root / "one.tar", website_image("website:1", "one"))
    host.stop()
    done = host.cli("push", str(path), "website", check=False, timeout=5)
    assert "nothing listens on that port" in done.stderr
