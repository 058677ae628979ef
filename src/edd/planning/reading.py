"""How the layers of a local image are read: all by a save, some by a push, or none at all."""

from enum import StrEnum

from edd.model.link import Link
from edd.planning.offers import SLOW_LINK, is_slow, sending_seconds


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


def choose_reading(image_bytes: int, sent_bytes: int, store: str, wasted: float = 0.0) -> Reading:
    """Return the way that costs less, counting what the engine learns from a push.

    ``image_bytes`` is all layers; ``sent_bytes`` are those the engine must send: the wanted ones
    and, on the classic store (``graphdriver``), those whose packed digest it does not know yet.
    ``store`` is as `EngineFacts` has it; one that is unknown is taken for the classic.

    ``wasted`` are the seconds in which earlier saves wrote out layers that nobody wanted. Once
    they come to what packing costs, the layers are packed: as one who rents until the rent paid
    has come to the price, a sender then spends at most about twice what the best choice would
    have cost, however many pushes follow.
    """
    kind = store if store in _SAVED else _CLASSIC
    save = image_bytes / _SAVED[kind]
    push = sent_bytes / _PUSHED[kind]
    return Reading.PUSH if push <= save * _WORTH[kind] + wasted else Reading.SAVE


IDLE = 5.0
"""Seconds of sending that leave an engine time to pack something; less is not worth beginning."""


def may_learn(sent_bytes: int, link: Link) -> bool:
    """Tell whether the sender's engine may pack its layers while so many bytes are sent.

    ``sent_bytes`` are those of layers, unpacked. On a fast link the processors have work enough.
    """
    return is_slow(link) and sending_seconds(sent_bytes, link) >= IDLE


DESCRIBED = 0.0035
"""The part of a layer's bytes that its description by sums has, at most."""

ANEW = 0.02
"""The part of a rebuilt layer that travels only because the old bytes are not at hand."""


def worth_reading(image_bytes: int, base_bytes: int, changed_bytes: int, store: str) -> bool:
    """Tell whether to read old layers from a local image, rather than have the host describe them.

    ``image_bytes`` is the local image, which a save of its layers writes out whole; ``base_bytes``
    the image that the host would describe; ``changed_bytes`` the layers to be told by patches,
    over a slow link, since no other makes patches worth while.
    """
    read = image_bytes / _SAVED.get(store, _SAVED[_CLASSIC])
    spared = DESCRIBED * base_bytes + ANEW * changed_bytes
    return read < spared / SLOW_LINK
