"""Lets connections in, by a loop of its own instead of aiohttp's sites.

So connections are bounded in number, and handshakes in number and time, and no network has more
than its part of either. Nothing here ends on a reload: `edd.trust.gate` hands each new connection
to its newest TLS context.
"""

import asyncio
import logging
import socket
import ssl
from functools import partial
from weakref import WeakKeyDictionary, WeakValueDictionary

from aiohttp import web

from edd.api.connection import Connection
from edd.api.handshake import reason, shake_hands
from edd.api.limits import Limits
from edd.api.sockets import close
from edd.api.tls import TlsTransport
from edd.model.network import network_of

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
        self._turns: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()
        self._arriving: dict[asyncio.Task[None], str] = {}
        self._transports: WeakKeyDictionary[asyncio.BaseTransport, str] = WeakKeyDictionary()
        self._accepting = asyncio.create_task(self._accept())

    @property
    def address(self) -> tuple[str, int]:
        """Return the host and port of a TCP door."""
        host, port = self._listener.getsockname()[:2]
        return host, port

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
            async with self._free:  # the rest waits in the kernel's queue
                pass
            try:
                channel, address = await loop.sock_accept(self._listener)
            except OSError as error:
                log.warning("connection not accepted: %s", error)
                await asyncio.sleep(REST)
                continue
            network = network_of(address[0]) if self._tls is not None else ""
            if self._is_full(network):
                log.warning("connection refused: there are too many, or too many from %s", network)
                channel.close()
                continue
            arrival = loop.create_task(self._let_in(channel, network))
            self._arriving[arrival] = network
            arrival.add_done_callback(self._arriving.pop)
            await asyncio.sleep(0)  # it takes its turn before another one comes

    def _is_full(self, network: str) -> bool:
        """Tell whether nobody more may come, or none from ``network``."""
        if self._tls is None:
            return False
        there = [place for each, place in self._transports.items() if _is_open(each)]
        there += self._arriving.values()
        return len(there) >= self._limits.connections or there.count(network) >= self._limits.of_one

    async def _let_in(self, channel: socket.socket, network: str) -> None:
        peer: object = "unknown"
        try:
            peer = channel.getpeername() or "local"
            async with self._turn_of(network), self._free:
                self._transports[await self._connect(channel)] = network
        except (OSError, asyncio.CancelledError) as error:
            channel.close()
            if words := reason(error):
                log.info("client not let in: %s: %s", peer, words)
            else:
                log.debug("client went away before it was let in: %s: %s", peer, error)
            if isinstance(error, asyncio.CancelledError):
                raise

    def _turn_of(self, network: str) -> asyncio.Semaphore:
        """Return what lets some handshakes of a network go on while its others wait."""
        turn = asyncio.Semaphore(self._limits.handshakes_of_one)
        return self._turns.setdefault(network, turn)

    async def _connect(self, channel: socket.socket) -> asyncio.BaseTransport:
        connection = partial(Connection, self._server, self._limits)
        if self._tls is None:
            loop = asyncio.get_running_loop()
            return (await loop.connect_accepted_socket(connection, channel))[0]
        link = await shake_hands(channel, self._tls, self._limits.handshake)
        try:
            return TlsTransport(link, connection(), self._limits)
        except BaseException:
            link.close()
            raise


def _is_open(transport: asyncio.BaseTransport) -> bool:
    """Tell whether a connection is open: one that is lost may be remembered for a while."""
    return int(transport.get_extra_info("socket").fileno()) >= 0
