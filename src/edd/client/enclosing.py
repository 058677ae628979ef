"""Small blobs that travel within the request that needs them, instead of one request each."""

import asyncio
from collections.abc import Mapping

from edd.client.images import Blob
from edd.client.images.reading import readable
from edd.model.image import Digest
from edd.model.offer import Enclosed

SMALL = 1 << 16
MOST = 1 << 18
"""Bytes of all that is enclosed: what is sent anew when the link breaks, and held meanwhile."""

LEVEL = 12


def small_ones(blobs: Mapping[Digest, Blob]) -> list[Digest]:
    """Return those of ``blobs`` that are known to be small, as many as may be enclosed."""
    found, left = [], MOST
    for digest, blob in blobs.items():
        if blob.size is not None and blob.size <= min(SMALL, left):
            left -= blob.size
            found.append(digest)
    return found


async def enclosed(blobs: Mapping[Digest, Blob]) -> tuple[Enclosed, ...]:
    """Return ``blobs``, packed; raises SourceError where one cannot be read."""
    with readable():
        return await asyncio.to_thread(_packed, blobs)


def _packed(blobs: Mapping[Digest, Blob]) -> tuple[Enclosed, ...]:
    from edd.archive import zstd  # noqa: PLC0415 - loaded only where it is met

    packed = []
    for digest, blob in blobs.items():
        with blob.open() as file:
            packed.append(Enclosed(digest, zstd.compress(file.read(), LEVEL)))
    return tuple(packed)
