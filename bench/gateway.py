"""The engine through the gateway, against the engine's own socket and against socat's TLS."""

import http.client
import os
import ssl
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.clients import MB, processor_seconds
from bench.figures import Figure, duel
from bench.measurements import say
from tests.support.daemon import Daemon
from tests.support.engine import TestEngine
from tests.support.gateway import Caller, Docker
from tests.support.images import website_image, write_archive
from tests.support.ports import free_port, listens
from tests.support.processes import wait_until

BOX = "/bin/busybox"
CONTAINERS = "/containers/json?all=1"


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    copied_mib: int = 1024
    containers: int = 200
    rounds: int = 3
    lists: int = 100
    execs: int = 15
    streams: int = 100


QUICK = Scale(copied_mib=32, containers=5, rounds=1, lists=10, execs=2, streams=5)

Ways = Mapping[str, Docker]
"""How docker reaches the engine: at its socket, through the gateway, through socat."""


class GatewayBench:
    """The measurements, all with files below ``root``."""

    def __init__(self, root: Path, scale: Scale) -> None:
        self.root = root
        self.scale = scale

    def run(self) -> list[Figure]:
        """Return every figure."""
        with ExitStack() as stack:
            engine = stack.enter_context(TestEngine())
            daemon = stack.enter_context(Daemon(self.root / "host", engine.socket))
            through = Caller(daemon, engine, "bench")
            port = stack.enter_context(socat(daemon, engine.socket))
            same = {"DOCKER_HOST": f"tcp://127.0.0.1:{port}"}
            ways = {
                "the socket": Docker(engine.environment),
                "ours": through,
                "socat": Docker({**through.environment, **same}),
            }
            self._fill(engine)
            figures = [*self._copies(ways, daemon), self._lists(through, port)]
            return [*figures, self._execs(ways), self._memory(through, daemon)]

    def _fill(self, engine: TestEngine) -> None:
        say(f"gateway: {self.scale.containers} containers, one with {self.scale.copied_mib} MiB")
        archive = write_archive(self.root / "image.tar", website_image("web:1", "web"))
        engine.load(archive)
        engine.docker("run", "-d", "--name", "box", "web:1", BOX, "sleep", "100000")
        count = f"count={self.scale.copied_mib}"
        engine.docker("exec", "box", BOX, "dd", "if=/dev/urandom", "of=/big", "bs=1M", count)
        for number in range(self.scale.containers - 1):
            engine.docker("create", "--name", f"c{number}", "web:1")

    def _copies(self, ways: Ways, daemon: Daemon) -> list[Figure]:
        say("gateway: docker cp out and in")
        before = daemon.resident()
        daemon.forget_peak()
        used = processor_seconds(daemon.pid)
        out = self._medians(ways, self._copy_out)
        into = self._medians(ways, self._copy_in)
        used = (processor_seconds(daemon.pid) - used) / self.scale.rounds / 2
        growth = (daemon.resident("VmHWM") - before) / 1024
        size = self.scale.copied_mib * (1 << 20) / MB
        figures = [
            Figure(f"docker cp {way} of {self.scale.copied_mib} MiB", "MB/s", ours, theirs, peer)
            for way, taken in (("out", out), ("in", into))
            for peer in ("the socket", "socat")
            for ours, theirs in [(size / taken["ours"], size / taken[peer])]
        ]
        per_gib = used * 1000 / (self.scale.copied_mib / 1024)
        return [
            *figures,
            Figure("processor time of that", "ms/GiB", per_gib),
            Figure("daemon's growth during that", "MiB", growth, sense="at most", limit=32),
        ]

    def _copy_out(self, docker: Docker) -> float:
        return _seconds(docker, f"docker cp box:/big - >{self.root}/big.tar")

    def _copy_in(self, docker: Docker) -> float:
        return _seconds(docker, f"docker cp - box:/ <{self.root}/big.tar")

    def _medians(self, ways: Ways, measure: Callable[[Docker], float]) -> dict[str, float]:
        rounds = [{name: measure(way) for name, way in ways.items()} for _ in range(self._rounds)]
        return {name: statistics.median(each[name] for each in rounds) for name in ways}

    @property
    def _rounds(self) -> int:
        return self.scale.rounds

    def _lists(self, through: Caller, port: int) -> Figure:
        say("gateway: a list of all containers")
        count, context = self.scale.lists, through.context
        taken = duel(
            self._rounds,
            lambda: _list_time(context, through.port, f"/docker{CONTAINERS}", count),
            lambda: _list_time(context, port, CONTAINERS, count),
        )
        what = f"GET /containers/json of {self.scale.containers}, one connection"
        return Figure(what, "ms", *taken, "socat")

    def _execs(self, ways: Ways) -> Figure:
        say("gateway: docker exec")
        taken: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(self.scale.execs):
            for name, way in ways.items():
                taken[name].append(_seconds(way, f"docker exec box {BOX} true") * 1000)
        medians = {name: statistics.median(times) for name, times in taken.items()}
        return Figure("docker exec of true", "ms", medians["ours"], medians["socat"], "socat")

    def _memory(self, through: Caller, daemon: Daemon) -> Figure:
        say("gateway: memory of open streams")
        count = self.scale.streams
        daemon.get("/v1/deployments")
        before = daemon.resident()
        words = ("logs", "--follow", "box")
        followers = [through.start(*words) for _ in range(count)]
        try:
            time.sleep(5)
            grown = daemon.resident() - before
        finally:
            for follower in followers:
                follower.kill()
                follower.wait()
        return Figure(f"memory of an open stream, of {count}", "KiB", grown / count)


def _list_time(context: ssl.SSLContext, port: int, path: str, count: int) -> float:
    """Return the milliseconds of one of ``count`` GETs on a connection."""
    link = http.client.HTTPSConnection("localhost", port, context=context, timeout=60)
    with closing(link):
        began = time.monotonic()
        for _ in range(count):
            link.request("GET", path)
            answer = link.getresponse()
            if answer.status != 200 or not answer.read():
                raise RuntimeError(f"unexpected answer: {answer.status}")
        return (time.monotonic() - began) * 1000 / count


def _seconds(docker: Docker, command: str) -> float:
    os.sync()
    began = time.monotonic()
    subprocess.run(["sh", "-c", command], env=docker.environment, check=True, timeout=300)
    return time.monotonic() - began


@contextmanager
def socat(daemon: Daemon, socket: Path) -> Iterator[int]:
    """Run socat with client certificates in front of ``socket``; yield its port."""
    port, paths = free_port(), daemon.trust.paths
    tls = (
        f"cert={paths.server_certificate},key={paths.server_key},cafile={paths.client_authorities}"
    )
    listen = f"OPENSSL-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,verify=1,{tls}"
    command = ["socat", "-b", "262144", listen, f"UNIX-CONNECT:{socket}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: listens(port), 10, "socat listens")
            yield port
        finally:
            process.terminate()


__all__ = ["QUICK", "GatewayBench", "Scale"]
