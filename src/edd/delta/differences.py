"""Bytes as differences from other bytes, each modulo 256, many at a time.

A program that was built again differs in addresses: its bytes minus the old ones are mostly zero,
and what is not repeats itself.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

_AT_ONCE: Final = 1 << 14


def difference(new: bytes, old: bytes) -> bytes:
    """Return ``new`` minus ``old``, byte by byte; both have the same length."""
    return _each(_minus, new, old)


def restored(change: bytes, old: bytes) -> bytes:
    """Return what ``change`` was the `difference` of."""
    return _each(_plus, change, old)


def _minus(one: int, other: int, high: int, low: int) -> int:
    return ((one | high) - (other & low)) ^ ((one ^ other ^ high) & high)


def _plus(one: int, other: int, high: int, low: int) -> int:
    return ((one & low) + (other & low)) ^ ((one ^ other) & high)


_Step = Callable[[int, int, int, int], int]


def _each(step: _Step, one: bytes, other: bytes) -> bytes:
    parts = []
    for at in range(0, len(one), _AT_ONCE):
        part = one[at : at + _AT_ONCE]
        numbers = (
            int.from_bytes(part, "little"),
            int.from_bytes(other[at : at + _AT_ONCE], "little"),
        )
        parts.append(step(*numbers, *_masks(len(part))).to_bytes(len(part), "little"))
    return b"".join(parts)


@lru_cache(64)
def _masks(count: int) -> tuple[int, int]:
    return int.from_bytes(b"\x80" * count, "little"), int.from_bytes(b"\x7f" * count, "little")
