"""What files a layer has, in so few bytes that it can be told before anything of them is."""

from struct import unpack

from msgspec import Struct

HELD, TOLD = 256, 64
"""Hashes that a host keeps of a layer, and that a sender tells of one. Of a layer that is much
larger than another only the first few of its own are among the other's: a host keeps more."""

WORTH_SKETCHING = 1 << 20
"""Bytes; a smaller layer is sent sooner than it is looked for."""


class Sketch(Struct, frozen=True):
    """The smallest hashes of a layer's files in order, four bytes each, the high byte first.

    Fewer than `HELD` are those of all its files. The first few of a sketch are a sketch, too.
    """

    hashes: bytes

    @property
    def values(self) -> tuple[int, ...]:
        """The hashes as numbers."""
        count = len(self.hashes) // 4
        return unpack(f">{count}I", self.hashes[: 4 * count])

    @property
    def limit(self) -> int:
        """The number up to which a hash that is not here is of no file of the layer."""
        values = self.values
        return values[-1] if len(values) >= HELD else (1 << 32) - 1

    @property
    def told(self) -> str:
        """The first few, as they are sent to a host."""
        return self.hashes[: 4 * TOLD].hex()
