"""Taking a layer's skeleton: one pass over its bytes, member by member."""

from collections.abc import Callable
from hashlib import sha256
from typing import BinaryIO

from edd.delta.entries import HASH, TAIL, TAIL_FROM, Entries, Entry
from edd.delta.files import PIECE, Stream, size_of
from edd.delta.headers import BLANK, BLOCK, checksum, padded, told_at_most
from edd.delta.names import MAX_EXTENSION, Extensions
from edd.delta.pages import Pages
from edd.delta.skeleton import MAX_ENTRIES, MAX_TOLD, Skeleton
from edd.delta.sums import SMALLEST, Summing, Sums, block_size
from edd.errors import TruncatedArchiveError


def describe(layer: BinaryIO, *, sums: bool = True) -> Skeleton:
    """Return what ``layer`` consists of; it is read once, from front to back.

    Without ``sums`` it serves where the layer's content is at hand too.
    """
    return survey(layer, _unobserved, sums=sums)


def survey(layer: BinaryIO, observe: Callable[[bytes], None], *, sums: bool) -> Skeleton:
    """Do what `describe` does, and show every byte once, in order, to ``observe``."""
    size = size_of(layer)
    return _Survey(Stream(layer, observe), size, sums).skeleton()


def _unobserved(_: bytes) -> None:
    pass


class _Survey:
    def __init__(self, stream: Stream, size: int, sums: bool) -> None:
        self._stream = stream
        self._size = size
        self._sums = sums
        self._headers = Pages(BLOCK)
        self._entries = Entries(self._headers, size)
        self._extensions = Extensions()
        self._last = BLANK
        self._told = 0
        self._at = 0

    def skeleton(self) -> Skeleton:
        while self._at < self._size:
            block = self._stream.take(BLOCK)
            size = self._extensions.size_for(block) if sound(block) else -1
            if size < 0 or not self._fits(block, size):
                self._opaque(self._size - self._at, block)
                break
            fill = self._member(block, size)
            if fill:
                self._opaque(len(fill), fill)
        return Skeleton(self._size, self._entries, self._headers)

    def _fits(self, block: bytes, size: int) -> bool:
        """Tell whether the layer is long enough for a member, and may tell one more."""
        path = self._extensions.path
        self._told += told_at_most(block, self._last) + (len(path) if path else 0)
        end = self._at + BLOCK + padded(size)
        return end <= self._size and len(self._entries) < MAX_ENTRIES and self._told <= MAX_TOLD

    def _member(self, block: bytes, size: int) -> bytes:
        """Take note of a member; return what fills its last block, unless that is zeros."""
        path = self._extensions.path_for(block)
        content = self._content(size, b"")
        self._extensions.read(block, content.small)
        fill = self._stream.take(-size % BLOCK)
        filled = fill.count(0) == len(fill)
        sums = None if content.tail else content.sums
        header = self._headers.append(block)
        self._last = block
        self._add(Entry(self._at, header, size, path, content.hash, content.tail, sums, filled))
        return b"" if filled else fill

    def _opaque(self, size: int, begun: bytes) -> None:
        content = self._content(size, begun)
        self._add(Entry(self._at, -1, size, b"", content.hash, b"", content.sums))

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._at = entry.end

    def _content(self, size: int, begun: bytes) -> "_Content":
        content = _Content(size, block_size(size, self._size) if self._sums else 0)
        left = size
        while left:
            piece = begun + self._stream.take(min(left, PIECE) - len(begun))
            begun = b""
            if not piece:
                raise TruncatedArchiveError("The layer became shorter while it was read.")
            content.add(piece)
            left -= len(piece)
        content.end()
        return content


class _Content:
    """What is told of an entry's content, taken while it passes."""

    def __init__(self, size: int, block: int) -> None:
        self._size = size
        self._hash = sha256()
        self._summing = Summing(block) if block and size >= SMALLEST else None
        self.hash = self.tail = self.small = b""
        self.sums: Sums | None = None

    def add(self, piece: bytes) -> None:
        self._hash.update(piece)
        if self._size <= MAX_EXTENSION:
            self.small = piece
            self.tail = tail_of(piece)
        if self._summing and not self.tail:
            self._summing.add(piece)

    def end(self) -> None:
        self.hash = self._hash.digest()[:HASH] if self._size else b""
        if self._summing and not self.tail:
            self.sums = self._summing.sums()


def tail_of(content: bytes) -> bytes:
    """Return the hash of a compiled Python file without its head, or nothing for other files."""
    if content[2:4] != b"\r\n" or len(content) <= TAIL_FROM:
        return b""
    return sha256(memoryview(content)[TAIL_FROM:]).digest()[:TAIL]


def sound(block: bytes) -> bool:
    """Tell whether ``block`` is a tar header whose checksum is right."""
    if len(block) < BLOCK or block == BLANK:
        return False
    right = checksum(block)
    field = block[148:156]
    return field == right or field.strip(b"\0 ").lstrip(b"0") == right[:6].lstrip(b"0")
