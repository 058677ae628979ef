"""The clients of the measurements: curl for uploads, one TLS connection for small requests."""

import json
import os
import socket
import ssl
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support.daemon import Daemon

MB = 1_000_000


@dataclass(frozen=True)
class Target:
    """A server on a port of this machine that trusts ``daemon``'s administrator."""

    daemon: Daemon
    port: int
    processes: Sequence[int] = ()

    def processor_seconds(self) -> float:
        """Return the processor time that its processes have used so far."""
        return sum(map(processor_seconds, self.processes))

    @property
    def upload(self) -> list[str]:
        """The curl command that posts an archive to the deployment."""
        return [
            *self.daemon.curl_words(self.daemon.admin),
            *("-X", "POST", "-H", "Content-Type: application/x-tar"),
            f"https://127.0.0.1:{self.port}/v1/website/load",
        ]


def processor_seconds(pid: int) -> float:
    """Return user and system time of a process (fields 14 and 15 of proc_pid_stat(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def upload(target: Target, archive: Path) -> float:
    """Upload with `curl -T`; return seconds until the server answered, whatever it answered."""
    os.sync()
    began = time.monotonic()
    command = [*target.upload, "-o", "/dev/null", "-T", str(archive)]
    subprocess.run(command, check=True, timeout=300)
    return time.monotonic() - began


def upload_until_loaded(target: Target, archive: Path) -> float:
    """Upload with `curl -T`; return seconds until the engine had loaded it.

    The rollout that follows is waited for, but not counted.
    """
    os.sync()
    accept = ["-H", "Accept: application/x-ndjson", "-N"]
    began = time.monotonic()
    command = [*target.upload, *accept, "-T", str(archive)]
    loaded = 0.0
    last: dict[str, object] = {}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as client:
        for line in client.stdout or ():
            last = json.loads(line)
            if not loaded and last.get("step") != "load":
                loaded = time.monotonic() - began
    if last.get("event") != "outcome":
        raise RuntimeError(f"the delivery failed: {last}")
    return loaded


def requests_per_second(target: Target, path: str, count: int) -> float:
    """Send ``count`` small GETs over one keep-alive connection, each after the last's answer."""
    trust, admin = target.daemon.trust.paths, target.daemon.admin
    context = ssl.create_default_context(cafile=str(trust.ca_certificate))
    context.load_cert_chain(admin.certificate, admin.key)
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with (
        socket.create_connection(("127.0.0.1", target.port)) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as link,
    ):
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _exchange(link, request)
        began = time.monotonic()
        for _ in range(count):
            _exchange(link, request)
        return count / (time.monotonic() - began)


def _exchange(link: ssl.SSLSocket, request: bytes) -> None:
    link.sendall(request)
    answer = link.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head[:20]:
        raise RuntimeError(f"unexpected answer: {head[:200]!r}")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    while len(body) < length:
        body += link.recv(65536)
