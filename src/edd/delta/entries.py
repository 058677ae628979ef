"""The parts of a layer: members and opaque bytes, many of them in little memory."""

from array import array
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from edd.delta.headers import BLOCK, padded
from edd.delta.names import path_of
from edd.delta.pages import Pages
from edd.delta.sums import ANCHOR, SUM, Sums, anchor_count, block_count, block_size

HASH: Final = 16
"""Bytes of a content's SHA-256 that are kept."""

TAIL: Final = 8
TAIL_FROM: Final = 16
"""Compiled Python files begin with 16 bytes that change with the source's time (PEP 552)."""

_FILLED, _TAILED, _SUMMED = 1, 2, 4


class Entry(Struct, frozen=True):
    """A part of a layer: a header and its content, or opaque bytes.

    ``header`` is its number among the headers, or -1. Zeros fill the last block of a member's
    content unless ``filled`` says that something else does; then that is the next entry.
    """

    offset: int
    header: int
    size: int
    path: bytes
    hash: bytes
    tail: bytes = b""
    sums: Sums | None = None
    filled: bool = True

    @property
    def content(self) -> int:
        """Return where the content begins."""
        return self.offset if self.header < 0 else self.offset + BLOCK

    @property
    def end(self) -> int:
        """Return where the next entry begins."""
        filled = self.filled and self.header >= 0
        return self.content + (padded(self.size) if filled else self.size)


class Entries:
    """Entries by number, in the order of a layer of ``whole`` bytes.

    One takes 50 bytes while it is kept, and what its block sums and a path from elsewhere take.
    """

    def __init__(self, headers: Pages, whole: int) -> None:
        self._headers = headers
        self._whole = whole
        self._offsets = array("q")
        self._sizes = array("q")
        self._header = array("i")
        self._flags = bytearray()
        self._hashes = bytearray()
        self._tails = bytearray()
        self._strong, self._first_strong = bytearray(), array("q")
        self._anchors, self._first_anchor = bytearray(), array("q")
        self._paths: dict[int, bytes] = {}

    def append(self, entry: Entry) -> None:
        """Keep ``entry``, whose header is among the headers already."""
        if entry.path != self._plain_path(entry.header):
            self._paths[len(self)] = entry.path
        self._offsets.append(entry.offset)
        self._sizes.append(entry.size)
        self._header.append(entry.header)
        summed = _SUMMED if entry.sums else 0
        self._flags.append(_FILLED * entry.filled | _TAILED * bool(entry.tail) | summed)
        self._hashes += entry.hash.ljust(HASH, b"\0")
        self._tails += entry.tail.ljust(TAIL, b"\0")
        self._first_strong.append(len(self._strong))
        self._first_anchor.append(len(self._anchors))
        if entry.sums:
            self._strong += entry.sums.strong
            self._anchors += entry.sums.anchors

    def __len__(self) -> int:
        return len(self._offsets)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> Entry:
        size, header, flags = self._sizes[number], self._header[number], self._flags[number]
        path = self._paths.get(number)
        return Entry(
            self._offsets[number],
            header,
            size,
            self._plain_path(header) if path is None else path,
            bytes(self._hashes[number * HASH : (number + 1) * HASH]) if size else b"",
            bytes(self._tails[number * TAIL : (number + 1) * TAIL]) if flags & _TAILED else b"",
            self._summed(number, size) if flags & _SUMMED else None,
            bool(flags & _FILLED),
        )

    def _summed(self, number: int, size: int) -> Sums:
        blocks = block_count(size, self._whole)
        strong, anchor = self._first_strong[number], self._first_anchor[number]
        return Sums(
            block_size(size, self._whole),
            bytes(self._strong[strong : strong + blocks * SUM]),
            bytes(self._anchors[anchor : anchor + anchor_count(blocks) * ANCHOR]),
        )

    def _plain_path(self, header: int) -> bytes:
        return path_of(self._headers[header]) if header >= 0 else b""
