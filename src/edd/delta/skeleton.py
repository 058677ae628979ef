"""What a layer consists of, without its content: tar headers, hashes, block sums.

Any file is a layer here. What is no sound tar, or comes after a tar's end, is one opaque part.
"""

from typing import Final

from msgspec import Struct

from edd.delta.entries import HASH, TAIL, Entries, Entry
from edd.delta.headers import BLANK, BLOCK, COLUMNS, HeaderReader, HeaderWriter, content_size
from edd.delta.names import path_of
from edd.delta.pages import Pages
from edd.delta.sums import ANCHOR, SUM, Sums, anchor_count, block_count, block_size
from edd.delta.varints import Column, Reading, joined, split
from edd.delta.zstd import compressor, decompress
from edd.errors import ArchiveError

MAX_ENTRIES: Final = 1 << 17
"""What comes after so many members is one opaque part."""

MAX_LAYER: Final = 1 << 62
MAX_TOLD: Final = 16 << 20
"""What comes after headers and paths that take so many bytes is one opaque part."""

MAX_COLUMNS: Final = 24 << 20
"""Bytes of a skeleton's columns, unpacked: what is told, its numbers, and the sums' anchors."""

_MAGIC: Final = b"EDs\x01"
_LEVEL: Final = 9
_OPAQUE, _SIZED, _NAMED, _TAILED, _SUMMED, _UNFILLED = (1 << bit for bit in range(6))
_FLAGS, _SIZES, _PATHS, _ANCHORS = range(4)


class Skeleton(Struct, frozen=True):
    """A layer's entries in their order, without gaps, and its headers."""

    size: int
    entries: Entries
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
    whole, size, packed = reading.take(), reading.take(), reading.take()
    if whole > MAX_LAYER or size > MAX_COLUMNS:
        raise ArchiveError("A layer's description is larger than any may be.")
    columns = decompress(reading.take_bytes(packed), size)
    skeleton = _Decoding(whole, columns, reading).skeleton()
    if not reading.done:
        raise ArchiveError("A layer's description goes on after its end.")
    return skeleton


class _Encoding:
    def __init__(self, skeleton: Skeleton) -> None:
        self._skeleton = skeleton
        self._columns = [Column() for _ in range(4)]
        self._headers = HeaderWriter()
        self._digests = bytearray()

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
        writer, size, parts = compressor(_LEVEL), 0, []
        for column in joined([*self._columns, *self._headers.columns]):
            size += len(column)
            parts.append(writer.compress(column))
        parts.append(writer.flush())
        top = Column(_MAGIC)
        for number in (self._skeleton.size, size, sum(map(len, parts))):
            top.put(number)
        return b"".join([top, *parts, self._digests])

    def _common(self, entry: Entry) -> int:
        flags = 0 if entry.filled else _UNFILLED
        self._digests += entry.hash
        if entry.tail:
            flags |= _TAILED
            self._digests += entry.tail
        if entry.sums:
            flags |= _SUMMED
            self._digests += entry.sums.strong
            self._columns[_ANCHORS] += entry.sums.anchors
        return flags

    def _member(self, entry: Entry, block: bytes) -> int:
        flags = 0
        if entry.size != content_size(block):
            flags |= _SIZED
            self._columns[_SIZES].put(entry.size)
        if entry.path != path_of(block):
            flags |= _NAMED
            self._columns[_PATHS].put(len(entry.path))
            self._columns[_PATHS] += entry.path
        return flags


class _Decoding:
    def __init__(self, whole: int, columns: bytes, digests: Reading) -> None:
        self._whole = whole
        parts = split(columns, 4 + COLUMNS)
        self._flags, self._sizes, self._paths, self._anchors = parts[:4]
        self._reader = HeaderReader()
        self._reader.begin(parts[4:])
        self._digests = digests
        self._headers = Pages(BLOCK)
        self._last = BLANK

    def skeleton(self) -> Skeleton:
        entries = Entries(self._headers, self._whole)
        at = 0
        while not self._flags.done:
            if len(entries) > MAX_ENTRIES + 2:
                raise ArchiveError("A layer's description has more entries than any may have.")
            entry = self._entry(at, self._flags.take())
            at = entry.end
            if at > self._whole:
                break
            entries.append(entry)
        if at != self._whole:
            raise ArchiveError("A layer's description does not have the size that it announces.")
        return Skeleton(at, entries, self._headers)

    def _entry(self, at: int, flags: int) -> Entry:
        header, path, size = -1, b"", 0
        if not flags & _OPAQUE:
            self._last = self._reader.read(self._last)
            header = self._headers.append(self._last)
            size = content_size(self._last)
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
        count = block_count(size, self._whole)
        strong = self._digests.take_bytes(count * SUM)
        anchors = self._anchors.take_bytes(anchor_count(count) * ANCHOR)
        return Sums(block_size(size, self._whole), strong, anchors)
