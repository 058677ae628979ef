"""A running `edd serve`: certificates, configuration, a free port, and hands to use it with."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from edd.model.caller import Role
from edd.trust.hosts import HostList
from tests.support.certificates import Client, HostTrust
from tests.support.ports import free_port
from tests.support.processes import wait_until

EDD = Path(sys.executable).with_name("edd")


def on_a_free_port() -> str:
    """Return arguments for a website of the machine's own network: another test has one, too."""
    return f"--network host -e PORT={free_port()}"


@dataclass(frozen=True)
class Place:
    """What a deployment of a test host is configured with; ``more`` are further settings."""

    name: str
    args: str = field(default_factory=on_a_free_port)
    stable: float = 1.0
    health_timeout: float = 15.0
    more: Mapping[str, Any] = field(default_factory=dict)

    def table(self) -> dict[str, Any]:
        """Return it as the configuration has it."""
        own = {"name": self.name, "args": self.args, "stable": self.stable}
        return own | {"health_timeout": self.health_timeout} | dict(self.more)


class Daemon:
    """One host: its directory, its configuration, and its `edd serve` while it runs.

    The configuration is written as JSON, which is one of the two forms `edd` reads. ``settings``
    may be changed between a stop and a start, and before a `reload`.
    """

    def __init__(
        self,
        root: Path,
        docker_socket: Path,
        places: Sequence[Place] = (Place("website"),),
        **settings: Any,
    ) -> None:
        self.root = root
        self.port = free_port()
        self.trust = HostTrust(root / "host")
        self.config = root / "host" / "config.json"
        self.socket = root / "edd.sock"
        self.state = root / "state"
        self.environment = os.environ | {
            "XDG_CONFIG_HOME": str(root / "workstation"),
            "XDG_CACHE_HOME": str(root / "cache"),
        }
        self.settings = self._defaults(docker_socket, places) | settings
        self.admin = self.client("admin")
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        return self._running().pid

    @property
    def url(self) -> str:
        """Its address over mutual TLS."""
        return f"https://127.0.0.1:{self.port}"

    def start(
        self,
        *,
        environment: Mapping[str, str] | None = None,
        command: Sequence[str | Path] | None = None,
    ) -> None:
        """Write the configuration, start `edd serve` (or ``command``); return once it answers."""
        self.write_config()
        with (self.root / "edd.log").open("ab") as log:
            self._process = subprocess.Popen(
                command or [EDD, "serve", "--config", str(self.config)],
                env=self.environment | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: self.ended or self.answers(), 30, "edd serve answers", self.log)
        if self.ended:
            raise RuntimeError(f"edd serve ended at once:\n{self.log()}")

    @property
    def ended(self) -> bool:
        """Tell whether the process is gone."""
        return self._process is None or self._process.poll() is not None

    def stop(self, seconds: float = 30) -> int:
        """Stop it as a service manager would and return its exit code."""
        if self._process is None:
            return 0
        if not self.ended:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._process = None

    def kill9(self) -> None:
        """Kill it as the kernel would."""
        process = self._running()
        process.kill()
        process.wait()
        self._process = None

    def wait_killed(self, seconds: float = 60) -> int:
        """Wait until it ends by itself and return its exit code."""
        code = self._running().wait(seconds)
        self._process = None
        return code

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def reload(self) -> None:
        """Write the configuration and have it read again."""
        self.write_config()
        self._running().send_signal(signal.SIGHUP)

    def reload_in_force(self) -> None:
        """Do so, and return once what was read is in force."""
        before = self._reloads()
        self.reload()
        wait_until(lambda: self._reloads() > before, 10, "the reload is in force", self.log)

    def _reloads(self) -> int:
        return self.log(10_000).count("configuration-reloaded")

    def write_config(self) -> None:
        """Write ``settings`` to the configuration file."""
        self.config.write_text(json.dumps(self.settings, indent=2, default=str))

    def client(
        self, name: str, role: Role = Role.ADMIN, deployments: tuple[str, ...] = ()
    ) -> Client:
        """Issue a certificate, and know it as a host of that name: ``cli("ps", host=name)``."""
        client = self.trust.client(name, self.port, role, deployments)
        HostList.of_user(self.environment).add(name, client.bundle)
        return client

    def cli(
        self,
        *words: str,
        host: str = "admin",
        stdin: IO[Any] | None = None,
        check: bool = True,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run `edd -H host …` over mutual TLS."""
        done = subprocess.run(
            [EDD, "-H", host, *words],
            env=self.environment,
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise AssertionError(
                f"edd {' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}\n"
                f"--- the daemon wrote:\n{self.log()}"
            )
        return done

    def curl_words(self, client: Client | None) -> list[str]:
        """Return the curl command up to its URL; without a client no certificate is shown."""
        words = ["curl", "-sS", "--cacert", str(self.trust.paths.ca_certificate)]
        if client:
            words += ["--cert", str(client.certificate), "--key", str(client.key)]
        return words

    def curl(
        self, path: str, *words: str, client: Client | None = None, stdin: IO[Any] | None = None
    ) -> tuple[int, str]:
        """Request ``path`` with curl as ``client`` (the administrator); return status and body."""
        command = [*self.curl_words(client or self.admin), *words, "-w", "\n%{http_code}"]
        done = subprocess.run(
            [*command, self.url + path],
            stdin=stdin or subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode:
            raise ConnectionError(f"curl {done.returncode}: {done.stderr}")
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def get(self, path: str) -> Any:
        """Return what the unix socket answers to a GET, decoded."""
        status, body = self.request("GET", path)
        if status != 200:
            raise AssertionError(f"GET {path}: {status} {body.decode(errors='replace')}")
        return msgspec.json.decode(body)

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send one request through the unix socket; return status and body."""
        link = http.client.HTTPConnection("localhost", timeout=60)
        link.sock = socket.socket(socket.AF_UNIX)
        try:
            link.sock.settimeout(60)
            link.sock.connect(str(self.socket))
            link.request(method, path, body)
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def answers(self) -> bool:
        """Tell whether it serves requests now."""
        try:
            return self.request("GET", "/v1/deployments")[0] == 200
        except OSError:
            return False

    def log(self, lines: int = 60) -> str:
        """Return the last lines it wrote, over all its starts."""
        path = self.root / "edd.log"
        text = path.read_text(errors="replace") if path.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def resident(self, key: str = "VmRSS") -> int:
        """Return its resident memory in KiB; ``VmHWM`` for the peak since `forget_peak`."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition(f"{key}:")[2].split()[0])

    def forget_peak(self) -> None:
        """Begin to measure the peak anew."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise RuntimeError("edd serve does not run")
        return self._process

    def _defaults(self, docker_socket: Path, places: Sequence[Place]) -> dict[str, Any]:
        paths = self.trust.paths
        return {
            "listen": f"127.0.0.1:{self.port}",
            "docker_socket": str(docker_socket),
            "tls_key": str(paths.server_key),
            "tls_certs": str(paths.server_certificate),
            "mutual_tls_ca_certs": str(paths.client_authorities),
            "mutual_tls_crl": str(paths.client_crl),
            "state_dir": str(self.state),
            "socket": str(self.socket),
            "socket_group": "root",
            "min_free": "1 MiB",
            "deployments": [place.table() for place in places],
        }
