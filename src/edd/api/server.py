"""The server: one application behind a TLS door and a local one, with an end that waits."""

import asyncio
import logging
import socket
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from aiohttp import web
from msgspec import Struct

from edd.api.app import Api
from edd.api.callers import Callers, Certificate
from edd.api.doors import Door
from edd.api.limits import USUAL, Limits
from edd.api.sockets import listen_tcp, listen_unix
from edd.api.visitors import Visitors
from edd.model.caller import Caller

if TYPE_CHECKING:
    from edd.operations import Operations

log = logging.getLogger(__name__)


class Listen(Struct, frozen=True):
    """Where to listen: ``port`` 0 takes any free one; without ``socket`` there is no local door.

    ``console`` is the address and the port for browsers, if there is one.
    """

    host: str = "0.0.0.0"  # noqa: S104 - the product is a server
    port: int = 8866
    socket: Path | None = None
    group: str = "edd"
    limits: Limits = USUAL
    console: tuple[str, int] | None = None


class Gate(Protocol):
    """Who is let in: ``context`` asks for a certificate, and ``open_context`` does not."""

    @property
    def context(self) -> ssl.SSLContext:
        """The first."""
        ...

    @property
    def open_context(self) -> ssl.SSLContext:
        """The second."""
        ...

    def identify(self, peercert: Certificate, /) -> Caller:
        """Return who showed ``peercert``, or raise UntrustedError."""
        ...

    def names(self) -> frozenset[str]:
        """Return the names and addresses of the server's own certificate, in lower case."""
        ...


class Server:
    """Serves ``operations`` over mutual TLS, and on the host itself over a unix socket.

    And over TLS to browsers that were let in, where ``listen`` says so.
    """

    def __init__(self, operations: "Operations", listen: Listen, gate: Gate) -> None:
        self._listen = listen
        self._gate = gate
        self._answers: list[Api | Visitors] = [
            Api(operations, Callers(gate.identify), listen.limits)
        ]
        if listen.console is not None:
            self._answers.append(Visitors(operations, gate.names, listen.limits))
        self._runners = [
            web.AppRunner(each.application(), shutdown_timeout=1.0) for each in self._answers
        ]
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
        for runner in self._runners:
            await runner.setup()
        listen, gate = self._listen, self._gate
        try:
            first, last = self._runners[0], self._runners[-1]
            self._open(first, listen_tcp(listen.host, listen.port), gate.context)
            if listen.socket is not None:
                self._open(first, listen_unix(listen.socket, listen.group), None)
            if listen.console is not None:
                self._open(last, listen_tcp(*listen.console), gate.open_context)
        except BaseException:
            await self.stop(0)
            raise

    def review(self) -> None:
        """Hang up on who is no longer let in, as after a revocation."""
        for each in self._answers:
            each.review()

    async def stop(self, grace: float) -> None:
        """Let nobody in, end streams, let other requests end for ``grace`` seconds, then leave."""
        for door in self._doors:
            await door.close()
        ended = await asyncio.gather(*(each.finish(grace) for each in self._answers))
        if not all(ended):
            log.warning("requests broken off: they did not end in %g seconds", grace)
        for runner in self._runners:
            await runner.cleanup()
        for door in self._doors:
            await door.clear()
        self._doors.clear()

    def _open(
        self, runner: web.AppRunner, listener: socket.socket, tls: ssl.SSLContext | None
    ) -> None:
        server = runner.server
        assert server is not None  # noqa: S101
        self._doors.append(Door(listener, server, self._listen.limits, tls))
