"""Small containers that do nothing, on an engine that belongs to a test."""

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.engine import TestEngine

IDLE = ("/bin/busybox", "sh", "-c", "trap 'exit 0' TERM; busybox sleep 100000 & wait")


class Boxes:
    """Makes containers of ``image``, which has busybox."""

    def __init__(self, engine: TestEngine, image: str) -> None:
        self.engine = engine
        self._image = image

    def run(self, name: str, *options: str) -> str:
        """Start one that waits, and return its id."""
        return self.engine.docker("run", "-d", "--name", name, *options, self._image, *IDLE)

    def create(self, name: str, *options: str) -> str:
        """Create one that is not started, and return its id."""
        return self.engine.docker("create", "--name", name, *options, self._image, *IDLE)

    def create_many(self, names: list[str]) -> None:
        """Create many quickly, by the engine's API."""
        wish = json.dumps(
            {"Image": self._image, "Cmd": IDLE, "HostConfig": {"NetworkMode": "none"}}
        )
        with _link(self.engine.socket) as link:
            for name in names:
                headers = {"Content-Type": "application/json"}
                link.request("POST", f"/containers/create?name={name}", wish, headers)
                answer = link.getresponse()
                told = answer.read()
                assert answer.status == 201, told

    def state(self, name: str) -> str:
        """The engine's word for how one is; empty when there is none."""
        return str(self.engine.inspect(name).get("State", {}).get("Status", ""))

    def host_config(self, name: str) -> dict[str, Any]:
        """What the engine keeps of how one is to be run."""
        return dict(self.engine.inspect(name)["HostConfig"])


@contextmanager
def boxes_of(engine: TestEngine, image: str) -> Iterator[Boxes]:
    """Give `Boxes`; what there was not before is removed in the end, with its volumes."""
    known = _there(engine)
    try:
        yield Boxes(engine, image)
    finally:
        new = {kind: all_ - known[kind] for kind, all_ in _there(engine).items()}
        if new["container"]:
            engine.docker("rm", "--force", "--volumes", *new["container"], check=False)
        for kind in ("network", "volume"):
            if new[kind]:
                engine.docker(kind, "rm", *new[kind], check=False)


def _there(engine: TestEngine) -> dict[str, set[str]]:
    listing = {
        "container": ("ps", "--all", "--quiet", "--no-trunc"),
        "network": ("network", "ls", "--quiet", "--no-trunc"),
        "volume": ("volume", "ls", "--quiet"),
    }
    return {kind: set(engine.docker(*words).split()) for kind, words in listing.items()}


@contextmanager
def _link(path: Path) -> Iterator[http.client.HTTPConnection]:
    link = http.client.HTTPConnection("localhost", timeout=60)
    link.sock = socket.socket(socket.AF_UNIX)
    link.sock.settimeout(60)
    try:
        link.sock.connect(str(path))
        yield link
    finally:
        link.close()
