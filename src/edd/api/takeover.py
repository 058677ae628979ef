"""A connection that carries something else than HTTP from here on: bytes, both ways, to both ends.

Docker's attach, exec and BuildKit's sessions take the connection over. Either side may end its half
and still be told the rest by the other.
"""

import asyncio
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from aiohttp import web

from edd.errors import EngineUnreachableError

if TYPE_CHECKING:
    from edd.api.connection import Connection
    from edd.engine.passage import Passage

HIGH_WATER = 1 << 17
"""Bytes kept of a client that sends faster than the engine takes; it is read no further then."""

LAST_WORDS = 0.3
"""Seconds for the engine to take what a client had sent before it vanished."""


class Intake:
    """What a client sends after its connection was taken over, in the order it came."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self._ended = False
        self._news = asyncio.Event()
        self.taken = 0

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Keep what came; called by the connection, which reads the return as `not the end`."""
        self._pieces.append(data)
        self._size += len(data)
        if self._size > HIGH_WATER:
            self._transport.pause_reading()
        self._news.set()
        return False, b""

    def feed_eof(self) -> None:
        """The client has ended its half, or is gone."""
        self._ended = True
        self._news.set()

    async def read(self) -> bytes:
        """Return all that is there, once something is; empty at the end."""
        while not self._pieces:
            if self._ended:
                return b""
            self._news.clear()
            await self._news.wait()
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        self.taken += len(data)
        if not (self._ended or self._transport.is_closing()):
            self._transport.resume_reading()
        return data


class TakenOver(web.StreamResponse):
    """The head after which a connection belongs to the engine and its client."""

    _length_check = False


async def take_over(
    request: web.Request, response: TakenOver, passage: "Passage"
) -> web.StreamResponse:
    """Send the head of ``response``, then pass bytes both ways until the engine ends its side."""
    connection: Connection = request.protocol  # type: ignore[assignment]
    intake = connection.take_over()
    await response.prepare(request)
    sending = asyncio.create_task(_to_engine(intake, passage))
    try:
        while piece := await passage.take():
            await response.write(piece)
    finally:
        if request.transport is None:
            await asyncio.wait({sending}, timeout=LAST_WORDS)
        sending.cancel()
        await asyncio.wait({sending})
    response.force_close()
    request.protocol.force_close()
    return response


async def _to_engine(intake: Intake, passage: "Passage") -> None:
    with suppress(EngineUnreachableError):  # what it still says tells the client more
        while piece := await intake.read():
            await passage.put(piece)
        passage.end_putting()
