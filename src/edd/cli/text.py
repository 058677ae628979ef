"""Facts as text for a terminal or a pipe: tables, sizes, ages, colours; nothing here is trusted.

What comes from a host or a container may hold control characters; `escape` shows them as text.
"""

import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TextIO

CODES = {"red": "31", "green": "32", "yellow": "33", "bold": "1", "dim": "2"}

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PAINT = re.compile(r"\x1b\[[0-9;]*m")


def escape(words: str) -> str:
    r"""Return ``words`` with every control and direction-changing character as ``\x1b`` text."""
    return _CONTROL.sub(lambda found: ascii(found.group())[1:-1], words)


def colours(stream: TextIO) -> bool:
    """Tell whether ``stream`` is a terminal that wants colour (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return stream.isatty()


def paint(words: str, colour: str, stream: TextIO) -> str:
    """Return ``words`` in a colour of `CODES` where ``stream`` shows colours."""
    return f"\x1b[{CODES[colour]}m{words}\x1b[0m" if colours(stream) and words else words


def indent(words: str) -> str:
    """Return one line as a quotation of somebody else's words."""
    return f"  | {words}"


def span(seconds: float) -> str:
    """Return a length of time in its largest units: ``0.4 s``, ``3 min``, ``2 d 4 h``."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, hours, days = int(seconds // 60), int(seconds // 3600), int(seconds // 86400)
    if hours < 1:
        return f"{minutes} min"
    if days < 1:
        return f"{hours} h {minutes % 60} min"
    return f"{days} d {hours % 24} h" if days < 14 else f"{days} d"


def moment(stamp: str) -> datetime | None:
    """Return an RFC 3339 time as a moment; none if it is empty or not one."""
    try:
        found = datetime.fromisoformat(stamp)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def age(stamp: str) -> str:
    """Return how long ago an RFC 3339 time was; a moment in the future counts as now."""
    found = moment(stamp)
    if found is None or found.year < 1970:
        return "-"
    return f"{span(max(0.0, (datetime.now(UTC) - found).total_seconds()))} ago"


def digest(name: str) -> str:
    """Return a digest in Docker's short form; anything else as it is."""
    algorithm, colon, value = name.partition(":")
    return value[:12] if colon and algorithm == "sha256" and len(value) == 64 else name


def width(words: str) -> int:
    """Return how many columns ``words`` take, colours not counted."""
    return len(_PAINT.sub("", words))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return rows below their heads, in columns two spaces apart; the last one is not padded."""
    lines = [list(heads), *(list(row) for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(heads))]
    return "\n".join(_line(line, widths) for line in lines)


def facts(pairs: Iterable[tuple[str, str]]) -> str:
    """Return names and values, a pair a line in two columns; empty values are left out."""
    kept = [(name, value) for name, value in pairs if value]
    longest = max((len(name) for name, _ in kept), default=0)
    return "\n".join(f"{name:<{longest}}  {value}" for name, value in kept)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = (
        cell + " " * (column - width(cell)) for cell, column in zip(cells, widths, strict=True)
    )
    return "  ".join(padded).rstrip()
