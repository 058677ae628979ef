"""Which blobs go when the spool is full."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct

from edd.model.image import Digest

LATELY = 600.0
"""Seconds for which what was sent may be part of something that is still on its way."""

Key = tuple[str, Digest]


class Lying(Struct, frozen=True):
    """A blob as it lies in the spool: its bytes, and when the last came (seconds since 1970)."""

    key: Key
    size: int
    written: float

    @property
    def owner(self) -> str:
        """Return the deployment that it was sent for."""
        return owner_of(self.key)


def owner_of(key: Key) -> str:
    """Return a blob's deployment, whose name has no dot; what follows one is a word of ours."""
    return key[0].partition(".")[0]


def came_lately(blobs: Iterable[Lying], now: float) -> bool:
    """Tell whether any of ``blobs`` came so lately that all of them may be parts of one push."""
    return any(blob.written >= now - LATELY for blob in blobs)


def spare(blobs: Sequence[Lying], idle: Sequence[Lying], owner: str, now: float) -> Iterator[Key]:
    """Yield what of ``idle`` may go to make room for ``owner``, in that order.

    Its own go first, then those of others, and of each the oldest; but its own of `LATELY` go last,
    being parts of what it is sending now, and another's of `LATELY` only while that other holds
    more of ``blobs`` than ``owner`` does.
    """
    shares = Counter[str]()
    for blob in blobs:
        shares[blob.owner] += blob.size
    since = now - LATELY
    for blob in sorted(idle, key=lambda blob: _turn(blob, owner, since)):
        lately = blob.owner != owner and blob.written >= since
        if lately and shares[blob.owner] <= shares[owner]:
            continue
        shares[blob.owner] -= blob.size
        yield blob.key


def _turn(blob: Lying, owner: str, since: float) -> tuple[int, float]:
    if blob.owner != owner:
        return 1, blob.written
    return (2 if blob.written >= since else 0), blob.written
