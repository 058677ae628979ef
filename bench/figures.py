"""One line of the table: what was measured, ours, the peer's, and the budget."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

Sense = Literal["at least", "at most"]


@dataclass(frozen=True)
class Figure:
    """A measurement against a budget; ``limit`` bounds the ratio if there is a peer, else ours."""

    what: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = ""
    sense: Sense = "at least"
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours to the peer's."""
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool:
        """Tell whether the budget is kept; without one it is."""
        value = self.ours if self.ratio is None else self.ratio
        if self.limit is None:
            return True
        return value >= self.limit if self.sense == "at least" else value <= self.limit

    def cells(self) -> list[str]:
        """Return the line's cells, in the order of `HEADINGS`."""
        peer = f"{self.peer:,.0f} ({self.peer_name})" if self.peer is not None else ""
        ratio = f"{self.ratio:.2f}" if self.ratio is not None else ""
        verdict = "" if self.limit is None else ("ok" if self.met else "MISSED")
        return [
            f"{self.what}, {self.unit}",
            f"{self.ours:,.0f}",
            peer,
            ratio,
            self._budget,
            verdict,
        ]

    @property
    def _budget(self) -> str:
        if self.limit is None:
            return ""
        return f"{self.sense} {round(self.limit, 3):g}{' of it' if self.peer else ''}"


HEADINGS = ["measured", "ours", "peer", "ratio", "budget", ""]


def duel(rounds: int, ours: Callable[[], float], peer: Callable[[], float]) -> tuple[float, float]:
    """Return the medians of both, whose rounds alternate so that they meet the same machine."""
    pairs = [(ours(), peer()) for _ in range(rounds)]
    return statistics.median(each[0] for each in pairs), statistics.median(
        each[1] for each in pairs
    )


def table(figures: Sequence[Figure]) -> str:
    """Return the figures as a Markdown table."""
    return grid([HEADINGS, *(figure.cells() for figure in figures)])


def grid(rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, headings first, whose columns also line up in a terminal."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [_line(row, widths) for row in rows]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
