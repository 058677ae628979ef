"""How deployments are shown: while Docker is busy with one."""

import http.client
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Image, noise_layer, website_image, write_archive
from tests.support.processes import wait_until

FACTS = ("state", "image", "health", "release", "container")


def checked_image() -> Image:
    """A website that is well, and 16 MiB to be downloaded."""
    image = website_image("site:1", "hello")
    return replace(image, layers=[*image.layers, noise_layer("large", 16, 1)])


def status(host: Daemon) -> dict[str, Any]:
    found: dict[str, Any] = host.get("/v1/deployments/website")
    return found


@contextmanager
def downloading(engine: TestEngine, path: str) -> Iterator[None]:
    """Begin to copy a file out of the website's container, and read no further."""
    link = http.client.HTTPConnection("localhost")
    link.sock = socket.socket(socket.AF_UNIX)
    link.sock.connect(str(engine.socket))
    try:
        link.request("GET", f"/containers/ed_website/archive?path={path}")
        assert link.getresponse().status == 200
        yield
    finally:
        link.close()


def test_deployments_are_shown_while_files_are_copied_out_of_their_containers(
    any_engine: TestEngine, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "site.tar", checked_image())
    with Daemon(tmp_path / "edd", any_engine.socket, [Place("website", "--network none")]) as host:
        host.cli("push", str(archive), "website")
        before = status(host)
        with downloading(any_engine, "/large"):
            began = time.monotonic()
            (listed,) = host.get("/v1/deployments")
            assert time.monotonic() - began < 5
            shown = status(host)

        for found in (listed, shown):
            assert {fact: found[fact] for fact in FACTS} == {fact: before[fact] for fact in FACTS}
            assert found["since"] in ("", before["since"])
        wait_until(lambda: status(host)["since"] == before["since"], 20, "inspected again")
