"""Handlers about what a host lacks of an image, and how it gets that."""

from collections.abc import AsyncIterator, Sequence

from edd.api.call import Call
from edd.model.image import Digest
from edd.model.offer import Offer, Received, Shortfall, SkeletonRequest


async def offer(call: Call[Offer]) -> Shortfall:
    """Say what the host lacks of an image."""
    return await call.operations.offers.answer(call.name, call.asked, call.caller)


async def received(call: Call[None]) -> Received:
    """Say how much of a blob was received."""
    return await call.operations.offers.received(call.name, call.digest)


async def receive(call: Call[None]) -> Received:
    """Take a part of a blob."""
    return await call.operations.offers.receive(call.name, call.digest, call.part())


async def skeletons(call: Call[SkeletonRequest]) -> AsyncIterator[bytes]:
    """Tell of layers' content by sums, each as eight bytes of length and so many bytes."""
    layers = list(dict.fromkeys(call.asked.layers))
    # All at once: the engine may have to write out a whole image for any of them.
    await call.operations.bases.fetch(call.name, layers, call.caller)
    return _told(call, layers)


async def _told(call: Call[SkeletonRequest], layers: Sequence[Digest]) -> AsyncIterator[bytes]:
    """Yield one layer after the other, so that no more than one is held."""
    for layer in layers:
        told = await call.operations.bases.skeletons(call.name, [layer], call.caller)
        yield len(told[layer]).to_bytes(8)
        yield told[layer]
