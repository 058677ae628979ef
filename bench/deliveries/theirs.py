"""The peers: `docker push` to a registry beside the host and a pull there; save, gzip and load.

Both end with the old container removed and a new one running, which is what a delivery is for.
"""

import math
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.deliveries.cases import Change
from bench.deliveries.costs import SLOW, TRIP, Cost, Link, at_least
from bench.deliveries.sender import Workstation
from tests.support.engine import TestEngine
from tests.support.ports import free_port
from tests.support.registry import Registry
from tests.support.relay import Relay

PATIENCE = 90.0
"""Seconds; what would take longer over the slow link is told from its bytes."""
PIECE = 1 << 16


@dataclass
class Their:
    """A host with a Docker Engine and a registry beside it."""

    engine: TestEngine
    station: Workstation
    registry: Registry
    known: set[Path] = field(default_factory=set)
    door: int = field(default_factory=free_port)

    def hold(self, change: Change) -> None:
        """Have the old image pushed, pulled and running."""
        self.engine.clean()
        for path in self._files():
            path.unlink()
        if change.old:
            with self._registry("loopback"):
                self._push(change.old.tag)
                self._pull(change.old.tag)
        self.known = set(self._files())

    def push_and_pull(self, change: Change, link: Link) -> Cost:
        """Push, pull and run the new image once; what it costs."""
        self._renew(change)
        before = self._stored()
        with self._registry(link) as relay:
            began = time.monotonic()
            self._push(change.new.tag)
            self._pull(change.new.tag)
            self._run(self._name(change.new.tag))
            seconds = time.monotonic() - began
        up = relay.up if relay else self._stored() - before
        return Cost(seconds, up, relay.down if relay else 0)

    def slow_push_and_pull(self, change: Change, near: Cost) -> Cost:
        """Do the same over the slow link, or tell the least it would take."""
        least = at_least(near)
        return least if least.seconds > PATIENCE else self.push_and_pull(change, "slow")

    def save_and_load(self, change: Change, link: Link) -> Cost:
        """Save, pack, load and run the new image once; what it costs."""
        self._renew(change)
        rate, trip = (SLOW["rate"], TRIP) if link == "slow" else (math.inf, 0.0)
        began = time.monotonic()
        time.sleep(trip)
        count = self._piped(change.new.tag, rate)
        self._run(change.new.tag)
        return Cost(time.monotonic() - began, count)

    def slow_save_and_load(self, change: Change, near: Cost) -> Cost:
        """Do the same at the slow link's rate, or tell the least it would take.

        Of the delay it has what a connection costs before anything is sent, one round trip.
        """
        least = at_least(near)
        return least if least.seconds > PATIENCE else self.save_and_load(change, "slow")

    def _piped(self, image: str, rate: float) -> int:
        """Send the packed archive through at ``rate`` bytes a second; return its bytes."""
        mine, host = self.station.engine.environment, self.engine.environment
        pipe = subprocess.PIPE
        total = 0
        with (
            subprocess.Popen(["docker", "save", image], env=mine, stdout=pipe) as save,
            subprocess.Popen(["gzip", "-1"], stdin=save.stdout, stdout=pipe) as pack,
            subprocess.Popen(["docker", "load", "-q"], env=host, stdin=pipe, stdout=-3) as load,
        ):
            if pack.stdout and load.stdin:
                began = time.monotonic()
                while piece := pack.stdout.read(PIECE):
                    total += len(piece)
                    time.sleep(max(0.0, began + total / rate - time.monotonic()))
                    load.stdin.write(piece)
                load.stdin.close()
        if save.returncode or pack.returncode or load.returncode:
            raise RuntimeError(f"docker save | gzip | docker load of {image} failed")
        return total

    def _push(self, tag: str) -> None:
        self.station.engine.docker("tag", tag, self._name(tag))
        self.station.engine.docker("push", "--quiet", self._name(tag), timeout=580)

    def _pull(self, tag: str) -> None:
        name = f"127.0.0.1:{self.registry.port}/{tag}"
        self.engine.docker("pull", "--quiet", name, timeout=580)
        self.engine.docker("tag", name, self._name(tag))

    def _run(self, image: str) -> None:
        """Replace the container."""
        self.engine.docker("rm", "--force", "website", check=False)
        self.engine.docker("run", "--detach", "--network=host", "--name=website", image)

    def _name(self, tag: str) -> str:
        return f"127.0.0.1:{self.door}/{tag}"

    def _renew(self, change: Change) -> None:
        self.station.renew()
        if change.new != change.old:
            image = f"sha256:{change.new.digest}"
            self.engine.docker("rmi", "--force", image, check=False)
        for path in set(self._files()) - self.known:
            path.unlink()
        if change.old:
            self._run(self._name(change.old.tag))
        else:
            self.engine.clean()

    @contextmanager
    def _registry(self, link: Link) -> Iterator[Relay | None]:
        """Run the registry, reached by the workstation through ``link`` at the same address."""
        if link == "loopback":
            self.registry.port = self.door
            with self.registry:
                yield None
            return
        self.registry.port = free_port()
        with self.registry, Relay(self.registry.port, port=self.door, **SLOW) as relay:
            yield relay

    def _stored(self) -> int:
        blobs = self.registry.root.glob("data/docker/registry/v2/blobs/**/data")
        return sum(path.stat().st_size for path in blobs)

    def _files(self) -> list[Path]:
        return [path for path in self.registry.root.glob("data/**/*") if path.is_file()]
