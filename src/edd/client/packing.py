"""Content packed for the link it travels over: as small as the link is slow, and no smaller.

Each piece becomes a zstd frame of its own, so that a sender that was cut off can go on anywhere.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import BinaryIO

from edd.client.images.reading import readable

PIECE = 1 << 20
LEVELS = (-5, 1, 3, 6, 9, 12)
"""From about 1,000 MB/s down to about 10 on one processor; 15 saves a fiftieth more, for twice the
memory, and several pieces are packed at a time."""

START = 1
START_SLOW = LEVELS.index(9)

WINDOW = 3
"""Pieces that are judged together: what lies between takes some at once, and then none for long."""


class Pace:
    """The level to pack with, found by comparing how long packing and sending take."""

    def __init__(self, *, slow: bool = False) -> None:
        self._place = START_SLOW if slow else START
        self._seen: list[tuple[float, float]] = []

    @property
    def level(self) -> int:
        """The level for the next piece."""
        return LEVELS[self._place]

    def note(self, packing: float, sending: float) -> None:
        """Take the seconds that the last piece was packed for and then waited to be sent.

        The next level up takes about twice as long, so the link must be that much slower.
        """
        self._seen.append((packing, sending))
        if len(self._seen) < WINDOW:
            return
        packed, sent = (sum(times) for times in zip(*self._seen, strict=True))
        self._seen.clear()
        if sent > 3 * packed and self._place + 1 < len(LEVELS):
            self._place += 1
        elif sent < packed and self._place:
            self._place -= 1


class Packing(AsyncIterator[bytes]):
    """What is left of a file as zstd frames, each made in a thread while the last one is sent.

    `close` before the file is closed: a thread cannot be stopped.
    """

    def __init__(self, file: BinaryIO, pace: Pace) -> None:
        self._file = file
        self._pace = pace
        self._packing = 0.0
        self._given: float | None = None
        self._ahead: asyncio.Future[tuple[bytes, float]] | None = None

    async def __anext__(self) -> bytes:
        """Return the next frame."""
        if self._given is not None:
            self._pace.note(self._packing, time.monotonic() - self._given)
        frame, self._packing = await asyncio.shield(self._ahead or self._begin())
        if not frame:
            raise StopAsyncIteration
        self._begin()
        self._given = time.monotonic()
        return frame

    async def close(self) -> None:
        """Wait until nothing reads the file any more."""
        if self._ahead is not None:
            await asyncio.wait([self._ahead])

    def _begin(self) -> "asyncio.Future[tuple[bytes, float]]":
        loop = asyncio.get_running_loop()
        self._ahead = loop.run_in_executor(None, _frame, self._file, self._pace.level)
        return self._ahead


def _frame(file: BinaryIO, level: int) -> tuple[bytes, float]:
    from edd.archive import zstd  # noqa: PLC0415 - loaded only where it is met

    with readable():
        piece = _read(file)
    if not piece:
        return b"", 0.0
    began = time.monotonic()
    frame = zstd.compress(piece, level)
    return frame, time.monotonic() - began


def _read(file: BinaryIO) -> bytes:
    """Return the next piece; raw files may give less than asked for."""
    parts, left = [], PIECE
    while left and (part := file.read(left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
