"""What of an offered image must be sent, and what it may be told in terms of."""

from collections.abc import Collection, Iterable, Sequence
from collections.abc import Set as AbstractSet
from itertools import takewhile
from math import log2

from edd.model.holding import Holding, LayeredImage
from edd.model.image import Digest
from edd.model.link import Link

MAX_BASES = 16

SMALLEST = 1 << 17
"""Bytes; what is smaller is sent sooner than thought about."""

NEAR = 0.005
FAST_LINK, SLOW_LINK = 100e6, 1.25e6
BORDER = 10e6
"""Bytes a second of packed layers, with fewer of which a link is a slow one."""

PACKED = 0.35
"""What zstd leaves of a layer of programs and text."""

WINDOW = 14_600

SAVE_RATE = 150e6
PATCH_RATE = 60e6


def left_out(layers: Sequence[Digest], holding: Holding) -> int:
    """Return how many of ``layers``, from the lowest up, the engine loads without their bytes."""
    if not holding.chained:
        return 0
    return max((_common(layers, image.layers) for image in holding.images), default=0)


def needed_layers(layers: Sequence[Digest], left_out: int) -> tuple[Digest, ...]:
    """Return the layers whose bytes the engine must be given, each once, lowest first.

    A layer may occur twice in an image, and the upper one needs the bytes though the lower is
    there.
    """
    return tuple(dict.fromkeys(layers[left_out:]))


def missing_layers(layers: Sequence[Digest], holding: Holding) -> tuple[Digest, ...]:
    """Return the layers that no image here has, anywhere in it: those must be sent."""
    needed = needed_layers(layers, left_out(layers, holding))
    return tuple(layer for layer in needed if holding.home(layer) is None)


def likeliest(
    layers: Sequence[Digest], serving: LayeredImage | None, holding: Holding
) -> LayeredImage | None:
    """Return the image here that a new one is likely to have been made from, in one way or another.

    That is the one that serves, unless another has more layers in common with the new one: an
    earlier release, or what another deployment runs. Without any in common it is only a guess.
    """
    wanted = set(layers)
    first = (serving,) if serving else ()
    found = max((*first, *holding.images), key=lambda one: _shared(wanted, one), default=None)
    return found if found and (found is serving or _shared(wanted, found)) else None


def bases(layers: Sequence[Digest], image: LayeredImage | None) -> tuple[Digest, ...]:
    """Return the layers of ``image`` which missing ones are likely to resemble.

    First those that the new image replaces, then those that it keeps: a squashed image has
    something of each.
    """
    if image is None:
        return ()
    kept = set(layers)
    ordered = sorted(dict.fromkeys(image.layers), key=kept.__contains__)
    return tuple(ordered[:MAX_BASES])


def homes(layers: Iterable[Digest], holding: Holding) -> dict[Digest, LayeredImage]:
    """Return for each layer an image that has it, taking few images, of equals the smaller ones.

    A layer that no image has is left out.
    """
    left = dict.fromkeys(layers)
    found: dict[Digest, LayeredImage] = {}
    while left:
        wanted = left.keys()
        image = max(holding.images, key=lambda one: (_shared(wanted, one), -one.size), default=None)
        taken = [layer for layer in left if image and layer in image.layers]
        if image is None or not taken:
            break
        found |= dict.fromkeys(taken, image)
        left = dict.fromkeys(layer for layer in left if layer not in found)
    return found


def base_bytes(layers: Iterable[Digest], holding: Holding) -> int:
    """Return the bytes of the images that the engine must write out to read ``layers``."""
    return sum({one.id: one.size for one in homes(layers, holding).values()}.values())


def is_slow(link: Link) -> bool:
    """Tell whether a link is slow: as it was measured, else what is far is, as a rule."""
    return _rate(link) < BORDER


def worth_patching(size: int, rest: int, link: Link) -> bool:
    """Tell whether to patch a layer of ``size`` bytes rather than to send it as a whole.

    ``rest`` are the bytes of the images with the bases, which their engine must write out to read
    one layer of each. How fast that and a patch are was measured on two processors.
    """
    whole = sending_seconds(size, link)
    patched = rest / SAVE_RATE + size / PATCH_RATE + 2 * link.seconds
    return size >= SMALLEST and whole > patched


def sending_seconds(size: int, link: Link) -> float:
    """Return the seconds until ``size`` bytes of layers, packed, are there over a quiet connection.

    TCP sends `WINDOW` bytes in the first round trip and twice as many in each one more, until they
    fill the link (RFC 6928).
    """
    count, rate = size * PACKED, _rate(link)
    rounds = log2(1 + min(count, rate * link.seconds) / WINDOW)
    return count / rate + rounds * link.seconds


def _rate(link: Link) -> float:
    return link.rate or (SLOW_LINK if link.seconds >= NEAR else FAST_LINK)


def _shared(wanted: AbstractSet[Digest], image: LayeredImage) -> int:
    return len(wanted & set(image.layers))


def _common(one: Sequence[Digest], other: Collection[Digest]) -> int:
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
