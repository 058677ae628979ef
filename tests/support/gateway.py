"""Docker's own tools on both sides of the gateway: through it, and at the engine's socket."""

import shutil
import ssl
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from edd.model.caller import Role
from tests.support.daemon import Daemon
from tests.support.engine import TestEngine


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    stdout: bytes
    stderr: bytes


class Docker:
    """The docker command with one way to the engine in its environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment

    def run(self, *words: str, stdin: IO[Any] | bytes | None = None, timeout: float = 60) -> Ended:
        """Run one command to its end."""
        given: dict[str, Any] = {"stdin": stdin or subprocess.DEVNULL}
        if isinstance(stdin, bytes):
            given = {"input": stdin}
        done = subprocess.run(
            ["docker", *words],
            env=self.environment,
            capture_output=True,
            timeout=timeout,
            check=False,
            **given,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def ok(self, *words: str, **given: Any) -> bytes:
        """Run one command that must succeed; return what it printed."""
        done = self.run(*words, **given)
        assert done.status == 0, f"docker {' '.join(words)}: {done.stderr.decode()}"
        return done.stdout

    def start(self, *words: str, **given: Any) -> subprocess.Popen[bytes]:
        """Start a command whose output is read while it runs."""
        options: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE} | given
        return subprocess.Popen(["docker", *words], env=self.environment, **options)


class Caller(Docker):
    """Somebody with a certificate for ``host``, in the files that docker's tools read."""

    def __init__(
        self,
        host: Daemon,
        engine: TestEngine,
        name: str,
        role: Role = Role.ADMIN,
        deployments: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.client = host.client(name, role, deployments)
        self.folder = host.root / "docker" / name
        self.folder.mkdir(parents=True)
        shutil.copy(host.trust.paths.ca_certificate, self.folder / "ca.pem")
        shutil.copy(self.client.certificate, self.folder / "cert.pem")
        shutil.copy(self.client.key, self.folder / "key.pem")
        self.port = host.port
        mine = {
            "DOCKER_HOST": f"tcp://127.0.0.1:{host.port}/docker",
            "DOCKER_TLS_VERIFY": "1",
            "DOCKER_CERT_PATH": str(self.folder),
        }
        super().__init__(engine.environment | mine)

    @property
    def context(self) -> ssl.SSLContext:
        """A TLS context that shows the certificate."""
        context = ssl.create_default_context(cafile=self.folder / "ca.pem")
        context.load_cert_chain(self.folder / "cert.pem", self.folder / "key.pem")
        return context


def connections_of(host: Daemon) -> int:
    """Return how many sockets the daemon has open."""
    count = 0
    for each in list(Path(f"/proc/{host.pid}/fd").iterdir()):
        with suppress(FileNotFoundError):
            count += str(each.readlink()).startswith("socket:")
    return count
