"""Registry clients that push to a host: docker and skopeo, with a certificate where they look."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path

from tests.support.certificates import NAMES, Client
from tests.support.daemon import Daemon
from tests.support.engine import TestEngine

CERTIFICATES = Path("/etc/docker/certs.d")
"""Where dockerd and skopeo look; no option of either names another place for dockerd."""


def move_to(host: Daemon, address: str) -> None:
    """Let a host that has not started listen on ``address``, and its certificate name that.

    Docker reads no certificates for an address of loopback, where it grants plain HTTP.
    """
    host.trust.authority.issue_server((*NAMES, ip_address(address)))
    host.settings["listen"] = f"{address}:{host.port}"


@contextmanager
def trusted(host: Daemon, client: Client) -> Iterator[str]:
    """Let every engine of this machine push to ``host`` as ``client``; yield the host's address."""
    address = host.settings["listen"]
    folder = CERTIFICATES / address
    existed = CERTIFICATES.is_dir()
    folder.mkdir(parents=True)
    try:
        install(host, client, folder)
        yield address
    finally:
        shutil.rmtree(folder)
        if not existed:
            CERTIFICATES.rmdir()


def install(host: Daemon, client: Client, folder: Path) -> Path:
    """Put the three files into ``folder`` that registry clients expect; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(host.trust.paths.ca_certificate, folder / "ca.crt")
    shutil.copy(client.certificate, folder / "client.cert")
    shutil.copy(client.key, folder / "client.key")
    return folder


def docker_push(sender: TestEngine, image: str, target: str, seconds: float = 120) -> str:
    """Push an image of ``sender`` as ``target``; return how it ended and what was said."""
    sender.docker("tag", image, target)
    try:
        return ran(["docker", "push", target], sender.environment, seconds)
    finally:
        sender.docker("rmi", target, check=False)


def skopeo_copy(certificates: Path, source: str, target: str, *words: str) -> str:
    """Copy to ``docker://target``; return how it ended and what was said."""
    command = ["skopeo", "--debug", "--insecure-policy", "copy", *words]
    return ran([*command, "--dest-cert-dir", str(certificates), source, f"docker://{target}"])


def ran(command: list[str], environment: dict[str, str] | None = None, seconds: float = 120) -> str:
    """Run ``command``; return its exit code and everything it wrote."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return f"exit {done.returncode}\n{done.stdout}{done.stderr}"
