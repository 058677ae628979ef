"""Taking a layer's skeleton: one pass over its bytes, member by member."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import BinaryIO

from edd.delta.files import PIECE, Stream, size_of
from edd.delta.headers import BLANK, BLOCK, checksum, padded
from edd.delta.names import MAX_EXTENSION, Extensions, path_of, size_of_member
from edd.delta.pages import Pages
from edd.delta.skeleton import HASH, MAX_ENTRIES, TAIL, TAIL_FROM, Entry, Skeleton
from edd.delta.sums import SMALLEST, Summing, Sums
from edd.errors import TruncatedArchiveError


def describe(layer: BinaryIO, *, sums: bool = True) -> Skeleton:
    """Return what ``layer`` consists of; it is read once, from front to back.

    Without ``sums`` it serves where the layer's content is at hand too.
    """
    return survey(layer, _unobserved, sums=sums)


def survey(layer: BinaryIO, observe: Callable[[bytes], None], *, sums: bool) -> Skeleton:
    """Do what `describe` does, and show every byte once, in order, to ``observe``."""
    headers = Pages(BLOCK)
    size = size_of(layer)
    entries = list(_Survey(Stream(layer, observe), size, headers, sums).entries())
    return Skeleton(size, entries, headers)


def _unobserved(_: bytes) -> None:
    pass


class _Survey:
    def __init__(self, stream: Stream, size: int, headers: Pages, sums: bool) -> None:
        self._stream = stream
        self._size = size
        self._headers = headers
        self._sums = sums
        self._at = 0

    def entries(self) -> Iterator[Entry]:
        extensions = Extensions()
        count = 0
        while self._at < self._size:
            block = self._stream.take(BLOCK)
            member = count < MAX_ENTRIES and sound(block)
            size = size_of_member(block, extensions) if member else 0
            if not member or self._at + BLOCK + padded(size) > self._size:
                yield self._opaque(self._size - self._at, block)
                return
            path = extensions.path or path_of(block)
            entry = self._member(block, size, path, extensions)
            yield entry
            count += 1 if entry.filled else 2
            if not entry.filled:
                yield self._opaque(-size % BLOCK, self._fill)

    def _member(self, block: bytes, size: int, path: bytes, extensions: Extensions) -> Entry:
        content = self._content(size, b"")
        extensions.read(block, content.small)
        self._fill = self._stream.take(-size % BLOCK)
        filled = self._fill.count(0) == len(self._fill)
        sums = None if content.tail else content.sums
        header = self._headers.append(block)
        entry = Entry(self._at, header, size, path, content.hash, content.tail, sums, filled)
        self._at = entry.end
        return entry

    def _opaque(self, size: int, begun: bytes) -> Entry:
        content = self._content(size, begun)
        entry = Entry(self._at, -1, size, b"", content.hash, b"", content.sums)
        self._at = entry.end
        return entry

    def _content(self, size: int, begun: bytes) -> "_Content":
        content = _Content(size, self._sums)
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

    def __init__(self, size: int, sums: bool) -> None:
        self._size = size
        self._hash = sha256()
        self._summing = Summing(size) if sums and size >= SMALLEST else None
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
