"""Which images on a host have much of a layer's content under other names."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet

from msgspec import Struct

from edd.model.holding import Holding, LayeredImage
from edd.model.image import Digest
from edd.model.sketch import Sketch

CLEAR = 0.2
"""The part of a layer's files that an image must have, and no other base, to be worth a save."""

SOME = 0.05
"""The part that one layer of such an image must have to be one of the bases."""

FEWEST = 3
"""Files that must be found, unless the layer has fewer: one may be of the same name by chance."""

MOST_IMAGES = 3
MOST_LAYERS = 8
"""What is added at most: an engine writes out one image after the other."""


class Wanted(Struct, frozen=True):
    """A layer to be sent: its bytes, and the hashes that its sender told of it."""

    size: int
    hashes: frozenset[int]


class Match(Struct, frozen=True):
    """Files of the ``number``-th wanted layer that a held one has too, of ``seen`` looked for."""

    number: int
    found: frozenset[int]
    seen: int


Covered = Mapping[int, frozenset[int]]


class Gain(Struct, frozen=True):
    """What an image would add: its layers that help, about how many bytes, and what has a base."""

    layers: tuple[Digest, ...]
    bytes: float
    covered: Covered


def further_bases(
    wanted: Sequence[Wanted],
    told: Iterable[Digest],
    sketches: Mapping[Digest, Sketch],
    holding: Holding,
) -> tuple[Digest, ...]:
    """Return layers of images here that have clearly more of the wanted layers than ``told`` have.

    The image that has most comes first, of equals the smaller one; an image is added only for what
    none before it has. Layers without a sketch are passed over.
    """
    matches = {layer: _matches(wanted, sketch) for layer, sketch in sketches.items()}
    covered: Covered = {}
    for match in (match for layer in told for match in matches.get(layer, ())):
        covered = _with(covered, [match])
    chosen: list[Digest] = []
    for _ in range(MOST_IMAGES):
        gains = [(_gain(image, wanted, matches, covered), image) for image in holding.images]
        best, _ = max(gains, key=lambda one: (one[0].bytes, -one[1].size), default=(_NONE, None))
        if not best.layers:
            break
        chosen += best.layers
        covered = best.covered
    return tuple(chosen[:MOST_LAYERS])


_NONE = Gain((), 0.0, {})


def _matches(wanted: Sequence[Wanted], held: Sketch) -> list[Match]:
    """Return what a held layer has of each wanted one, as far as its sketch tells."""
    here, limit = frozenset(held.values), held.limit
    found = [(number, one.hashes & here) for number, one in enumerate(wanted)]
    return [
        Match(number, files, sum(value <= limit for value in wanted[number].hashes))
        for number, files in found
        if files
    ]


def _gain(
    image: LayeredImage,
    wanted: Sequence[Wanted],
    matches: Mapping[Digest, Sequence[Match]],
    covered: Covered,
) -> Gain:
    shares, files = defaultdict[int, float](float), Counter[int]()
    helping: dict[Digest, list[Match]] = {}
    after = covered
    for layer in image.layers:
        new = [_beyond(match, after) for match in matches.get(layer, ())]
        some = [match for match in new if len(match.found) >= SOME * match.seen]
        after = _with(after, some)
        for match in some:
            shares[match.number] += len(match.found) / match.seen
            files[match.number] += len(match.found)
            helping.setdefault(layer, []).append(match)
    clear = {one for one, share in shares.items() if share >= CLEAR}
    clear = {one for one in clear if files[one] >= min(FEWEST, len(wanted[one].hashes))}
    return Gain(
        tuple(layer for layer, helps in helping.items() if _any_of(helps, clear)),
        sum(wanted[one].size * min(shares[one], 1.0) for one in clear),
        after,
    )


def _beyond(match: Match, covered: Covered) -> Match:
    """Return what of a match has no base so far."""
    return Match(match.number, match.found - covered.get(match.number, frozenset()), match.seen)


def _with(covered: Covered, matches: Iterable[Match]) -> Covered:
    more = dict(covered)
    for match in matches:
        more[match.number] = more.get(match.number, frozenset()) | match.found
    return more


def _any_of(matches: Iterable[Match], clear: AbstractSet[int]) -> bool:
    return any(match.number in clear for match in matches)
