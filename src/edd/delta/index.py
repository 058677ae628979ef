"""Where content may be found again: by its hash, by its path, by what resembles its path."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain
from typing import BinaryIO, Final

from msgspec import Struct

from edd.delta.entries import TAIL_FROM, Entry
from edd.delta.files import Source
from edd.delta.skeleton import Skeleton
from edd.model.image import Digest

_VARYING: Final = re.compile(rb"(?<![a-f])[a-f]*+[0-9][0-9a-f]*+(?:\.[0-9]++)*+")
"""Versions and hashes in names: what differs from release to release. It never goes back."""

_CANDIDATES: Final = 8
_KEY_BITS: Final = 40
_KEY: Final = (1 << _KEY_BITS) - 1
_PLACE_BITS: Final = 24
"""Enough for the entries of as many bases as a patch may have."""


class Base(Struct, frozen=True):
    """A layer that the applying side holds; ``content`` if the making side has it too."""

    digest: Digest
    skeleton: Skeleton
    content: BinaryIO | None = None


class Found(Struct, frozen=True):
    """An entry of a base."""

    base: int
    number: int
    entry: Entry


class _Table:
    """Places by keys. Only a part of a key is kept: what is found must be compared."""

    def __init__(self) -> None:
        self._rows = array("Q")
        self._sorted = True

    def add(self, key: int, place: int) -> None:
        """Note that ``key`` is at ``place``."""
        self._rows.append((key & _KEY) << _PLACE_BITS | place)
        self._sorted = False

    def places(self, key: int) -> list[int]:
        """Return a few places with ``key``, the first ones first."""
        if not self._sorted:
            self._rows = array("Q", sorted(self._rows))
            self._sorted = True
        row = (key & _KEY) << _PLACE_BITS
        begin = bisect_left(self._rows, row)
        rows = self._rows[begin : begin + _CANDIDATES]
        return [each - row for each in rows if each - row < 1 << _PLACE_BITS]


class Index:
    """All entries of some bases; earlier bases are preferred."""

    def __init__(self, bases: Sequence[Base]) -> None:
        self.bases = bases
        self.sources = [Source(base.content) if base.content else None for base in bases]
        self._begins = [0, *accumulate(len(base.skeleton.entries) for base in bases)]
        self._paths, self._hashes, self._tails = _Table(), _Table(), _Table()
        for at, entry in self._all():
            self._paths.add(hash(entry.path), at)
            if entry.size:
                self._hashes.add(_number(entry.hash), at)
            if entry.tail:
                self._tails.add(_number(entry.tail), at)
        self._loose: _Table | None = None
        self._last = (0, -1)

    def _all(self) -> Iterator[tuple[int, Entry]]:
        return enumerate(chain.from_iterable(base.skeleton.entries for base in self.bases))

    def header(self, found: Found) -> bytes:
        """Return the header of an entry that has one."""
        return self.bases[found.base].skeleton.headers[found.entry.header]

    def model(self) -> Found | None:
        """Return any entry with a header, for a layer that resembles nothing."""
        for base, each in enumerate(self.bases):
            entries = each.skeleton.entries
            if len(entries) and entries[0].header >= 0:
                return Found(base, 0, entries[0])
        return None

    def counterpart(self, entry: Entry) -> Found | None:
        """Return the entry of the same path, best the one after the last that was found."""
        base, number = self._last
        for found in chain(self._at(base, number + 1), self._found(self._paths, hash(entry.path))):
            if found.entry.path == entry.path:
                self._last = found.base, found.number
                return found
        return None

    def same(self, entry: Entry) -> Found | None:
        """Return an entry with the same content."""
        for found in self._found(self._hashes, _number(entry.hash)) if entry.size else ():
            if same_content(entry, found.entry):
                return found
        return None

    def same_tail(self, entry: Entry) -> Found | None:
        """Return an entry whose content is the same but for its first bytes."""
        for found in self._found(self._tails, _number(entry.tail)) if entry.tail else ():
            if found.entry.tail == entry.tail and found.entry.size == entry.size > TAIL_FROM:
                return found
        return None

    def resembling(self, entry: Entry) -> Found | None:
        """Return an entry of another version of the path, or one that lies elsewhere."""
        if self._loose is None:
            self._loose = self._loosely()
        for key in loose_keys(entry.path):
            found = list(self._found(self._loose, hash(key)))
            if found:
                return min(found, key=lambda each: abs(each.entry.size - entry.size))
        return None

    def _loosely(self) -> _Table:
        table = _Table()
        for at, entry in self._all():
            if entry.size and entry.header >= 0:
                for key in loose_keys(entry.path):
                    table.add(hash(key), at)
        return table

    def _at(self, base: int, number: int) -> Iterator[Found]:
        if base < len(self.bases) and number < len(self.bases[base].skeleton.entries):
            yield Found(base, number, self.bases[base].skeleton.entries[number])

    def _found(self, table: _Table, key: int) -> Iterator[Found]:
        for place in table.places(key):
            base = bisect_right(self._begins, place) - 1
            yield from self._at(base, place - self._begins[base])


def same_content(entry: Entry, other: Entry) -> bool:
    """Tell whether both have the same content, as far as their hashes tell."""
    return entry.hash == other.hash and entry.size == other.size


def _number(hashed: bytes) -> int:
    return int.from_bytes(hashed[: _KEY_BITS // 8], "big")


def loose_keys(path: bytes) -> list[bytes]:
    """Return what a path shares with those of its other versions, the closest first."""
    plain = _VARYING.sub(b"#", path)
    last = plain.rsplit(b"/", 2)[-2:]
    return [plain, b"/".join(last)] if path else []
