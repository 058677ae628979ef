"""Where in an old file a part of a new one comes from: at the distance where its neighbours do."""

from typing import Final

from edd.delta.differences import difference

_REMEMBERED: Final = 6
"""Distances that are tried before any search."""

_ANCHOR: Final = 20
_PLAIN: Final = 6
"""An anchor with so few different bytes would be found anywhere."""

_ANCHORS: Final = 3
_PATIENCE: Final = 32
"""Where nothing that serves is found, the search rests longer and longer, up to so many parts."""


class Alignment:
    """The distances between new places and old ones that served, the last one first."""

    def __init__(self, shift: int) -> None:
        self._shifts = [shift]
        self._failures = 0
        self._skip = 0

    @property
    def shift(self) -> int:
        """Return the distance that is expected."""
        return self._shifts[0]

    def best(self, part: bytes, at: int, known: bytes, begin: int) -> tuple[int, int]:
        """Return the best distance for ``part`` at ``at``, and how many of its bytes are equal.

        ``known`` are the old bytes from ``begin`` on.
        """
        shift, score = self._tried(part, at - begin, known, self._shifts)
        if score * 8 < len(part) * 7 and self._worth_a_search():
            found = self._search(part, at - begin, known)
            other, better = self._tried(part, at - begin, known, found)
            served = better > score and better * 8 > len(part)
            self._failures = 0 if served else self._failures + 1
            if better > score:
                shift, score = other, better
        if score * 2 > len(part):
            self._remember(shift)
        return shift, score

    def _tried(self, part: bytes, at: int, known: bytes, shifts: list[int]) -> tuple[int, int]:
        best = self.shift, -1
        for shift in shifts:
            score = equal_bytes(part, known, at + shift)
            if score > best[1]:
                best = shift, score
            if score * 16 > len(part) * 15:
                break
        return best

    def _worth_a_search(self) -> bool:
        if self._skip:
            self._skip -= 1
            return False
        self._skip = min(self._failures, _PATIENCE)
        return True

    def _search(self, part: bytes, at: int, known: bytes) -> list[int]:
        found = []
        for place in range(0, len(part) - _ANCHOR, max(len(part) // _ANCHORS, 1)):
            anchor = part[place : place + _ANCHOR]
            if len(set(anchor)) > _PLAIN and (where := known.find(anchor)) >= 0:
                found.append(where - at - place)
        return found

    def _remember(self, shift: int) -> None:
        if shift in self._shifts:
            self._shifts.remove(shift)
        self._shifts = [shift, *self._shifts[: _REMEMBERED - 1]]


def equal_bytes(part: bytes, known: bytes, at: int) -> int:
    """Return how many bytes of ``part`` are those of ``known`` from ``at`` on."""
    if at < 0 or at + len(part) > len(known):
        return 0
    other = known[at : at + len(part)]
    return len(part) if part == other else difference(part, other).count(0)
