"""A large changed part of a file, walked through window by window.

What is equal becomes a copy, what is alike a difference; the rest is left to compression against
the old bytes near it.
"""

from collections.abc import Iterator
from typing import Final

from edd.delta.alignment import Alignment
from edd.delta.differences import difference
from edd.delta.files import Source
from edd.delta.headers import common_prefix
from edd.delta.matches import Alike, Changed, Piece, Region, Same, near
from edd.delta.zstd import compress

GRAIN: Final = 1 << 12
"""What is equal or alike is looked for in parts of so many bytes."""

WINDOW: Final = 1 << 20
_BEHIND: Final = 1 << 19
_AHEAD: Final = 1 << 20
_MARGIN: Final = 1 << 14
_LOOK: Final = 1
"""The compression level that tells which way is smaller."""


class Walk:
    """Goes through ``middle``, keeping to the last alignment with the old file."""

    def __init__(
        self, new: Source, middle: Region, old: Source, gone: Region, stale: Region
    ) -> None:
        self._new = new
        self._middle = middle
        self._old = old
        self._stale = stale
        self._alignment = Alignment(gone.at - middle.at)

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces, in order."""
        at = self._middle.at
        while at < self._middle.end:
            count = min(WINDOW, self._middle.end - at)
            yield from _joined(map(self._judged, _joined(self._window(at, count))))
            at += count

    def _judged(self, piece: Piece) -> Piece:
        """Return ``piece`` the way that comes out smaller, as far as a quick look tells."""
        if not isinstance(piece, Alike):
            return piece
        new = self._new.read(piece.at, piece.count)
        place, count = near(piece.place, piece.count, self._stale, _MARGIN)
        old = self._old.read(place, count)
        begin = piece.place - place
        change = difference(new, old[begin : begin + piece.count])
        if len(compress(change, _LOOK)) < len(compress(new, _LOOK, old)):
            return piece
        return Changed(piece.at, piece.count, place, count)

    def _window(self, at: int, count: int) -> Iterator[Piece]:
        text = self._new.read(at, count)
        expected = at + self._alignment.shift
        begin = min(max(expected - _BEHIND, self._stale.at), self._stale.end)
        end = max(min(expected + count + _AHEAD, self._stale.end), begin)
        known = self._old.read(begin, end - begin)
        whole = Region(begin, len(known))
        place = 0
        while place < count:
            part = text[place : place + GRAIN]
            shift, score = self._alignment.best(part, at + place, known, begin)
            where = at + place + shift
            if score == len(part):
                run = common_prefix(text[place:], known[where - begin :][: count - place])
                yield Same(at + place, where, run)
                place += run
                continue
            if score * 2 > len(part):
                yield Alike(at + place, where, len(part))
            else:
                yield Changed(at + place, len(part), *near(where, len(part), whole, _MARGIN))
            place += len(part)


def _joined(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """Yield ``pieces`` with neighbours of a kind made one."""
    last: Piece | None = None
    for piece in pieces:
        joined = _join(last, piece) if last else None
        if last and not joined:
            yield last
        last = joined or piece
    if last:
        yield last


def _join(one: Piece, other: Piece) -> Piece | None:
    if isinstance(one, Alike) and isinstance(other, Alike):
        if one.place + one.count == other.place:
            return Alike(one.at, one.place, one.count + other.count)
    elif isinstance(one, Changed) and isinstance(other, Changed):
        begin, end = min(one.place, other.place), max(one.place + one.old, other.place + other.old)
        return Changed(one.at, one.count + other.count, begin, end - begin)
    return None
