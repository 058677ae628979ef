"""What is measured, one function for each line of the table."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.clients import MB, Target, requests_per_second, upload, upload_until_loaded
from bench.figures import Figure, duel
from bench.nginx import Nginx
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import big_image, write_archive
from tests.support.processes import wait_until

LIST = "/v1/deployments"


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    upload_mib: int = 1024
    large_mib: int = 4096
    rounds: int = 5
    engine_rounds: int = 3
    requests: int = 5000


QUICK = Scale(upload_mib=64, large_mib=128, rounds=1, engine_rounds=1, requests=200)


class Bench:
    """The measurements, all with files below ``root``."""

    def __init__(self, root: Path, scale: Scale) -> None:
        self.root = root
        self.scale = scale
        say(f"writing an archive of {scale.upload_mib} MiB")
        image = big_image("website:latest", scale.upload_mib)
        self.archive = write_archive(root / "image.tar", image)

    def run(self) -> list[Figure]:
        """Return every figure."""
        return [*self._front_door(), self._engine_load(), help_time(self.scale.rounds * 4)]

    def _front_door(self) -> list[Figure]:
        with ExitStack() as stack:
            sink = stack.enter_context(running_sink(self.root / "sink.sock"))
            daemon = stack.enter_context(Daemon(self.root / "front", sink))
            answer = daemon.request("GET", LIST)[1].decode()
            nginx = Nginx(self.root / "nginx", daemon.trust.paths, sink, answer)
            stack.enter_context(nginx)
            ours = Target(daemon, daemon.port, [daemon.pid])
            peer = Target(daemon, nginx.port, nginx.workers())
            rest = at_rest(ours)
            return [*self._uploads(ours, peer), rest, self._growth(ours), self._gets(ours, peer)]

    def _uploads(self, ours: Target, peer: Target) -> list[Figure]:
        say("upload through mutual TLS into a sink, against nginx")
        for target in (ours, peer):
            upload(target, self.archive)
        before = ours.processor_seconds(), peer.processor_seconds()
        taken = duel(
            self.scale.rounds,
            lambda: upload(ours, self.archive),
            lambda: upload(peer, self.archive),
        )
        what = f"upload of {self.scale.upload_mib} MiB through mTLS to a unix socket"
        unit = 1000 / self.scale.rounds / (self.scale.upload_mib / 1024)
        return [
            Figure(what, "MB/s", *self._speeds(taken), "nginx", limit=1.0),
            Figure(
                "processor time of that",
                "ms/GiB",
                (ours.processor_seconds() - before[0]) * unit,
                (peer.processor_seconds() - before[1]) * unit,
                "nginx, which checks nothing",
            ),
        ]

    def _speeds(self, taken: tuple[float, float]) -> tuple[float, float]:
        size = self.archive.stat().st_size / MB
        return size / taken[0], size / taken[1]

    def _growth(self, ours: Target) -> Figure:
        size = self.scale.large_mib
        say(f"memory during an upload of {size} MiB")
        image = big_image("website:latest", size, layers=4)
        archive = write_archive(self.root / "large.tar", image)
        before = ours.daemon.resident()
        ours.daemon.forget_peak()
        upload(ours, archive)
        archive.unlink()
        growth = (ours.daemon.resident("VmHWM") - before) / 1024
        what = f"daemon's growth during an upload of {size} MiB"
        return Figure(what, "MiB", growth, sense="at most", limit=32)

    def _gets(self, ours: Target, peer: Target) -> Figure:
        say("small requests over one connection")
        count = self.scale.requests
        rates = duel(
            self.scale.rounds,
            lambda: requests_per_second(ours, LIST, count),
            lambda: requests_per_second(peer, LIST, count),
        )
        return Figure(f"GET {LIST}, one connection", "requests/s", *rates, "nginx, a constant")

    def _engine_load(self) -> Figure:
        say("upload into a Docker Engine, against docker load")
        with TestEngine() as engine:
            taken = duel(
                self.scale.engine_rounds,
                lambda: self._deliver(engine),
                lambda: docker_load(engine, self.archive),
            )
        what = f"upload of {self.scale.upload_mib} MiB through mTLS into the engine"
        return Figure(what, "MB/s", *self._speeds(taken), "docker load", limit=0.95)

    def _deliver(self, engine: TestEngine) -> float:
        root = self.root / f"engine-{time.monotonic_ns()}"
        with Daemon(root, engine.socket, [Place("website", stable=0.0)]) as daemon:
            seconds = upload_until_loaded(Target(daemon, daemon.port), self.archive)
        engine.clean()
        return seconds


def at_rest(target: Target) -> Figure:
    """Measure the daemon's memory after its first few requests."""
    requests_per_second(target, LIST, 20)
    time.sleep(2)
    resident = target.daemon.resident() / 1024
    return Figure("daemon at rest, resident", "MiB", resident, sense="at most", limit=56)


def docker_load(engine: TestEngine, archive: Path) -> float:
    """Return the seconds of `docker load -i`."""
    os.sync()
    began = time.monotonic()
    engine.docker("load", "--quiet", "--input", str(archive), timeout=300)
    seconds = time.monotonic() - began
    engine.clean()
    return seconds


def help_time(count: int) -> Figure:
    """Measure `edd --help`, the time a person waits for any command at least."""
    say("edd --help")
    times = []
    for _ in range(count):
        began = time.monotonic()
        subprocess.run([EDD, "--help"], check=True, stdout=subprocess.DEVNULL)
        times.append((time.monotonic() - began) * 1000)
    return Figure("edd --help", "ms", statistics.median(times), sense="at most", limit=150)


@contextmanager
def running_sink(path: Path) -> Iterator[Path]:
    """Run the sink on the unix socket ``path``."""
    with subprocess.Popen([sys.executable, "-m", "bench.sink", str(path)]) as process:
        try:
            wait_until(path.exists, 10, "the sink listens")
            yield path
        finally:
            process.kill()


def say(text: str) -> None:
    """Tell what is being measured."""
    print(f"... {text}", file=sys.stderr, flush=True)
