"""How often somebody may try: so many times at once, and then one by one. No I/O."""

import math
from collections.abc import Callable

from msgspec import Struct

MOST = 1000
"""Of how many it is known; of more, who has waited longest is forgotten."""


class _Bucket(Struct):
    left: float
    at: float


class Attempts:
    """Allows each ``burst`` tries at once and another every ``seconds``; ``clock`` is in seconds.

    Who is refused has lost nothing but time: nobody can shut out somebody else for good.
    """

    def __init__(self, burst: int, seconds: float, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._seconds = seconds
        self._clock = clock
        self._buckets: dict[str, _Bucket] = {}

    def take(self, who: str) -> int:
        """Count a try of ``who``; return 0, or after how many seconds it may be made."""
        now = self._clock()
        bucket = self._buckets.pop(who, None) or _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) / self._seconds)
        bucket.at = now
        if len(self._buckets) >= MOST:
            del self._buckets[next(iter(self._buckets))]
        self._buckets[who] = bucket
        if bucket.left < 1:
            return math.ceil((1 - bucket.left) * self._seconds)
        bucket.left -= 1
        return 0

    def give_back(self, who: str) -> None:
        """Let the last try of ``who`` not count: it was no guess."""
        if bucket := self._buckets.get(who):
            bucket.left = min(self._burst, bucket.left + 1)
