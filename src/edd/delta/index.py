"""Where content may be found again: by its hash, by its path, by what resembles its path."""

import re
from collections.abc import Sequence
from typing import BinaryIO, Final

from msgspec import Struct

from edd.delta.files import Source
from edd.delta.skeleton import TAIL_FROM, Entry, Skeleton
from edd.model.image import Digest

_VARYING: Final = re.compile(rb"[0-9a-f]*[0-9][0-9a-f]*(?:\.[0-9]+)*")
"""Versions and hashes in names: what differs from release to release."""

_CANDIDATES: Final = 8


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


class Index:
    """All entries of some bases; earlier bases are preferred."""

    def __init__(self, bases: Sequence[Base]) -> None:
        self.bases = bases
        self.sources = [Source(base.content) if base.content else None for base in bases]
        self._hashes: dict[bytes, tuple[int, int]] = {}
        self._tails: dict[bytes, tuple[int, int]] = {}
        self._paths: dict[bytes, tuple[int, int]] = {}
        self._loose: dict[bytes, list[tuple[int, int]]] | None = None
        self._last = (0, -1)
        for number, base in enumerate(bases):
            self._add(number, base.skeleton)

    def _add(self, base: int, skeleton: Skeleton) -> None:
        hashes, paths, tails = self._hashes, self._paths, self._tails
        for number, entry in enumerate(skeleton.entries):
            place = base, number
            paths.setdefault(entry.path, place)
            if entry.size:
                hashes.setdefault(entry.hash, place)
            if entry.tail:
                tails.setdefault(entry.tail, place)

    def header(self, found: Found) -> bytes:
        """Return the header of an entry that has one."""
        return self.bases[found.base].skeleton.headers[found.entry.header]

    def model(self) -> Found | None:
        """Return any entry with a header, for a layer that resembles nothing."""
        for base, each in enumerate(self.bases):
            for number, entry in enumerate(each.skeleton.entries[:1]):
                if entry.header >= 0:
                    return Found(base, number, entry)
        return None

    def counterpart(self, entry: Entry) -> Found | None:
        """Return the entry of the same path, best the one after the last that was found."""
        base, number = self._last
        if base < len(self.bases):
            entries = self.bases[base].skeleton.entries
            if number + 1 < len(entries) and entries[number + 1].path == entry.path:
                self._last = base, number + 1
                return Found(base, number + 1, entries[number + 1])
        place = self._paths.get(entry.path)
        if place is None:
            return None
        self._last = place
        return self._found(place)

    def same(self, entry: Entry) -> Found | None:
        """Return an entry with the same content."""
        place = self._hashes.get(entry.hash)
        found = self._found(place) if place and entry.size else None
        return found if found and found.entry.size == entry.size else None

    def same_tail(self, entry: Entry) -> Found | None:
        """Return an entry whose content is the same but for its first bytes."""
        place = self._tails.get(entry.tail) if entry.tail else None
        found = self._found(place) if place else None
        sound = found and found.entry.size == entry.size and entry.size > TAIL_FROM
        return found if sound else None

    def resembling(self, entry: Entry) -> Found | None:
        """Return an entry of another version of the path, or one that lies elsewhere."""
        if self._loose is None:
            self._loose = self._loosely()
        for key in loose_keys(entry.path):
            if places := self._loose.get(key):
                found = [self._found(place) for place in places]
                return min(found, key=lambda each: abs(each.entry.size - entry.size))
        return None

    def _loosely(self) -> dict[bytes, list[tuple[int, int]]]:
        loose: dict[bytes, list[tuple[int, int]]] = {}
        for base, each in enumerate(self.bases):
            for number, entry in enumerate(each.skeleton.entries):
                if entry.size and entry.header >= 0:
                    for key in loose_keys(entry.path):
                        places = loose.setdefault(key, [])
                        if len(places) < _CANDIDATES:
                            places.append((base, number))
        return loose

    def _found(self, place: tuple[int, int]) -> Found:
        base, number = place
        return Found(base, number, self.bases[base].skeleton.entries[number])


def loose_keys(path: bytes) -> list[bytes]:
    """Return what a path shares with those of its other versions, the closest first."""
    plain = _VARYING.sub(b"#", path)
    last = plain.rsplit(b"/", 2)[-2:]
    return [plain, b"/".join(last)] if path else []
