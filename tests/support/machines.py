"""Two machines in one: a host and a workstation, as far as a command line can tell.

Each has its own processes, its own home, and its own /etc, /home, /opt, /root, /run, /usr/local
and /var/lib: what is written there is gone with it. They share a network that nobody else is in,
and a Docker Engine in it: ports 80 and 8866 are free, and ``host.example.org`` is the host.
"""

import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.engine import TestEngine

CHECKOUT = Path(__file__).parents[2]
STANDINS = Path(__file__).with_name("standins")
EDD = Path(sys.executable).with_name("edd")
HOST_NAME = "host.example.org"

PREPARE = """\
set -eu
mount -t tmpfs tmpfs "$SHADOW"
for place in /etc /home /opt /root /usr/local /var/lib; do
    mkdir -p "$SHADOW/new$place" "$SHADOW/work$place"
    mount -t overlay overlay \
        -o "lowerdir=$place,upperdir=$SHADOW/new$place,workdir=$SHADOW/work$place" "$place"
done
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p /etc/systemd/system /opt/edd/bin "$HOME/ed-daemon"
chmod a+x /root /home/* 2>/dev/null || true
printf '127.0.0.1 localhost %s\\n' "$HOST_NAME" >/etc/hosts
cp "$EDD" /opt/edd/bin/edd
mount --bind "$CHECKOUT" "$HOME/ed-daemon"
mount -o remount,bind,ro "$HOME/ed-daemon"
busybox ip link set lo up
echo ready
while read -r _; do :; done
"""
"""Becomes the first process of a machine; it ends, and all others with it, when its input does."""


class Machine:
    """One machine; without ``network`` it makes a network, else it joins that of another."""

    def __init__(self, folder: Path, network: Path | None = None) -> None:
        self.home = folder / "home"
        self.home.mkdir(parents=True)
        self.environment = {
            "PATH": f"{STANDINS}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
        }
        own = ["--net"] if network is None else []
        enter = [] if network is None else ["nsenter", f"--net={network}"]
        shadow = folder / "shadow"
        shadow.mkdir()
        alone = ["unshare", *own, "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
        self._first = subprocess.Popen(
            [*enter, *alone, "bash", "-c", PREPARE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=self.environment
            | {"SHADOW": str(shadow), "EDD": str(EDD)}
            | {"CHECKOUT": str(CHECKOUT), "HOST_NAME": HOST_NAME},
        )
        assert self._first.stdout is not None
        if self._first.stdout.readline() != b"ready\n":
            self.close()
            raise RuntimeError("a machine of its own cannot be made here")

    @property
    def process(self) -> int:
        """The machine's first process, seen from outside."""
        outer = self._first.pid
        return int(Path(f"/proc/{outer}/task/{outer}/children").read_text().split()[0])

    @property
    def network(self) -> Path:
        """Its network."""
        return Path(f"/proc/{self.process}/ns/net")

    def run(self, script: str, timeout: float = 180) -> "subprocess.CompletedProcess[str]":
        """Run a shell script in the machine's home; it ends at the first command that fails."""
        enter = ["nsenter", f"--target={self.process}", "--mount", "--pid", "--net"]
        inside = f"cd {self.home}\n{script}"
        return subprocess.run(
            [*enter, "--", "bash", "-euo", "pipefail", "-c", inside],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )

    def use_engine(self, engine: TestEngine) -> None:
        """Let ``engine`` be the one at /var/run/docker.sock."""
        socket = "/run/docker.sock"
        done = self.run(f"touch {socket} && mount --bind {engine.socket} {socket}")
        assert done.returncode == 0, done.stdout

    def close(self) -> None:
        """End every process of the machine."""
        for stream in (self._first.stdin, self._first.stdout):
            if stream is not None:
                stream.close()
        self._first.wait(30)


class EngineThere(TestEngine):
    """A private engine in the network of a machine."""

    def __init__(self, network: Path) -> None:
        self._enter = ["nsenter", f"--net={network}"]
        super().__init__()
        add = f"from tests.support.bridge import add_bridge; add_bridge({self._bridge!r})"
        subprocess.run([*self._enter, sys.executable, "-c", add], cwd=CHECKOUT, check=True)

    def _spawn(self, name: str, command: list[str], ready: Path) -> None:
        super()._spawn(name, [*self._enter, *command], ready)


class Machines:
    """A host, a workstation, and their Docker Engine; all gone at the end."""

    def __init__(self, folder: Path) -> None:
        self.host = Machine(folder / "host")
        self.engine = EngineThere(self.host.network)
        self.workstation = Machine(folder / "workstation", self.host.network)
        self.workstation.environment["OTHER_HOME"] = str(self.host.home)
        self.host.environment["OTHER_HOME"] = str(self.workstation.home)

    def __enter__(self) -> Self:
        self.engine.start()
        for machine in (self.host, self.workstation):
            machine.use_engine(self.engine)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.engine.stop()
        self.workstation.close()
        self.host.close()

    def named(self, name: str) -> Machine:
        """Return the machine that a page calls ``host`` or ``workstation``."""
        return {"host": self.host, "workstation": self.workstation}[name]


def why_unavailable() -> str:
    """Return why no such machine can be made here, or nothing when one can."""
    needed = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "--net", "true"]
    if os.geteuid() != 0:
        return "machines of their own need root"
    done = subprocess.run(needed, capture_output=True, text=True, check=False)
    return f"no namespaces: {done.stderr.strip()}" if done.returncode else ""
