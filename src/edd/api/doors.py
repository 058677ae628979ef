"""Lets connections in, by a loop of its own instead of aiohttp's sites.

So connections are bounded in number, and handshakes in number and time. Nothing here ends on a
reload: `edd.trust.gate` hands each new connection to its newest TLS context.
"""

import asyncio
import logging
import socket
import ssl
from functools import partial
from weakref import WeakSet

from aiohttp import web

from edd.api.connection import Connection
from edd.api.handshake import reason, shake_hands
from edd.api.limits import Limits
from edd.api.sockets import close
from edd.api.tls import TlsTransport

log = logging.getLogger(__name__)

REST = 1.0
"""Seconds without accepting after the process ran out of file descriptors."""


class Door:
    """One listening socket and the connections that came in through it.

    The host's own door (without ``tls``) is never full, so that its administrator always gets in.
    """

    def __init__(
        self,
        listener: socket.socket,
        server: web.Server,
        limits: Limits,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        listener.setblocking(False)
        self._tls = tls
        self._listener = listener
        self._server = server
        self._limits = limits
        self._free = asyncio.Semaphore(limits.handshakes)
        self._arriving: set[asyncio.Task[None]] = set()
        self._transports: WeakSet[asyncio.BaseTransport] = WeakSet()
        self._accepting = asyncio.create_task(self._accept())

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and port of a TCP door."""
        host, port = self._listener.getsockname()[:2]
        return host, port

    @property
    def _full(self) -> bool:
        return self._tls is not None and len(self._transports) >= self._limits.connections

    async def close(self) -> None:
        """Let nobody in any more; connections that are open stay so."""
        self._accepting.cancel()
        await asyncio.wait({self._accepting})
        close(self._listener)
        for arrival in self._arriving:
            arrival.cancel()
        if self._arriving:
            await asyncio.wait(self._arriving)

    async def clear(self) -> None:
        """End every connection that is still open, answered or not."""
        for transport in list(self._transports):
            transport.abort()  # type: ignore[attr-defined]
        # Two rounds of the loop: TLS transports end after the socket's.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._free.acquire()
            try:
                channel, _address = await loop.sock_accept(self._listener)
            except OSError as error:
                log.warning("connection not accepted: %s", error)
                self._free.release()
                await asyncio.sleep(REST)
                continue
            except BaseException:
                self._free.release()
                raise
            arrival = loop.create_task(self._let_in(channel))
            self._arriving.add(arrival)
            arrival.add_done_callback(self._arrived)

    def _arrived(self, arrival: "asyncio.Task[None]") -> None:
        self._arriving.discard(arrival)
        self._free.release()

    async def _let_in(self, channel: socket.socket) -> None:
        if self._full:
            log.warning("connection refused: there are too many")
            channel.close()
            return
        peer: object = "unknown"
        try:
            peer = channel.getpeername() or "local"
            self._transports.add(await self._connect(channel))
        except (OSError, asyncio.CancelledError) as error:
            channel.close()
            if words := reason(error):
                log.info("client not let in: %s: %s", peer, words)
            else:
                log.debug("client went away before it was let in: %s: %s", peer, error)
            if isinstance(error, asyncio.CancelledError):
                raise

    async def _connect(self, channel: socket.socket) -> asyncio.BaseTransport:
        connection = partial(Connection, self._server, self._limits)
        if self._tls is None:
            loop = asyncio.get_running_loop()
            return (await loop.connect_accepted_socket(connection, channel))[0]
        link = await shake_hands(channel, self._tls, self._limits.handshake)
        if self._full:  # others were quicker
            link.close()
            raise ConnectionRefusedError("there are too many")
        try:
            return TlsTransport(link, connection(), self._limits)
        except BaseException:
            link.close()
            raise
