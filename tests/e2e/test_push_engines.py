"""Pushes on every engine and image store that hosts have."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.e2e.test_push import over, website_with
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Image, image_id, website_image, write_archive
from tests.support.relay import Relay


def push(host: Daemon, image: Image, to: str = "admin") -> Any:
    """Push an archive and return the JSON that tells what it cost."""
    path = write_archive(host.root / f"{image_id(image)[7:19]}.tar", image)
    return json.loads(host.cli("-o", "json", "push", str(path), "website", host=to).stdout)


def test_a_push_sends_the_layer_that_changed(any_engine: TestEngine, tmp_path: Path) -> None:
    with Daemon(tmp_path / "edd", any_engine.socket, [Place("website", stable=0.0)]) as host:
        push(host, website_image("website:1", "one"))

        second = push(host, website_image("website:2", "two"))

        assert second["layers"] == {"present": 1, "patched": 0, "whole": 1}
        assert second["sent_bytes"] < 2000
        assert (
            any_engine.docker("exec", "ed_website", "/bin/busybox", "cat", "/www/index.html")
            == "two"
        )


def test_a_changed_layer_travels_as_a_patch(any_engine: TestEngine, tmp_path: Path) -> None:
    with Daemon(tmp_path / "edd", any_engine.socket, [Place("website", stable=0.0)]) as host:
        push(host, website_with("one"))
        with Relay(host.port, delay=0.02) as relay:
            sent = push(host, website_with("two"), to=over(host, relay))

        assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
        assert (
            any_engine.docker("exec", "ed_website", "/bin/busybox", "cat", "/www/index.html")
            == "two"
        )


def test_a_layer_found_under_another_chain_is_not_sent(
    any_engine: TestEngine, tmp_path: Path
) -> None:
    image = website_image("website:2", "one")
    rebased = replace(image, layers=[*reversed(image.layers)])
    with Daemon(tmp_path / "edd", any_engine.socket, [Place("website", stable=0.0)]) as host:
        push(host, website_image("website:1", "one"))

        sent = push(host, rebased)

        assert sent["layers"] == {"present": 2, "patched": 0, "whole": 0}
        assert sent["sent_bytes"] < 1000
