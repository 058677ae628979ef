"""How the layers of a local image are read: all of them by a save, or some of them by a push."""

from enum import StrEnum


class Reading(StrEnum):
    """A way to get layers out of an engine."""

    SAVE = "save"
    PUSH = "push"


_CLASSIC = "graphdriver"

_SAVED = {_CLASSIC: 190e6, "containerd": 50e6}
"""Bytes per second of `docker save`, which writes every layer to a temporary file, then to us.

Measured with Engine 20.10 (classic) and 26.1 and 28.5 (containerd), two processors, one SSD.
"""

_PUSHED = {_CLASSIC: 45e6, "containerd": 100e6}
"""Bytes per second of a push. The classic store packs with Go's gzip, one processor a layer; the
containerd store sends what it has, and the rate is that of hashing it at both ends."""

_WORTH = {_CLASSIC: 2.0, "containerd": 1.0}
"""How many times a save a push may cost. The classic store packs a layer that it never pushed
before once, and knows its digest ever after: packing costs this delivery what it spares later."""


def choose_reading(image_bytes: int, sent_bytes: int, store: str) -> Reading:
    """Return the way that costs less, counting what the engine learns from a push.

    ``image_bytes`` is all layers; ``sent_bytes`` are those the engine must send: the wanted ones
    and, on the classic store (``graphdriver``), those whose packed digest it does not know yet.
    ``store`` is as `EngineFacts` has it; one that is unknown is taken for the classic.
    """
    kind = store if store in _SAVED else _CLASSIC
    save = image_bytes / _SAVED[kind]
    push = sent_bytes / _PUSHED[kind]
    return Reading.PUSH if push <= save * _WORTH[kind] else Reading.SAVE
