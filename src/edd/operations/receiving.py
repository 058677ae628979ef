"""Taking blobs, or parts of them, into the spool."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from edd.archive.compression import unpacked_zstd
from edd.model.offer import Enclosed
from edd.model.upload import Part
from edd.store.blobs import Bounds
from edd.store.sparing import Key
from edd.store.spool import Spool

WINDOW_LOG = 23
"""8 MiB: what a sender's zstd frames may ask for, with several of them coming in at once."""


async def take_part(spool: Spool, key: Key, part: Part, bounds: Bounds) -> None:
    """Add ``part`` to a blob, and verify the blob when it is the last; raises as both do."""
    if part.packed:
        async with aclosing(unpacked_zstd(part.source, WINDOW_LOG)) as pieces:
            await spool.append(key, part.offset, pieces, bounds)
    else:
        await spool.append(key, part.offset, part.source, bounds)
    if part.last:
        await spool.finish(key)


async def take_whole(
    spool: Spool, key: Key, content: bytes, bounds: Bounds, *, packed: bool
) -> None:
    """Take a whole blob in the place of what came of it before; raises as `take_part`."""
    await spool.drop(key)
    await take_part(spool, key, Part(_one(content), 0, last=True, packed=packed), bounds)


async def take_enclosed(spool: Spool, name: str, blob: Enclosed, bounds: Bounds) -> None:
    """Take a whole blob for the deployment ``name``, unless it is here."""
    if not (await spool.received(name, blob.digest)).complete:
        await take_whole(spool, (name, blob.digest), blob.content, bounds, packed=True)


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
