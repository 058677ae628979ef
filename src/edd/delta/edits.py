"""What changed between an old file and a new one, when both are at hand.

Long equal runs become copies here; what lies between is left to compression against the old bytes
near it. Files of any size are looked at through windows.
"""

from collections.abc import Iterator
from typing import Final

from edd.delta.files import PIECE, Source
from edd.delta.headers import common_prefix
from edd.delta.matches import Changed, Piece, Region, Same, near
from edd.delta.walk import GRAIN, Walk

SHORTEST: Final = 32
"""A shorter equal run at either end is left to compression."""


_MARGIN: Final = 64
_WHOLE: Final = 1 << 15


def edits(new: Source, fresh: Region, old: Source, stale: Region) -> Iterator[Piece]:
    """Yield the pieces of the region ``fresh`` of ``new``, in order."""
    head = alike(new, fresh, old, stale, _leading)
    head = head if head >= SHORTEST or head == fresh.count else 0
    rest = Region(fresh.at + head, fresh.count - head)
    left = Region(stale.at + head, stale.count - head)
    foot = alike(new, rest, old, left, _trailing) if rest.count else 0
    foot = foot if foot >= SHORTEST else 0
    if head:
        yield Same(fresh.at, stale.at, head)
    middle = Region(rest.at, rest.count - foot)
    gone = Region(left.at, left.count - foot)
    if middle.count > GRAIN:
        yield from Walk(new, middle, old, gone, stale).pieces()
    elif middle.count:
        margin = _MARGIN + 2 * middle.count if stale.count > _WHOLE else stale.count
        margin = min(margin, 16 * middle.count + _MARGIN)
        yield Changed(middle.at, middle.count, *near(gone.at, gone.count, stale, margin))
    if foot:
        yield Same(middle.end, stale.end - foot, foot)


def alike(new: Source, fresh: Region, old: Source, stale: Region, side: "_Side") -> int:
    """Return how many bytes both regions have alike at one side."""
    limit = min(fresh.count, stale.count)
    done, step = 0, 1 << 12
    while done < limit:
        count = min(step, limit - done)
        one, other = side.read(new, fresh, done, count), side.read(old, stale, done, count)
        if one != other:
            return done + side.common(one, other)
        done += count
        step = min(step * 4, PIECE)
    return limit


class _Side:
    """The beginning of two regions, or (trailing) their end."""

    def __init__(self, trailing: bool) -> None:
        self._trailing = trailing

    def read(self, file: Source, region: Region, done: int, count: int) -> bytes:
        at = region.end - done - count if self._trailing else region.at + done
        return file.read(at, count)

    def common(self, one: bytes, other: bytes) -> int:
        if self._trailing:
            one, other = one[::-1], other[::-1]
        return common_prefix(one, other)


_leading = _Side(trailing=False)
_trailing = _Side(trailing=True)
