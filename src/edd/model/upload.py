"""An archive on its way in."""

from collections.abc import AsyncIterator

from msgspec import Struct


class Upload(Struct, frozen=True):
    """Bytes that are read only when ``source`` is iterated; ``size`` is None when not announced."""

    source: AsyncIterator[bytes]
    size: int | None = None
