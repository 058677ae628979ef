"""What a layer consists of, without its content: tar headers, hashes, block sums.

Any file is a layer here. What is no sound tar, or comes after a tar's end, is one opaque part.
"""

from typing import Final

from msgspec import Struct

from edd.delta.headers import BLANK, BLOCK, COLUMNS, HeaderReader, HeaderWriter, padded
from edd.delta.names import Extensions, path_of, size_of_member
from edd.delta.pages import Pages
from edd.delta.sums import ANCHOR, SUM, Sums, anchor_count, block_count, block_size
from edd.delta.varints import Column, Reading, join, split
from edd.delta.zstd import compress, decompress
from edd.errors import ArchiveError

HASH: Final = 16
"""Bytes of a content's SHA-256 that are kept."""

TAIL: Final = 8
TAIL_FROM: Final = 16
"""Compiled Python files begin with 16 bytes that change with the source's time (PEP 552)."""

MAX_ENTRIES: Final = 1 << 17
"""What comes after so many members is one opaque part."""

MAX_COLUMNS: Final = 32 << 20
"""Bytes of a skeleton's columns, unpacked."""

_MAGIC: Final = b"EDs\x01"
_LEVEL: Final = 9
_OPAQUE, _SIZED, _NAMED, _TAILED, _SUMMED, _UNFILLED = (1 << bit for bit in range(6))
_FLAGS, _SIZES, _PATHS, _ANCHORS = range(4)


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


class Skeleton(Struct, frozen=True):
    """A layer's entries in their order, without gaps, and its headers."""

    size: int
    entries: list[Entry]
    headers: Pages

    def encode(self) -> bytes:
        """Return the bytes that `decode_skeleton` reads."""
        return _Encoding(self).encode()


def decode_skeleton(data: bytes) -> Skeleton:
    """Return the skeleton that ``data`` tells; what it takes is bounded.

    Raises:
        ArchiveError: it is none, or larger than any may be.
    """
    if data[: len(_MAGIC)] != _MAGIC:
        raise ArchiveError("This is not a layer's description, or of a version not known here.")
    reading = Reading(data)
    reading.take_bytes(len(_MAGIC))
    size, packed = reading.take(), reading.take()
    if size > MAX_COLUMNS:
        raise ArchiveError("A layer's description is larger than any may be.")
    columns = decompress(reading.take_bytes(packed), size)
    skeleton = _Decoding(columns, reading).skeleton()
    if not reading.done:
        raise ArchiveError("A layer's description goes on after its end.")
    return skeleton


class _Encoding:
    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._columns = [Column() for _ in range(4)]
        self._headers = HeaderWriter()
        self._digests: list[bytes] = []

    def encode(self) -> bytes:
        last = BLANK
        for entry in self._skeleton.entries:
            flags = self._common(entry)
            if entry.header >= 0:
                block = self._skeleton.headers[entry.header]
                flags |= self._member(entry, block)
                self._headers.write(block, last)
                last = block
            else:
                flags |= _OPAQUE
                self._columns[_SIZES].put(entry.size)
            self._columns[_FLAGS].put(flags)
        columns = join([*self._columns, *self._headers.columns])
        packed = compress(columns, _LEVEL)
        top = Column(_MAGIC)
        top.put(len(columns))
        top.put(len(packed))
        return bytes(top) + packed + b"".join(self._digests)

    def _common(self, entry: Entry) -> int:
        flags = 0 if entry.filled else _UNFILLED
        self._digests.append(entry.hash)
        if entry.tail:
            flags |= _TAILED
            self._digests.append(entry.tail)
        if entry.sums:
            flags |= _SUMMED
            self._digests.append(entry.sums.strong)
            self._columns[_ANCHORS] += entry.sums.anchors
        return flags

    def _member(self, entry: Entry, block: bytes) -> int:
        flags = 0
        if entry.size != size_of_member(block, Extensions()):
            flags |= _SIZED
            self._columns[_SIZES].put(entry.size)
        if entry.path != path_of(block):
            flags |= _NAMED
            self._columns[_PATHS].put(len(entry.path))
            self._columns[_PATHS] += entry.path
        return flags


class _Decoding:
    def __init__(self, columns: bytes, digests: Reading) -> None:
        parts = split(columns, 4 + COLUMNS)
        self._flags, self._sizes, self._paths, self._anchors = parts[:4]
        self._reader = HeaderReader()
        self._reader.begin(parts[4:])
        self._digests = digests
        self._headers = Pages(BLOCK)
        self._last = BLANK

    def skeleton(self) -> Skeleton:
        entries: list[Entry] = []
        at = 0
        while not self._flags.done:
            if len(entries) > MAX_ENTRIES + 2:
                raise ArchiveError("A layer's description has more entries than any may have.")
            entry = self._entry(at, self._flags.take())
            entries.append(entry)
            at = entry.end
        return Skeleton(at, entries, self._headers)

    def _entry(self, at: int, flags: int) -> Entry:
        header, path, size = -1, b"", 0
        if not flags & _OPAQUE:
            self._last = self._reader.read(self._last)
            header = self._headers.append(self._last)
            size = size_of_member(self._last, Extensions())
            path = path_of(self._last)
        if flags & (_OPAQUE | _SIZED):
            size = self._sizes.take()
        if flags & _NAMED:
            path = self._paths.take_bytes(self._paths.take())
        hashed = self._digests.take_bytes(HASH) if size else b""
        tail = self._digests.take_bytes(TAIL) if flags & _TAILED else b""
        sums = self._sums(size) if flags & _SUMMED else None
        return Entry(at, header, size, path, hashed, tail, sums, not flags & _UNFILLED)

    def _sums(self, size: int) -> Sums:
        count = block_count(size)
        strong = self._digests.take_bytes(count * SUM)
        return Sums(
            block_size(size), strong, self._anchors.take_bytes(anchor_count(count) * ANCHOR)
        )
