"""Who sends a request: by the verified certificate over TLS, by user id on the unix socket."""

import pwd
import socket
import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

from aiohttp import web

from edd.errors import UntrustedError
from edd.model.caller import Caller, Role

Certificate = Mapping[str, Any]
"""A verified peer certificate as ``ssl.SSLSocket.getpeercert()`` gives it."""

Identify = Callable[[Certificate], Caller]
"""Turns a verified certificate (empty: there is none) into a caller, or raises UntrustedError.

It is asked at every request, since a connection can outlive its certificate or a revocation.
"""


class Known(Protocol):
    """Knows who sends requests."""

    def caller_of(self, request: web.BaseRequest) -> Caller:
        """Return who sent ``request``, or raise UntrustedError."""
        ...

    def claimed_name(self, request: web.BaseRequest) -> str:
        """Return the name a caller who was not trusted gives itself, for the audit trail only."""
        ...


class Callers:
    """Knows callers by their certificates, and those on the host itself by their user ids."""

    def __init__(self, identify: Identify) -> None:
        self._identify = identify

    def caller_of(self, request: web.BaseRequest) -> Caller:
        """Return who sent ``request``.

        Raises:
            UntrustedError: no certificate, or one that is over, revoked or names no role.
        """
        if request.get_extra_info("sslcontext") is not None:
            return self._identify(_certificate(request))
        channel = request.get_extra_info("socket")
        if channel is not None and channel.family == socket.AF_UNIX:
            return _local_caller(channel)
        raise UntrustedError("The connection carries no client certificate.")

    def claimed_name(self, request: web.BaseRequest) -> str:
        """Return the name a caller who was not trusted gives itself, for the audit trail only."""
        names = (dict(entry) for entry in _certificate(request).get("subject", ()))
        return next((name["commonName"] for name in names if "commonName" in name), "unknown")


def _certificate(request: web.BaseRequest) -> Certificate:
    return request.get_extra_info("peercert") or {}


def _local_caller(channel: Any) -> Caller:
    """Whoever may open the socket (root and its group, by its mode) administers the host."""
    credentials = channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _process, user, _group = struct.unpack("3i", credentials)
    return Caller(name=f"{_user_name(user)}@local", role=Role.ADMIN)


@lru_cache(maxsize=256)
def _user_name(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
