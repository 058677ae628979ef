"""What is on its way in: a whole archive, or a part of a blob."""

from collections.abc import AsyncIterator

from msgspec import Struct


class Upload(Struct, frozen=True):
    """Bytes that are read only when ``source`` is iterated; ``size`` is None when not announced."""

    source: AsyncIterator[bytes]
    size: int | None = None


class Part(Struct, frozen=True):
    """A stretch of a blob that begins at byte ``offset`` of it; ``last`` when it is its end.

    With ``packed`` the bytes of ``source`` are zstd frames; ``offset`` counts unpacked ones.
    """

    source: AsyncIterator[bytes]
    offset: int
    last: bool
    packed: bool
