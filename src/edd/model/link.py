"""The way to a host, as fast as it is known to be."""

from msgspec import Struct


class Link(Struct, frozen=True):
    """A round trip in seconds, and bytes a second as last measured, if they ever were."""

    seconds: float
    rate: float | None = None
