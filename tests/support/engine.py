"""A Docker Engine of the tests' own, which they may kill, fill up and throw away.

It has its own containerd, data, sockets, cgroup and bridge, no firewall rules, and reads nothing
from /etc/docker: the machine's engine never notices. (``--bridge=none`` would not do: it deletes
the machine's docker0.) Containers use ``--network host`` or publish ports by Docker's own relay.
Engines of several versions run at the same time and do not meet.
"""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any, Self

from tests.support import engines, processes
from tests.support.bridge import add_bridge, address_of, remove_bridge
from tests.support.engines import Store
from tests.support.processes import wait_until

ROOTS = Path(os.environ.get("EDD_TEST_DIR", "/var/tmp"))
PREFIX = "edd-engine-"
YOUNG = 2.0
"""Seconds in which another run may still be making its engine's folder."""

CONTAINERD_CONFIG = """\
version = 2
root = "{root}/data/containerd"
state = "{root}/run/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{root}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{root}/opt"
"""


def why_unavailable(version: str | None = None) -> str:
    """Return why no private engine can run here, or nothing when one can."""
    if os.geteuid() != 0:
        return "a private Docker Engine needs root"
    if version:
        return engines.why_missing(version)
    missing = [name for name in ("dockerd", "containerd", "docker") if not shutil.which(name)]
    return f"not installed: {', '.join(missing)}" if missing else ""


def sweep_leftovers() -> None:
    """Remove the engines of earlier runs that died before they could."""
    for root in ROOTS.glob(f"{PREFIX}*"):
        if time.time() - root.stat().st_mtime > YOUNG and not _owned(root):
            remove(root)


def _owned(root: Path) -> bool:
    try:
        return processes.alive(int((root / "owner").read_text()))
    except (OSError, ValueError):
        return False


def remove(root: Path) -> None:
    """Leave nothing of the engine in ``root``."""
    processes.sweep(root)
    remove_bridge(bridge_of(root))


def bridge_of(root: Path) -> str:
    """Return the name of the bridge that belongs to the engine in ``root``."""
    return f"edd{root.name.removeprefix(PREFIX)}"


