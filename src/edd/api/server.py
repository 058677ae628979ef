"""The server: one application behind a TLS door and a local one, with an end that waits."""

import logging
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web
from msgspec import Struct

from edd.api.app import Api
from edd.api.callers import Identify
from edd.api.doors import Door
from edd.api.limits import USUAL, Limits
from edd.api.sockets import listen_tcp, listen_unix

if TYPE_CHECKING:
    from edd.operations import Operations

log = logging.getLogger(__name__)


class Listen(Struct, frozen=True):
    """Where to listen: ``port`` 0 takes any free one; without ``socket`` there is no local door."""

    host: str = "0.0.0.0"  # noqa: S104 - the product is a server
    port: int = 8866
    socket: Path | None = None
    group: str = "edd"
    limits: Limits = USUAL


class Server:
    """Serves ``operations`` over mutual TLS, and on the host itself over a unix socket."""

    def __init__(
        self, operations: "Operations", identify: Identify, listen: Listen, tls: ssl.SSLContext
    ) -> None:
        self._api = Api(operations, identify, listen.limits)
        self._listen = listen
        self._tls = tls
        self._runner = web.AppRunner(self._api.application(), shutdown_timeout=1.0)
        self._doors: list[Door] = []

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and port of the TLS door, once started."""
        return self._doors[0].address

    async def start(self) -> None:
        """Listen.

        Raises:
            ConfigError: a place to listen at cannot be used; nothing listens then.
        """
        await self._runner.setup()
        try:
            self._open(listen_tcp(self._listen.host, self._listen.port), self._tls)
            if self._listen.socket is not None:
                self._open(listen_unix(self._listen.socket, self._listen.group), None)
        except BaseException:
            await self.stop(0)
            raise

    async def stop(self, grace: float) -> None:
        """Let nobody in, end streams, let other requests end for ``grace`` seconds, then leave."""
        for door in self._doors:
            await door.close()
        if not await self._api.finish(grace):
            log.warning("requests broken off: they did not end in %g seconds", grace)
        await self._runner.cleanup()
        for door in self._doors:
            await door.clear()
        self._doors.clear()

    def _open(self, listener: socket.socket, tls: ssl.SSLContext | None) -> None:
        server = self._runner.server
        assert server is not None  # noqa: S101
        self._doors.append(Door(listener, server, self._listen.limits, tls))
