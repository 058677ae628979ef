"""Pieces of new content: those that a base holds, and those that it does not."""

from msgspec import Struct


class Same(Struct, frozen=True):
    """``count`` bytes of a new file, from ``at`` on, are those at ``place`` of an old one."""

    at: int
    place: int
    count: int


class Changed(Struct, frozen=True):
    """``count`` bytes, from ``at`` on, are new; they may resemble ``old`` bytes of the old file."""

    at: int
    count: int
    place: int = 0
    old: int = 0


class Alike(Struct, frozen=True):
    """``count`` bytes, from ``at`` on, differ here and there from those at ``place``."""

    at: int
    place: int
    count: int


Piece = Same | Changed | Alike


class Region(Struct, frozen=True):
    """A part of a file, which is all that a search looks at."""

    at: int
    count: int

    @property
    def end(self) -> int:
        """Return where it ends."""
        return self.at + self.count


def near(place: int, count: int, within: Region, margin: int) -> tuple[int, int]:
    """Return the place and length of a part of ``within`` and ``margin`` bytes around it."""
    begin = min(max(place - margin, within.at), within.end)
    end = max(min(place + count + margin, within.end), begin)
    return begin, end - begin
