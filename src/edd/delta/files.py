"""Layers as they are read: from front to back once, or here and there, in large pieces."""

from collections.abc import Callable
from typing import BinaryIO

from edd.errors import ArchiveError

PIECE = 1 << 20
"""Bytes read at once; what is kept of a file at any time is about as much."""

AHEAD = 1 << 16
"""Bytes that are read for a small read."""


def size_of(file: BinaryIO) -> int:
    """Return a seekable file's size."""
    return file.seek(0, 2)


class Stream:
    """A file from its front to its back; every byte is shown once to ``observe``."""

    def __init__(self, file: BinaryIO, observe: Callable[[bytes], None]) -> None:
        file.seek(0)
        self._file = file
        self._observe = observe
        self._data = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """Return the next ``count`` bytes, or what is left of the file."""
        if len(self._data) - self._at < count:
            self._fill(count)
        part = self._data[self._at : self._at + count]
        self._at += len(part)
        return part

    def _fill(self, count: int) -> None:
        rest = self._data[self._at :]
        self._data, self._at = rest, 0
        while len(self._data) < count and (piece := self._file.read(max(PIECE, count))):
            self._observe(piece)
            self._data = self._data + piece if self._data else piece


class Source:
    """A file that is read here and there, mostly forward; small reads come from one buffer."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = size_of(file)
        self._buffer = b""
        self._from = 0

    def read(self, at: int, count: int) -> bytes:
        """Return the ``count`` bytes from ``at`` on.

        Raises:
            ArchiveError: the file does not reach so far.
        """
        if at < 0 or count < 0 or at + count > self.size:
            raise ArchiveError("The patch refers to a place outside its base.")
        start = at - self._from
        if start >= 0 and start + count <= len(self._buffer):
            return self._buffer[start : start + count]
        self._file.seek(at)
        if count > AHEAD:
            return self._exactly(count)
        self._buffer, self._from = self._file.read(AHEAD), at
        if len(self._buffer) < count:
            self._file.seek(at)
            self._buffer = self._exactly(count)
        return self._buffer[:count]

    def _exactly(self, count: int) -> bytes:
        data = self._file.read(count)
        while len(data) < count:
            more = self._file.read(count - len(data))
            if not more:
                raise ArchiveError("A base ends before its time.")
            data += more
        return data
