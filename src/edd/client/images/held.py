"""Layers that some image of this machine's engine holds, whatever it is called by now.

The image under a tag's last build has lost its name and is still there, until it is pruned.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from edd.client.contexts import engine_socket
from edd.client.engine import FoundImage
from edd.client.images.saved import EngineImageHere
from edd.errors import EngineRefusedError, SourceError
from edd.model.image import Digest

MOST = 100
"""Images that are looked at, the newest: each look is a request to the engine."""


@dataclass(frozen=True)
class Held:
    """An image that holds ``layers``, and the engine's image store, as `EngineFacts` names it."""

    image: EngineImageHere
    layers: tuple[Digest, ...]
    store: str


async def held_here(wanted: Sequence[Digest], besides: Collection[Digest]) -> Held | None:
    """Return the image of this machine's engine that holds the first of ``wanted`` layers.

    Of several it is the one with the most of the wanted ones that are not among ``besides``. None
    where there is no such image, or no engine.
    """
    try:
        socket = engine_socket()
        if not os.access(socket, os.R_OK | os.W_OK):
            return None
        return await _held(socket, wanted, besides)
    except (SourceError, EngineRefusedError):
        return None


async def _held(socket: str, wanted: Sequence[Digest], besides: Collection[Digest]) -> Held | None:
    # What serves the engine costs a fifth of a second to load.
    from edd.client.tap import connected  # noqa: PLC0415

    best: Held | None = None
    async with connected(socket) as engine:
        store = await engine.store()
        for name in (await engine.images())[:MOST]:
            image = await engine.image(name)
            if wanted[0] not in image.diff_ids:
                continue
            layers = [one for one in wanted if one in image.diff_ids and one not in besides]
            layers = layers or [wanted[0]]
            if best is None or len(layers) > len(best.layers):
                reference = next(iter(image.named), image.id)
                found = FoundImage(image.id, reference, image.size, image.diff_ids)
                best = Held(EngineImageHere(found), tuple(layers), store)
    return best
