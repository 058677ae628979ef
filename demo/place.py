"""Where the demo keeps what it makes: below ``.demo``, and under names that begin with demo.

EDD_DEMO names another folder of the project, so that a test's demo and a reader's do not meet.
"""

import contextlib
import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
NAME = os.environ.get("EDD_DEMO", ".demo")
HERE = PROJECT / NAME
HOST = HERE / "host"
CONFIG = HOST / "config.toml"
EDD = HERE / "edd"
PREFIX = "demo_"
DEPLOYMENT = "website"
SOURCE = "demo-website"

WRAPPER = """\
#!/bin/sh
# edd, with the demo's list of hosts and its cache in place of yours.
export XDG_CONFIG_HOME='{here}/workstation' XDG_CACHE_HOME='{here}/cache'
exec '{project}/.venv/bin/edd' "$@"
"""

SETTINGS = """\
# The demo's host. A real one has its configuration in /etc/edd/config.toml.
listen = "127.0.0.1:{port}"
docker_socket = "{docker}"
container_prefix = "{prefix}"
tls_key = "{host}/tls/server.key"
tls_certs = "{host}/tls/server.crt"
mutual_tls_ca_certs = "{host}/tls/clients.crt"
mutual_tls_crl = "{host}/tls/clients.crl"
state_dir = "{here}/state"
socket = "{socket}"
socket_group = "{group}"

[[deployments]]
name = "{deployment}"
args = "-p 127.0.0.1:{page}:8000"
health_timeout = 20
"""


def free_port(first: int) -> int:
    """Return the first port from ``first`` on that nobody listens on."""
    for port in range(first, first + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SystemExit(f"error: none of the ports {first} to {first + 99} is free")


def socket_path() -> Path:
    """Return where the daemon's unix socket goes; its path may have 107 bytes (unix(7))."""
    wanted = HERE / "edd.sock"
    if len(os.fsencode(wanted)) < 108:
        return wanted
    return Path(tempfile.gettempdir()) / f"edd-demo-{os.getuid()}.sock"


def remember(name: str, pid: int) -> None:
    """Note the process that was started as ``name``."""
    (HERE / f"{name}.pid").write_text(str(pid))


def remembered(name: str, word: str) -> int | None:
    """Return the process started as ``name`` if it still runs and ``word`` is in its command."""
    with contextlib.suppress(OSError, ValueError):
        pid = int((HERE / f"{name}.pid").read_text())
        if word.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return None


def end(pid: int, seconds: float) -> bool:
    """Ask the process to end; tell whether it did within ``seconds``."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if not _runs(pid):
            return True
        time.sleep(0.05)
    return False


def remove_files(*, keep: tuple[str, ...] = ()) -> None:
    """Remove everything below ``.demo`` but the names to ``keep``."""
    for path in HERE.glob("*"):
        if path.name not in keep:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    socket_path().unlink(missing_ok=True)
    if not keep and HERE.exists():
        HERE.rmdir()


def _runs(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    return Path(f"/proc/{pid}").exists()
