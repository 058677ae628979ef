"""What a request to the engine is for, read from the bytes that the engine will get.

Docker's own server decodes a path and tidies it up before it looks what it means. Here a path that
this could change into another is none: policy and engine then speak of the same thing.
"""

import re
from urllib.parse import unquote

from msgspec import Struct

from edd.errors import InvalidRequestError

PREFIX = "/docker"
SESSIONS = ("/session", "/grpc")
"""BuildKit's own paths: Docker's client asks for them at the root, whatever its prefix is."""

_VERSION = re.compile(r"/v1\.[0-9]{1,3}(?=/)")
_ODD_VERSION = re.compile(r"/v[0-9.]+(?:/.*)?")
"""What the engine may take for a version, too, as it does `v1.41.0`."""

_SEGMENT = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+")
_QUERY = re.compile(r"[\x21-\x7e]*")
_ENCODED = re.compile(r"%([0-9A-Fa-f]{2})")
_PLAIN = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"  # needs no encoding
    b"/\\%"  # would change the path's structure, or be decoded a second time
)


class Target(Struct, frozen=True):
    """Where a request goes: ``raw`` as the engine gets it, ``path`` without version and query."""

    raw: str
    path: str

    @property
    def meaning(self) -> str:
        """The path with nothing encoded, as the engine understands it: what is to be judged."""
        return unquote(self.path)

    @property
    def query(self) -> str:
        """What stands behind the question mark, as the engine gets it."""
        return self.raw.partition("?")[2]


def target_of(requested: str) -> Target:
    """Return the target of a request's first line: behind `PREFIX`, or one of `SESSIONS`.

    Raises:
        InvalidRequestError: it is not in origin form; or has an empty segment (but the last), one
            of dots, an octet encoded that need not be, a slash or what cannot be shown encoded, a
            version in another form, or what is no URI at all.
    """
    if requested in SESSIONS:
        return Target(requested, requested)
    if not requested.startswith(f"{PREFIX}/"):
        raise _refusal(f"It must begin with {PREFIX}/.")
    raw = requested.removeprefix(PREFIX)
    path, _mark, query = raw.partition("?")
    if not _QUERY.fullmatch(query) or "#" in raw:
        raise _refusal("Its query has characters that must be encoded.")
    bare = _VERSION.sub("", path, count=1) if _VERSION.match(path) else path
    if _ODD_VERSION.fullmatch(bare):
        raise _refusal("Its version is not one such as v1.41, before a path.")
    segments = bare.split("/")[1:]
    if len(segments) > 1 and not segments[-1]:
        segments.pop()
    for segment in segments:
        _check(segment)
    return Target(raw, bare)


def _check(segment: str) -> None:
    if not _SEGMENT.fullmatch(segment):
        raise _refusal("Its path has an empty segment, or characters that must be encoded.")
    if not segment.strip("."):
        raise _refusal("Its path has a segment of nothing but dots.")
    for octet in _ENCODED.findall(segment):
        code = int(octet, 16)
        if code < 0x20 or code == 0x7F or code in _PLAIN:
            raise _refusal(f"Its path has %{octet}, which is not taken in encoded form.")
    if not unquote(segment).isprintable():
        raise _refusal("Its path has characters that cannot be shown.")


def _refusal(why: str) -> InvalidRequestError:
    return InvalidRequestError(f"The engine is not asked with such a path. {why}")
