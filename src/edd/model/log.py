"""What a caller wants to read of a deployment's log."""

from msgspec import Struct


class LogQuery(Struct, frozen=True):
    """Which lines: the last ``tail`` (all when None), those of a time, and those to come.

    ``since`` and ``until`` are empty, seconds since 1970 or RFC 3339. With ``timestamps`` each line
    begins with when it was written, in RFC 3339 and UTC.
    """

    follow: bool = False
    tail: int | None = None
    since: str = ""
    until: str = ""
    timestamps: bool = False
