"""A delivery that is held at one step while a test does its worst."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edd.model.plan import Step
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive
from tests.support.ports import free_port
from tests.support.processes import wait_until

REPLACE = (
    Step.LOAD,
    Step.CREATE,
    Step.STOP_OLD,
    Step.SWAP_NAMES,
    Step.START_NEW,
    Step.WAIT_HEALTHY,
    Step.COMMIT,
    Step.TAG_LATEST,
    Step.REMOVE_OLD,
    Step.PRUNE,
)
MOMENTS = [f"{moment}:{step}" for step in REPLACE for moment in ("before", "after")]


def commits(moment: str) -> bool:
    """Tell whether the new release is the current one once ``moment`` is reached."""
    when, _, step = moment.partition(":")
    place = REPLACE.index(Step(step))
    commit = REPLACE.index(Step.COMMIT)
    return place > commit or (place == commit and when == "after")


@dataclass
class Story:
    """A host whose website serves "old", and an archive that would make it serve "new"."""

    daemon: Daemon
    engine: TestEngine
    port: int
    new: Path

    @classmethod
    def begin(
        cls,
        engine: TestEngine,
        root: Path,
        *,
        args: str = "--network host",
        start_first: bool = False,
        **settings: Any,
    ) -> "Story":
        """Deliver "old" and stop the daemon; ``settings`` are its configuration's."""
        port = free_port()
        more = {"start_first": start_first}
        place = Place("website", f"{args} -e PORT={port}", stable=0.3, more=more)
        daemon = Daemon(root / "edd", engine.socket, [place], **settings)
        old = write_archive(root / "old.tar", website_image("site:1", "old", healthy=None))
        new = write_archive(root / "new.tar", website_image("site:2", "new", healthy=None))
        with daemon:
            daemon.cli("push", str(old), "website")
        return cls(daemon, engine, port, new)

    def start_halting(self, moment: str) -> None:
        """Start a daemon that halts at ``moment`` of its next delivery."""
        marker, done = self._marker, self._marker.with_suffix(".done")
        marker.unlink(missing_ok=True)
        done.unlink(missing_ok=True)
        self.daemon.start(
            command=[sys.executable, "-m", "tests.support.halting_daemon", str(self.daemon.config)],
            environment={
                "EDD_HALT_AT": moment,
                "EDD_HALT_MARKER": str(marker),
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
        )

    def push(self) -> "subprocess.Popen[str]":
        """Begin to push "new" as a whole archive; such a push ends with its connection."""
        with self.new.open("rb") as archive:
            return self.cli("push", "-", "website", stdin=archive)

    def offer(self) -> "subprocess.Popen[str]":
        """Begin to push "new" by offering it; such a push goes on when the host is back."""
        return self.cli("push", str(self.new), "website")

    def cli(self, *words: str, stdin: IO[bytes] | None = None) -> "subprocess.Popen[str]":
        """Begin an `edd` command against the host."""
        return subprocess.Popen(
            [EDD, "-H", "admin", *words],
            env=self.daemon.environment,
            stdin=stdin or subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for_halt(self) -> None:
        """Return once the delivery has come to the moment."""
        wait_until(self._marker.exists, 60, "the delivery halts", self.daemon.log)

    def go_on(self) -> None:
        """Let the delivery go on."""
        self._marker.unlink(missing_ok=True)

    def page(self) -> str:
        """Return what the website serves now, asked from inside; empty when nothing does."""
        ask = ["busybox", "wget", "-q", "-O", "-", f"http://127.0.0.1:{self.port}/"]
        return self.engine.docker("exec", "ed_website", *ask, check=False, timeout=10)

    def jobs(self) -> list[dict[str, Any]]:
        """Return the host's jobs on the website, newest first."""
        return list(self.daemon.get("/v1/jobs"))

    def rest(self) -> None:
        """Return once no job is open."""
        wait_until(
            lambda: all(job["state"] != "running" for job in self.jobs()),
            60,
            "the host comes to rest",
            self.daemon.log,
        )

    def settle(self) -> None:
        """Return once no job is open and the website serves."""
        self.rest()
        wait_until(lambda: bool(self.page()), 60, "the website serves", self.daemon.log)
        self.rest()

    def assert_one_good_release(self, expected: Sequence[str]) -> None:
        """One container is left, it runs under its own name, and serves what is called current."""
        page = self.page()
        assert page in expected, f"{page!r} serves, expected {expected}\n{self.daemon.log()}"
        assert self.engine.containers() == ["ed_website"], self.daemon.log()
        assert self.engine.containers(running=True) == ["ed_website"], self.daemon.log()
        releases = self.daemon.get("/v1/deployments/website/releases")
        current = [each for each in releases if each["state"] == "current"]
        assert len(current) == 1, releases
        assert not [each for each in releases if each["state"] == "pending"], releases
        container = self.engine.inspect("ed_website")
        assert container["Image"] == current[0]["image"]
        assert container["Config"]["Labels"]["edd.release"] == str(current[0]["number"])
        assert (page == "old") == (current[0]["number"] == 1)

    @property
    def _marker(self) -> Path:
        return self.daemon.root / "halt"


def ended(process: "subprocess.Popen[str]") -> tuple[int, str]:
    """Wait for a push to end; return its exit code and what it printed."""
    output, _ = process.communicate(timeout=90)
    return process.returncode, output
