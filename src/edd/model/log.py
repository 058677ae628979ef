"""What a caller wants to read of a deployment's log."""

from msgspec import Struct


class LogQuery(Struct, frozen=True):
    """Which lines: the last ``tail`` (all when None), those after ``since``, and those to come.

    ``since`` is empty, seconds since 1970 or RFC 3339, as the engine takes it.
    """

    follow: bool = False
    tail: int | None = None
    since: str = ""
