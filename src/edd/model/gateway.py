"""What a host's administrator says of the engine gateway, in the words of its policy."""

import re
from enum import StrEnum
from functools import lru_cache

from msgspec import Struct

from edd.model.caller import Role

LONGEST_PATTERN = 200


class Opening(StrEnum):
    """How far the gateway is open, whatever a caller's role."""

    ON = "on"
    READ_ONLY = "read-only"
    OFF = "off"


class Denial(Struct, frozen=True):
    """Requests that are refused to ``role``, or to every role where it is None.

    ``method`` is one of HTTP, or ``*`` for all. In ``path`` a ``*`` stands for one segment and
    ``**`` for any number of them, none included.
    """

    role: Role | None
    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.role or '*'} {self.method} {self.path}"

    def covers(self, role: Role, method: str, path: str) -> bool:
        """Tell whether the request of that role is one of these."""
        if self.role not in {None, role} or self.method not in {"*", method}:
            return False
        return matches(self.path, path)


def matches(pattern: str, path: str) -> bool:
    """Tell whether ``path`` is one that ``pattern`` means."""
    return bool(_compiled(pattern).fullmatch(path))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    wild = {"*": "/[^/]+", "**": "(?:/[^/]+)*"}
    segments = pattern.removeprefix("/").split("/")
    return re.compile("".join(wild.get(each, "/" + re.escape(each)) for each in segments))
