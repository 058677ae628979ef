"""Tables and lines that fit a terminal; into a pipe everything goes whole."""

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

from edd.cli.text import table, width

GAP = 2
LEAST = 12
"""Columns a cell keeps when it is cut."""

READABLE = 40
"""Columns that the last cell of a line, a sentence, is worth dropping others for."""


def terminal_width() -> int | None:
    """Return the columns of the terminal that standard output is; none if it is not one."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def fitted(heads: Sequence[str], rows: Iterable[Sequence[str]], drop: Sequence[str] = ()) -> str:
    """Return a table no wider than the terminal.

    What does not fit loses the columns named in ``drop``, one after another, then the end of its
    last column, then of the widest ones. Coloured cells are never cut.
    """
    lines = [list(heads), *(list(row) for row in rows)]
    room = terminal_width()
    if room is not None:
        _drop(lines, drop, room)
        _cut(lines, room)
    return table(lines[0], lines[1:])


def wrapped(words: str, indent: int) -> list[str]:
    """Return ``words`` as lines that fit beside an ``indent``; one line into a pipe."""
    room = terminal_width()
    if room is None:
        return [words]
    return textwrap.wrap(words, max(room - indent, LEAST), break_on_hyphens=False) or [""]


def _drop(lines: list[list[str]], names: Sequence[str], room: int) -> None:
    for name in names:
        widths = _widths(lines)
        if sum(widths[:-1]) + min(widths[-1], READABLE) + GAP * (len(widths) - 1) <= room:
            return
        if name in lines[0]:
            column = lines[0].index(name)
            for line in lines:
                del line[column]


def _cut(lines: list[list[str]], room: int) -> None:
    columns = len(lines[0])
    for column in [columns - 1, *sorted(range(columns - 1), key=_widths(lines).__getitem__)[::-1]]:
        widths = _widths(lines)
        excess = sum(widths) + GAP * (columns - 1) - room
        if excess <= 0:
            return
        longest = max(widths[column] - excess, LEAST, len(lines[0][column]))
        for line in lines:
            line[column] = _shortened(line[column], longest)


def _shortened(cell: str, longest: int) -> str:
    if width(cell) <= longest or "\x1b" in cell:
        return cell
    return cell[: longest - 1] + "…"


def _widths(lines: list[list[str]]) -> list[int]:
    return [max(width(line[column]) for line in lines) for column in range(len(lines[0]))]
