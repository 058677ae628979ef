"""`edd push` to a host of its own."""

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from bench.deliveries.cases import OLD, Change
from bench.deliveries.costs import SLOW, Cost, Link
from bench.deliveries.sender import Workstation
from bench.deliveries.stored import StoredImage
from bench.deliveries.watched import watch
from edd.model.caller import Role
from edd.trust.hosts import HostList
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.relay import Relay

Source = Literal["engine", "layout"]
"""Whence an image is pushed: with what earlier pushes left on the workstation, or without."""


@dataclass
class Our:
    """A host with `edd serve`, put back between rounds to where only the old image ran."""

    engine: TestEngine
    station: Workstation
    root: Path
    rounds: int = 0

    def hold(self, change: Change) -> None:
        """Have delivered the old image from the workstation's engine, all of it."""
        self.engine.clean()
        if change.old:
            with self._daemon() as daemon:
                self._push(daemon, "engine", change.old.tag, "admin")
                # A host that is new to the image would otherwise drop it with the tag it takes.
                self.engine.docker("tag", f"sha256:{change.old.digest}", "kept:old")
                self.engine.remove_containers()

    def deliver(self, change: Change, source: Source, link: Link) -> Cost:
        """Deliver the new image once; what it costs."""
        self.station.renew()
        with self._daemon() as daemon:
            if change.old:
                self._push(daemon, "engine", OLD, "admin")
            cost = self._measured(daemon, change, source, link)
            self.engine.remove_containers()
        if change.new != change.old:
            image = f"sha256:{change.new.digest}"
            self.engine.docker("rmi", "--force", image, check=False)
        return cost

    def follow(self, first: StoredImage, changes: Sequence[StoredImage]) -> list[Cost]:
        """Deliver an image to an empty host, then changes of it; what each delivery costs."""
        self.engine.clean()
        with self._daemon() as daemon:
            costs = [self._push(daemon, "engine", first.tag, "admin")]
            for image in changes:
                image.load(self.station.engine, first)
                costs.append(self._push(daemon, "engine", image.tag, "admin"))
            self.engine.remove_containers()
        return costs

    def idle_client(self) -> float:
        """Return the MiB of a client that reaches the host and has nothing to send."""
        with self._daemon() as daemon:
            return watch([EDD, "-H", "admin", "ps"], daemon.environment).peak

    def _measured(self, daemon: Daemon, change: Change, source: Source, link: Link) -> Cost:
        image = change.new.tag
        if source == "layout":
            image = str(change.new.lay_out(self.station.layouts))
            shutil.rmtree(self.station.cache / "bare", ignore_errors=True)
        idle = daemon.resident()
        daemon.forget_peak()
        with self._reached(daemon, link) as (host, relay):
            cost = self._push(daemon, source, image, host)
        peak = (daemon.resident("VmHWM") - idle) / 1024
        up, down = (relay.up, relay.down) if relay else (cost.up, cost.down)
        return replace(cost, up=up, down=down, daemon=peak)

    def _push(self, daemon: Daemon, source: Source, image: str, host: str) -> Cost:
        known = self.station.cache / ("bare" if source == "layout" else "used")
        environment = daemon.environment | {
            "DOCKER_HOST": self.station.engine.url,
            "XDG_CACHE_HOME": str(known),
        }
        command: list[str | Path] = [EDD, "-H", host, "-o", "json", "push", image, "website"]
        try:
            done = watch(command, environment)
        except RuntimeError as error:
            raise RuntimeError(f"{error}\n{daemon.log()}") from error
        told = json.loads(done.output)
        phases = f"{told['layers']} {told['seconds']}"
        sent, received = told["sent_bytes"], told["received_bytes"]
        return Cost(done.seconds, sent, received, done.peak, content=sent, phases=phases)

    @contextmanager
    def _daemon(self) -> Iterator[Daemon]:
        self.rounds += 1
        root = self.root / f"host-{self.rounds}"
        with Daemon(root, self.engine.socket, [Place("website", stable=0.0)]) as daemon:
            yield daemon
        shutil.rmtree(root, ignore_errors=True)

    @contextmanager
    def _reached(self, daemon: Daemon, link: Link) -> Iterator[tuple[str, Relay | None]]:
        """Yield the name to reach the host by over ``link``, and what counts bytes on it."""
        if link == "loopback":
            yield "admin", None
            return
        with Relay(daemon.port, **SLOW) as relay:
            client = daemon.trust.client("far", relay.port, Role.ADMIN, ())
            HostList.of_user(daemon.environment).add("far", client.bundle)
            yield "far", relay
