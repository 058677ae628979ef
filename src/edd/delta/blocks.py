"""What changed in a file of which only block sums are known."""

from collections.abc import Iterator
from typing import Final

from edd.delta.files import PIECE, Source
from edd.delta.matches import Changed, Piece, Region, Same
from edd.delta.sums import ANCHOR, STRIDE, Sums, strong_sum

_LOOK: Final = 16 << 20
"""Files up to this size are searched for content that moved."""

_REACH: Final = 1 << 20
"""An anchor is looked for so far from where the one before was found."""

_TRIES: Final = 4
"""Places where an anchor is looked at, at most."""


def block_edits(new: Source, fresh: Region, sums: Sums, stale: Region) -> Iterator[Piece]:
    """Yield the pieces of the region ``fresh`` of ``new``, as far as ``sums`` of the old tell."""
    found = _in_place(new, fresh, sums, stale)
    if len(found) < len(sums):
        found |= _moved(new, fresh, sums, stale, found)
    yield from _pieces(found, fresh, sums.block, stale)


def _in_place(new: Source, fresh: Region, sums: Sums, stale: Region) -> dict[int, int]:
    """Return the blocks that stand where they stood: place in the new region → block."""
    found = {}
    step = max(PIECE // sums.block, 1)
    for first in range(0, min(len(sums), -(-fresh.count // sums.block)), step):
        at = first * sums.block
        view = memoryview(new.read(fresh.at + at, min(step * sums.block, fresh.count - at)))
        for index in range(first, min(first + step, len(sums))):
            start = (index - first) * sums.block
            part = view[start : start + min(sums.block, stale.count - index * sums.block)]
            if part and strong_sum(part) == sums.strong_at(index):
                found[index * sums.block] = index
    return found


def _moved(
    new: Source, fresh: Region, sums: Sums, stale: Region, known: dict[int, int]
) -> dict[int, int]:
    """Return blocks that stand elsewhere: those before the end, and those behind an anchor."""
    if fresh.count > _LOOK:
        return {}
    search = _Search(new.read(fresh.at, fresh.count), sums, stale.count)
    search.along(len(sums) - 1, fresh.count - stale.count, -1)
    have = set(known.values())
    for index in range(0, len(sums), STRIDE):
        if index not in have and index not in search.blocks:
            search.anchor(index)
    return {place: index for index, place in search.blocks.items() if index not in have}


class _Search:
    def __init__(self, content: bytes, sums: Sums, size: int) -> None:
        self._content = content
        self._view = memoryview(content)
        self._sums = sums
        self._size = size
        self._shift = 0
        self.blocks: dict[int, int] = {}

    def along(self, index: int, shift: int, step: int) -> None:
        """Take blocks that moved by ``shift``, from ``index`` on, as long as they are equal."""
        while 0 <= index < len(self._sums) and index not in self.blocks:
            if not self._holds(index, index * self._sums.block + shift):
                return
            self.blocks[index] = index * self._sums.block + shift
            index += step

    def anchor(self, index: int) -> None:
        """Look for a block by the anchor that it begins with, and for its neighbours."""
        number = index // STRIDE
        anchor = self._sums.anchors[number * ANCHOR : (number + 1) * ANCHOR]
        if not anchor.strip(anchor[:1]):
            return
        expected = index * self._sums.block + self._shift
        place = max(expected - _REACH, 0) - 1
        for _ in range(_TRIES):
            place = self._content.find(anchor, place + 1, max(expected + _REACH, 0))
            if place < 0:
                return
            if self._holds(index, place):
                shift = self._shift = place - index * self._sums.block
                self.along(index, shift, 1)
                self.along(index - 1, shift, -1)
                return

    def _holds(self, index: int, place: int) -> bool:
        length = min(self._sums.block, self._size - index * self._sums.block)
        part = self._view[place : place + length] if place >= 0 else b""
        return len(part) == length and strong_sum(part) == self._sums.strong_at(index)


def _pieces(found: dict[int, int], fresh: Region, block: int, stale: Region) -> Iterator[Piece]:
    told = 0
    for place in sorted(found):
        start = found[place] * block
        count = min(block, stale.count - start, fresh.count - place)
        overlap = max(told - place, 0)
        if count <= overlap:
            continue
        if place > told:
            yield Changed(fresh.at + told, place - told)
        yield Same(fresh.at + place + overlap, stale.at + start + overlap, count - overlap)
        told = place + count
    if told < fresh.count:
        yield Changed(fresh.at + told, fresh.count - told)
