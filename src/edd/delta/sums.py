"""Block sums: how a host tells what a file holds, to a sender that does not have it.

A sum is the head of a SHA-256. Now and then the first bytes of a block come along in clear, so
that a sender finds with one search where content went that moved within its file.
"""

from hashlib import sha256
from typing import Final

from msgspec import Struct

SUM: Final = 6
"""Bytes of a block's sum; a wrong match is found by the layer's digest."""

ANCHOR: Final = 8
STRIDE: Final = 8
"""Every so many blocks, one begins with an anchor."""

SMALLEST: Final = 8 << 10
"""A smaller file has no sums."""

MAX_BLOCKS: Final = 1 << 20
"""Blocks of a whole layer, beside the last ones of its files; larger layers have larger blocks."""


class Sums(Struct, frozen=True):
    """The sums of a file's blocks of ``block`` bytes, and the anchors, one after another."""

    block: int
    strong: bytes
    anchors: bytes

    def __len__(self) -> int:
        return len(self.strong) // SUM

    def strong_at(self, index: int) -> bytes:
        """Return the sum of a block."""
        return self.strong[index * SUM : index * SUM + SUM]


def block_size(size: int, whole: int) -> int:
    """Return the bytes in a block of a file of ``size`` bytes in a layer of ``whole`` bytes."""
    block = 2048 if size < 1 << 24 else 4096
    while whole // block > MAX_BLOCKS:
        block *= 2
    return block


def block_count(size: int, whole: int) -> int:
    """Return how many sums a file of ``size`` bytes has in a layer of ``whole`` bytes."""
    return -(-size // block_size(size, whole)) if size >= SMALLEST else 0


def anchor_count(blocks: int) -> int:
    """Return how many anchors come with so many blocks."""
    return -(-blocks // STRIDE)


def strong_sum(data: bytes | memoryview) -> bytes:
    """Return a block's sum."""
    return sha256(data).digest()[:SUM]


class Summing:
    """Takes the sums of content that comes in pieces, each but the last of whole blocks."""

    def __init__(self, block: int) -> None:
        self._block = block
        self._strong = bytearray()
        self._anchors = bytearray()
        self._count = 0

    def add(self, piece: bytes) -> None:
        """Take the next piece."""
        block = self._block
        view = memoryview(piece)
        for at in range(0, len(piece), block):
            if self._count % STRIDE == 0:
                self._anchors += bytes(view[at : at + ANCHOR]).ljust(ANCHOR, b"\0")
            self._strong += sha256(view[at : at + block]).digest()[:SUM]
            self._count += 1

    def sums(self) -> Sums:
        """Return the sums of what was added."""
        return Sums(self._block, bytes(self._strong), bytes(self._anchors))
