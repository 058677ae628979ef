"""One request passed on to the engine, and its answer, over a connection of their own.

h11 composes what is sent and reads what comes back: what was parsed on one side is written anew on
the other, so that both can only mean the same. Bytes that are no HTTP, after a connection was taken
over, pass as they are.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from typing import TYPE_CHECKING

from msgspec import Struct

from edd.engine.connection import unreachable
from edd.errors import EngineUnreachableError

if TYPE_CHECKING:
    import h11

Headers = Sequence[tuple[bytes, bytes]]

PIECE = 1 << 18
_HEAD_LIMIT = 1 << 16
_MOST_HEADERS = 200
_PATIENCE = 10.0
"""Seconds for the engine to accept a connection."""

_OWN = frozenset(
    {
        *(b"connection", b"keep-alive", b"proxy-connection", b"proxy-authenticate", b"upgrade"),
        *(b"proxy-authorization", b"te", b"trailer", b"transfer-encoding"),
    }
)
"""Headers about one connection, not the one beyond it (RFC 9110, section 7.6.1)."""


class Request(Struct, frozen=True):
    """What the engine is asked: ``upgrade`` offers it to speak something else from here on.

    ``size`` is the body's, None for one of unknown length, 0 for none.
    """

    method: str
    target: str
    headers: Headers
    size: int | None = 0
    upgrade: bytes = b""


class Head(Struct, frozen=True):
    """How the engine's answer begins; ``size`` is None where its body tells its end otherwise.

    ``switched``: what follows is no HTTP, since the engine took the upgrade or, as it did before
    there was one, sends a raw stream after an ordinary head.
    """

    status: int
    reason: bytes
    headers: Headers
    size: int | None
    switched: bool


def passable(headers: Headers, *also: bytes) -> Headers:
    """Return ``headers`` without those about the connection alone, or named by one, or ``also``."""
    lower = [(name.lower(), name, value) for name, value in headers]
    named = {
        word.strip().lower()
        for name, _name, value in lower
        if name == b"connection"
        for word in value.split(b",")
    }
    left = _OWN | named | set(also)
    return [(name, value) for low, name, value in lower if low not in left]


class Passage:
    """A connection to the engine for one request; `open` closes it, whatever happens.

    One task may send while another reads. Every method raises EngineUnreachableError when the
    engine breaks off, or answers in what is no HTTP. What it said before it closed can still be
    read after it has refused to read on.
    """

    def __init__(self, link: socket.socket) -> None:
        import h11  # noqa: PLC0415 - a daemon whose engine nobody asks has no need of it

        self._link = link
        self._loop = asyncio.get_running_loop()
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=_HEAD_LIMIT)
        self._events = h11
        self._may_hijack = self._ended = False
        self.trailers: Headers = ()

    @classmethod
    @asynccontextmanager
    async def open(cls, path: str) -> AsyncIterator["Passage"]:
        """Connect to the engine behind the unix socket at ``path``.

        Whoever sends or reads in a task of its own ends it before the connection.
        """
        with closing(socket.socket(socket.AF_UNIX)) as link:
            link.setblocking(False)
            try:
                async with asyncio.timeout(_PATIENCE):
                    await asyncio.get_running_loop().sock_connect(link, path)
            except (OSError, TimeoutError) as error:
                raise unreachable(path, error) from error
            yield cls(link)

    async def ask(self, request: Request, *, may_hijack: bool) -> None:
        """Send the head of a request."""
        self._may_hijack = may_hijack
        headers = [(b"Host", b"docker"), *passable(request.headers, b"host", b"expect")]
        headers = [(n, v) for n, v in headers if n.lower() != b"content-length"]
        if request.size is None:
            headers.append((b"Transfer-Encoding", b"chunked"))
        elif request.size or request.method in {"POST", "PUT"}:
            headers.append((b"Content-Length", b"%d" % request.size))
        if request.upgrade:
            headers += [(b"Connection", b"Upgrade"), (b"Upgrade", request.upgrade)]
        else:
            headers.append((b"Connection", b"close"))
        await self._say(
            self._events.Request(method=request.method, target=request.target, headers=headers)
        )

    async def send(self, piece: bytes) -> None:
        """Send a piece of the request's body."""
        await self._say(self._events.Data(data=piece))

    async def end(self) -> None:
        """End the request's body, which is whole now."""
        await self._say(self._events.EndOfMessage())

    async def answer(self) -> Head:
        """Wait for the head of the answer, however long the engine takes."""
        while True:
            event = await self._next()
            if isinstance(event, self._events.Response):
                return self._head(event)
            if isinstance(event, self._events.InformationalResponse) and event.status_code == 101:
                return _head(event, None, switched=True)

    async def read(self) -> bytes:
        """Return more of the answer's body, empty at its end; `trailers` are there then."""
        pieces: list[bytes] = []
        while not self._ended:
            event = await self._next(wait=not pieces)
            if isinstance(event, self._events.Data):
                pieces.append(bytes(event.data))
            elif isinstance(event, self._events.EndOfMessage):
                self.trailers = event.headers.raw_items()
                self._ended = True
            elif pieces:
                break
        return b"".join(pieces)

    async def take(self) -> bytes:
        """Return more of what a connection that was taken over carries, empty at its end."""
        kept, _ended = self._http.trailing_data
        if kept:
            self._http = self._events.Connection(self._events.CLIENT)
            return kept
        with suppress(ConnectionError):
            return await self._loop.sock_recv(self._link, PIECE)
        return b""

    async def put(self, piece: bytes) -> None:
        """Send what a connection that was taken over carries."""
        try:
            await self._loop.sock_sendall(self._link, piece)
        except OSError as error:
            raise _broken_off(error) from error

    def end_putting(self) -> None:
        """Say that nothing more is sent; what is answered can still be taken."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_WR)

    def abort(self) -> None:
        """End both directions at once."""
        with suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)

    async def _say(self, event: "h11.Event") -> None:
        try:
            for part in self._http.send_with_data_passthrough(event) or ():
                await self._loop.sock_sendall(self._link, part)
        except (OSError, self._events.LocalProtocolError) as error:
            raise _broken_off(error) from error

    async def _next(self, *, wait: bool = True) -> object:
        """Return the next event, or None if ``wait`` is false and there is none yet."""
        try:
            while (event := self._http.next_event()) is self._events.NEED_DATA:
                if not wait:
                    return None
                self._http.receive_data(await self._loop.sock_recv(self._link, PIECE))
        except (OSError, self._events.RemoteProtocolError) as error:
            raise _broken_off(error) from error
        if event is self._events.PAUSED or isinstance(event, self._events.ConnectionClosed):
            raise EngineUnreachableError("The Docker Engine closed the connection too early.")
        return event

    def _head(self, event: "h11.Response") -> Head:
        lower = dict(event.headers)
        size = lower.get(b"content-length")
        endless = size is None and b"transfer-encoding" not in lower
        switched = self._may_hijack and endless and event.status_code == 200
        return _head(event, None if size is None else int(size), switched=switched)


def _head(
    event: "h11.Response | h11.InformationalResponse", size: int | None, *, switched: bool
) -> Head:
    items = event.headers.raw_items()
    if len(items) > _MOST_HEADERS:
        raise EngineUnreachableError("The Docker Engine's answer has too many headers.")
    return Head(event.status_code, event.reason, items, size, switched)


def _broken_off(error: Exception) -> EngineUnreachableError:
    why = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return EngineUnreachableError(f"The Docker Engine broke off: {why}.")
