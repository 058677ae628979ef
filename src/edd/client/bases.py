"""What missing layers may be compared with: layers of the host, of one image or of several."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from edd.client.host import HostClient
from edd.client.images import Blob
from edd.client.images.reading import readable
from edd.client.patience import insist
from edd.errors import EddError
from edd.model.image import Digest
from edd.model.offer import BasesRequest, Shortfall, SketchedLayer, Suggestion
from edd.model.sketch import WORTH_SKETCHING

MOST = 32
"""Layers that are told of, the largest."""

PATIENCE = 60.0
"""Seconds; by then sending what the answer may spare has long begun to pay."""


@dataclass(frozen=True)
class OldLayers:
    """Layers of the host: of the ``likeliest`` image, and others that are known to be ``alike``.

    The engine there must write out ``bytes`` before they can be read.
    """

    likeliest: tuple[Digest, ...] = ()
    alike: tuple[Digest, ...] = ()
    bytes: int = 0

    @property
    def every(self) -> tuple[Digest, ...]:
        """All of them, the likeliest first."""
        return (*self.likeliest, *self.alike)


def guessed(shortfall: Shortfall) -> OldLayers:
    """Return what the host named, which has not seen anything of the layers."""
    return OldLayers(shortfall.bases, (), shortfall.base_bytes)


async def found_alike(
    host: HostClient,
    deployment: str,
    layers: Mapping[Digest, Blob],
    guess: OldLayers,
    patience: float = PATIENCE,
) -> OldLayers:
    """Return ``guess`` and what else the host finds by sketches of the large ones of ``layers``.

    A host that does not say within ``patience`` seconds, such as an older one, leaves it at
    ``guess``.
    """
    sizes = {digest: blob.size or WORTH_SKETCHING for digest, blob in layers.items()}
    large = [digest for digest, size in sizes.items() if size >= WORTH_SKETCHING]
    large = sorted(large, key=lambda one: -sizes[one])[:MOST]
    if not large:
        return guess
    try:
        with readable():
            told = await asyncio.to_thread(_sketches, [layers[one] for one in large])
        request = BasesRequest(tuple(told), guess.likeliest)
        async with asyncio.timeout(patience):
            answer = await insist(host, lambda: host.bases(deployment, request))
    except (EddError, TimeoutError):
        return guess
    return _divided(answer, guess)


def _divided(answer: Suggestion, guess: OldLayers) -> OldLayers:
    likeliest = tuple(layer for layer in answer.bases if layer in guess.likeliest)
    alike = tuple(layer for layer in answer.bases if layer not in guess.likeliest)
    return OldLayers(likeliest, alike, answer.base_bytes) if alike else guess


def _sketches(blobs: Sequence[Blob]) -> list[SketchedLayer]:
    # Most pushes need none, and loading what takes them costs more than a small push.
    from edd.delta import sketch  # noqa: PLC0415

    told = []
    for blob in blobs:
        with blob.open() as layer:
            made = sketch(layer)
            told.append(SketchedLayer(blob.size or layer.tell(), made.told))
    return told
