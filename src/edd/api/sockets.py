"""Listening sockets: on TCP, and on the host itself on a unix socket only root and a group open."""

import errno
import grp
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from edd.errors import ConfigError

BACKLOG = 512
ADVICE = {
    errno.EADDRINUSE: "See who listens there: ss -ltnp. Perhaps it is the daemon itself: "
    "systemctl status edd. Stop that, or choose another port with `listen`.",
    errno.EADDRNOTAVAIL: "Choose an address of this machine with `listen`, "
    "or 0.0.0.0 for all of them.",
    errno.EACCES: "Choose a port from 1024 on with `listen`, or run the daemon as a service: "
    "its unit lets it have any.",
}


def listen_tcp(host: str, port: int) -> socket.socket:
    """Return a socket that listens on ``host``; ``::`` takes IPv4 too, as far as the host has both.

    Raises:
        ConfigError: the address is taken, not this host's, or not an address.
    """
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server(
            (host, port),
            family=family,
            backlog=BACKLOG,
            dualstack_ipv6=host == "::" and socket.has_dualstack_ipv6(),
        )
    except OSError as error:
        # Python adds the address to the system's words, in its own notation.
        words = str(error.strerror).partition(" (while ")[0]
        raise ConfigError(
            f"Cannot listen on {host} port {port}: {words}.",
            advice=ADVICE.get(error.errno or 0, "Choose another address with `listen`."),
        ) from None


def listen_unix(path: Path, group: str) -> socket.socket:
    """Return a socket that listens at ``path``, open to root and ``group`` (root alone without it).

    A file left by a daemon that died is replaced; one that somebody listens on is not.

    Raises:
        ConfigError: another daemon listens there, or the place cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_stale(path)
        return _bind_unix(path, group)
    except OSError as error:
        raise ConfigError(
            f"Cannot listen on {path}: {error.strerror or error}.",
            advice="Choose another `socket`, in a folder that the daemon may write to.",
        ) from None


def close(listener: socket.socket) -> None:
    """Stop listening; a unix socket's file goes too."""
    if listener.family == socket.AF_UNIX:
        Path(listener.getsockname()).unlink(missing_ok=True)
    listener.close()


def _remove_stale(path: Path) -> None:
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise ConfigError(
                f"{path} exists and is not a socket.",
                advice="Remove it if nobody needs it, or choose another `socket`.",
            )
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1)
            with suppress(ConnectionRefusedError):
                probe.connect(str(path))
                raise ConfigError(
                    f"Another daemon already listens on {path}.",
                    advice="One is enough for a machine: systemctl status edd. "
                    "Stop it first, or choose another `socket` for this one.",
                )
        path.unlink()


def _bind_unix(path: Path, group: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    try:
        # Nobody may connect between bind and chmod; the daemon has one thread at this point.
        before = os.umask(0o177)
        try:
            listener.bind(str(path))
        finally:
            os.umask(before)
        with suppress(KeyError, PermissionError):
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
            path.chmod(0o660)
        listener.listen(BACKLOG)
    except BaseException:
        listener.close()
        raise
    return listener
