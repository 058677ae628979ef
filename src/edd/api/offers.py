"""Handlers about what a host lacks of an image, and how it gets that."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from edd.api.call import Call
from edd.model.offer import (
    BasesRequest,
    Offer,
    Received,
    Shortfall,
    SkeletonRequest,
    Suggestion,
)


async def offer(call: Call[Offer]) -> Shortfall:
    """Say what the host lacks of an image."""
    return await call.operations.offers.answer(call.name, call.asked, call.caller)


async def received(call: Call[None]) -> Received:
    """Say how much of a blob was received."""
    return await call.operations.offers.received(call.name, call.digest)


async def receive(call: Call[None]) -> Received:
    """Take a part of a blob."""
    return await call.operations.offers.receive(call.name, call.digest, call.part())


async def bases(call: Call[BasesRequest]) -> Suggestion:
    """Say which layers here have much of the files of missing ones."""
    return await call.operations.relatives.suggest(call.asked, call.caller)


async def skeletons(call: Call[SkeletonRequest]) -> AsyncIterator[bytes]:
    """Tell of layers' content by sums, each as eight bytes of length and so many bytes."""
    layers = list(dict.fromkeys(call.asked.layers))
    told = call.operations.bases.skeletons(call.name, layers, call.caller)
    # Whatever stands in the way is told before the answer begins.
    return _framed(await anext(told, None), told)


async def _framed(
    first: bytes | None, more: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    """Yield each description after its length; no more than one is held."""
    async with aclosing(more):
        told = first
        while told is not None:
            yield len(told).to_bytes(8)
            yield told
            told = await anext(more, None)
