"""What a tar member is called and how large it is, where extension headers say it."""

from typing import Final

from edd.delta.headers import content_size

MAX_EXTENSION: Final = 1 << 20
"""Bytes of an extension that are looked at; a longer one is content like any other."""

MAX_PATH: Final = 4096
"""A longer path is none, since no file can have it (Linux's PATH_MAX)."""

EXTENSIONS: Final = (b"x", b"L", b"K", b"g")
_NUMBER = 19
_MAX_RECORDS: Final = 256
"""Records of a pax header that are looked at."""


class Extensions:
    """What the extension headers so far say of the member that follows (pax, GNU long names)."""

    def __init__(self) -> None:
        self.path: bytes | None = None
        self.size: int | None = None

    def path_for(self, block: bytes) -> bytes:
        """Return the path of the member with this header; an extension has only its own."""
        if self.path and block[156:157] not in EXTENSIONS:
            return self.path
        return path_of(block)

    def size_for(self, block: bytes) -> int:
        """Return how many bytes of content follow a header."""
        if self.size is not None and block[156:157] not in EXTENSIONS:
            return self.size
        return content_size(block)

    def read(self, block: bytes, content: bytes) -> None:
        """Take note of a member; one that is no extension ends what was said."""
        kind = block[156:157]
        if kind not in EXTENSIONS:
            self.path = self.size = None
        elif kind == b"L":
            self._named(content.rstrip(b"\0"))
        elif kind == b"x":
            self._records(content)

    def _records(self, content: bytes) -> None:
        at = 0
        for _ in range(_MAX_RECORDS):
            digits, space, _ = content[at : at + _NUMBER + 1].partition(b" ")
            end = at + (int(digits) if space and digits.isdigit() else 0)
            if end <= at + len(digits) + 1:
                return
            key, _, value = content[at + len(digits) + 1 : end - 1].partition(b"=")
            if key == b"path":
                self._named(value)
            elif key == b"size" and value.isdigit() and len(value) < _NUMBER:
                self.size = int(value)
            at = end

    def _named(self, path: bytes) -> None:
        self.path = path if len(path) <= MAX_PATH else None


def path_of(block: bytes) -> bytes:
    """Return the path that a header alone gives."""
    name = block[:100].split(b"\0", 1)[0]
    if block[257:263] == b"ustar\0" and block[345]:
        return block[345:500].split(b"\0", 1)[0] + b"/" + name
    return name