class TestEngine:
    """One private engine; ``disk_mib`` puts its data on a file system of that size.

    ``version`` is one of `tests.support.engines`, with its own programs down to the docker command
    line; without it the machine's are used. ``store`` picks between Docker's two image stores,
    whatever this version's default is.
    """

    __test__ = False

    def __init__(
        self,
        *,
        version: str | None = None,
        store: Store = "graphdriver",
        disk_mib: int | None = None,
        options: Sequence[str] = (),
    ) -> None:
        # A name of letters and digits only: it is containerd's namespace too.
        self.root = ROOTS / f"{PREFIX}{secrets.token_hex(5)}"
        self.root.mkdir(mode=0o700)
        (self.root / "owner").write_text(str(os.getpid()))
        self.socket = self.root / "docker.sock"
        self.data = self.root / "data"
        self.version = version
        self.store = store
        self._options = list(options)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._bridge = bridge_of(self.root)
        self._prepare(disk_mib)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The engine's address as DOCKER_HOST takes it."""
        return f"unix://{self.socket}"

    @property
    def address(self) -> str:
        """An address of this machine that is not loopback, for as long as the engine is there."""
        return address_of(self._bridge)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which the docker command line speaks to this engine only."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DOCKER_")}
        own = {"DOCKER_HOST": self.url, "DOCKER_CONFIG": str(self.root / "cli")}
        return kept | own | (engines.environment(self.version) if self.version else {})

    def start(self) -> Self:
        """Start it, or what of it does not run, and return once it answers."""
        containerd = ["containerd", "--config", f"{self.root}/containerd.toml"]
        self._spawn("containerd", containerd, self.root / "containerd.sock")
        self._spawn("dockerd", ["dockerd", *self._dockerd_options()], self.socket)
        wait_until(self.answers, 30, "dockerd answers", lambda: self.log("dockerd"))
        return self

    def answers(self) -> bool:
        """Tell whether the engine serves requests now."""
        try:
            with socket.socket(socket.AF_UNIX) as link:
                link.settimeout(5)
                link.connect(str(self.socket))
                link.sendall(b"GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n")
                return b" 200 " in link.recv(64)
        except OSError:
            return False

    def kill9(self, *, containerd: bool = False) -> None:
        """Kill dockerd, as the kernel would; shims and containers go on without it.

        With ``containerd`` that one dies too. Neither is told, and neither tidies up.
        """
        names = ["dockerd", "containerd"] if containerd else ["dockerd"]
        for name in names:
            if process := self._running.pop(name, None):
                process.kill()
                process.wait()

    def terminate(self) -> None:
        """Stop dockerd as a service manager would: its containers stop with it."""
        if process := self._running.pop("dockerd", None):
            _end(process)

    def restart(self) -> None:
        """Stop dockerd in good order and start it again."""
        self.terminate()
        self.start()

    def stop(self) -> None:
        """Stop it and remove everything it had; it cannot be started again."""
        if self.answers():
            self.remove_containers()
        self.terminate()
        if process := self._running.pop("containerd", None):
            _end(process)
        remove(self.root)

    def docker(
        self,
        *words: str,
        stdin: IO[Any] | None = None,
        check: bool = True,
        timeout: float = 120,
    ) -> str:
        """Run the docker command line against this engine and return what it printed."""
        done = subprocess.run(
            ["docker", *words],
            env=self.environment,
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(f"docker {' '.join(words)}: {done.stderr.decode()}")
        return done.stdout.decode(errors="replace").strip()

    def load(self, archive: Path) -> None:
        """Load an image archive."""
        with archive.open("rb") as stream:
            self.docker("load", "--quiet", stdin=stream, timeout=600)

    def inspect(self, name: str) -> dict[str, Any]:
        """Return what the engine knows of a container or image; empty when it has none."""
        found: list[dict[str, Any]] = json.loads(self.docker("inspect", name, check=False) or "[]")
        return found[0] if found else {}

    def containers(self, *, running: bool = False) -> list[str]:
        """Return the names of all containers, or of the running ones."""
        words = ["ps", "--format", "{{.Names}}"] + ([] if running else ["--all"])
        return self.docker(*words).split()

    def image_ids(self) -> set[str]:
        """Return the ids of all images, dangling ones too."""
        return set(self.docker("images", "--quiet", "--no-trunc", "--all").split())

    def layers(self) -> set[str]:
        """Return what the classic store keeps of layers, unfinished ones too."""
        stores = self.data.glob("image/*/layerdb/sha256")
        return {layer.name for store in stores for layer in store.iterdir()}

    def blobs(self) -> set[str]:
        """Return the digests of what the containerd store keeps, without the algorithm."""
        store = self.data / "containerd/io.containerd.content.v1.content/blobs/sha256"
        return {blob.name for blob in store.glob("*")}

    def remove_containers(self) -> None:
        """Remove every container."""
        if names := self.docker("ps", "--all", "--quiet").split():
            self.docker("rm", "--force", "--volumes", *names, check=False)

    def clean(self) -> None:
        """Remove every container and every image."""
        self.start()
        self.remove_containers()
        if images := self.image_ids():
            self.docker("rmi", "--force", *images, check=False)
        if self.store == "containerd":
            # Engine 26 does not list an image that lacks layers, but tags it and prunes it.
            self.docker("image", "prune", "--all", "--force")

    def log(self, name: str = "dockerd", lines: int = 40) -> str:
        """Return the last lines that ``dockerd`` or ``containerd`` wrote."""
        path = self.root / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])

    def _prepare(self, disk_mib: int | None) -> None:
        self.data.mkdir()
        (self.root / "cli").mkdir()
        features = {"containerd-snapshotter": self.store == "containerd"}
        (self.root / "dockerd.json").write_text(json.dumps({"features": features}))
        add_bridge(self._bridge)
        (self.root / "containerd.toml").write_text(CONTAINERD_CONFIG.format(root=self.root))
        if disk_mib is not None:
            size = ["-o", f"size={disk_mib}m"]
            subprocess.run(["mount", "-t", "tmpfs", *size, "tmpfs", str(self.data)], check=True)

    def _dockerd_options(self) -> list[str]:
        return [
            f"--config-file={self.root}/dockerd.json",
            f"--data-root={self.data}",
            f"--exec-root={self.root}/run/docker",
            f"--pidfile={self.root}/docker.pid",
            f"--host={self.url}",
            f"--containerd={self.root}/containerd.sock",
            f"--containerd-namespace={self.root.name}",
            f"--cgroup-parent=/{self.root.name}",
            "--exec-opt=native.cgroupdriver=cgroupfs",
            f"--bridge={self._bridge}",
            "--ip-masq=false",
            "--iptables=false",
            "--ip6tables=false",
            *self._program_options(),
            *self._options,
        ]

    def _program_options(self) -> list[str]:
        """Name the programs that dockerd looks for elsewhere before it looks at PATH."""
        if not self.version:
            return []
        mine = engines.programs(self.version)
        return [f"--init-path={mine}/docker-init", f"--userland-proxy-path={mine}/docker-proxy"]

    def _spawn(self, name: str, command: list[str], ready: Path) -> None:
        if (process := self._running.get(name)) and process.poll() is None:
            return
        ready.unlink(missing_ok=True)
        with (self.root / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(
            lambda: ready.exists() or self._running[name].poll() is not None,
            30,
            f"{name} starts",
            lambda: self.log(name),
        )
        if self._running[name].poll() is not None:
            raise RuntimeError(f"{name} did not start:\n{self.log(name)}")


EngineOf = Callable[[engines.Kind], TestEngine]
"""Gives the private engine of that kind, which the whole run shares."""


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
