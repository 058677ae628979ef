"""The door that the engine pushes to: on loopback, for whoever has the password."""

import base64
import hmac
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from edd.client.tap.memory import Memory
from edd.distribution import Door, Storage, routes

USER = "edd"
_LOOPBACK = "127.0.0.1"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_silent = logging.getLogger("edd.client.tap.http")
_silent.propagate = False
"""Engines try TLS first, which aiohttp would report as a malformed request."""
_silent.addHandler(logging.NullHandler())


class Gatekeeper:
    """Lets in who knows the password; ``passed`` tells that somebody did."""

    def __init__(self, password: str) -> None:
        token = base64.b64encode(f"{USER}:{password}".encode()).decode()
        self._expected = f"Basic {token}".encode()
        self.passed = False

    @web.middleware
    async def admit(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Ask for the password, as a registry does."""
        given = request.headers.get("Authorization", "").encode("utf-8", "replace")
        if not hmac.compare_digest(given, self._expected):
            return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="edd"'})
        self.passed = True
        return await handler(request)


@asynccontextmanager
async def serving(storage: Storage, memory: Memory) -> AsyncIterator[tuple[int, Gatekeeper]]:
    """Serve ``storage`` on loopback while entered; yield the port and the gatekeeper.

    The port is the remembered one unless something else has it.
    """
    gatekeeper = Gatekeeper(memory.password)
    application = web.Application(middlewares=[gatekeeper.admit])
    for method, path, handler in routes(Door(lambda _: storage)):
        application.router.add_route(method, path, handler)
    # Without lingering: an engine goes on sending what it was refused, and leaves when cut off.
    runner = web.AppRunner(
        application, access_log=None, logger=_silent, shutdown_timeout=0, lingering_time=0
    )
    await runner.setup()
    try:
        listener = _listen(memory.port)
        await web.SockSite(runner, listener).start()
        yield int(listener.getsockname()[1]), gatekeeper
    finally:
        await runner.cleanup()


def _listen(port: int) -> socket.socket:
    """Return a bound socket on ``port`` of loopback, or on any port if that one is taken."""
    listener = socket.socket()
    # A connection of the last run may still be on its way out.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_LOOPBACK, port))
    except OSError:
        listener.bind((_LOOPBACK, 0))
    return listener
