"""How deployments are shown: while Docker is busy with one, while a job is, and when one is ill."""

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from edd.model.caller import Role
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Image, noise_layer, website_image, write_archive
from tests.support.processes import wait_until

CHECK = "busybox cat /why 2>/dev/null && exit 7; exit 0"
FACTS = ("state", "image", "health", "release", "container")


def checked_image() -> Image:
    """A website that is well until there is a file ``/why``, and 16 MiB to be downloaded."""
    image = website_image("site:1", "hello")
    test = ["CMD", "/bin/busybox", "sh", "-c", CHECK]
    config = image.config | {"Healthcheck": image.config["Healthcheck"] | {"Test": test}}
    return replace(image, config=config, layers=[*image.layers, noise_layer("large", 16, 1)])


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


def test_a_failing_health_check_is_told_to_whoever_may_read_the_log(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "site.tar", checked_image())
    with Daemon(
        tmp_path / "edd", clean_engine.socket, [Place("website", "--network none")]
    ) as host:
        host.client("guest", Role.VIEWER)
        host.cli("push", str(archive), "website")
        write = ("/bin/busybox", "sh", "-c", "echo no database >/why")
        clean_engine.docker("exec", "ed_website", *write)
        wait_until(lambda: status(host)["health"] == "unhealthy", 20, "unhealthy")

        assert status(host)["probe"] == {"exit_code": 7, "output": "no database"}
        assert host.get("/v1/deployments")[0].get("probe") is None
        shown = host.cli("show", "website", host="guest").stdout
        assert "exit code 7" in shown
        assert "no database" in shown


def test_the_job_that_is_under_way_is_named_until_it_has_ended(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    image = website_image("site:1", "hello", healthy=None)
    archive = write_archive(tmp_path / "site.tar", image)
    places = [Place("website", stable=3), Place("shop")]
    with Daemon(tmp_path / "edd", clean_engine.socket, places) as host:
        push = threading.Thread(target=host.cli, args=("push", str(archive), "website"))
        push.start()
        wait_until(lambda: status(host)["job"] == 1, 20, "job 1")
        assert [each["job"] for each in host.get("/v1/deployments")] == [1, None]
        assert "(job 1)" in host.cli("ps").stdout
        push.join()

        assert status(host)["job"] is None
        assert status(host)["health"] == "none"
