"""Layers that come packed, as registry clients send them, and the plain ones that they become."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from edd.archive.compression import unpacked
from edd.errors import DigestMismatchError
from edd.model.caller import Caller
from edd.model.holding import Holding
from edd.model.image import Digest
from edd.model.packing import Packing
from edd.operations.holdings import Holdings
from edd.store.blobs import Bounds
from edd.store.packings import Packings
from edd.store.spool import Spool

PIECE = 1 << 19
GLANCE = 5.0
"""Seconds for which what the engine holds is not asked again: tools ask for each layer."""

CALLERS = 16
"""Views of the engine that are remembered for so long; there is one for each set of deployments."""


class Packed:
    """Tells which packed blobs need not be sent, and unpacks those that were."""

    def __init__(self, holdings: Holdings, packings: Packings, spool: Spool) -> None:
        self._holdings = holdings
        self._packings = packings
        self._spool = spool
        self._one_unpacks = asyncio.Lock()
        self._one_looks = asyncio.Lock()
        self._seen: dict[frozenset[str], tuple[float, Holding]] = {}

    async def held(self, name: str, digest: Digest, caller: Caller) -> int | None:
        """Return a blob's size if it need not be sent: it, or the layer it unpacks to, is here.

        A layer counts where ``caller`` may build upon it.
        """
        here = await self._spool.received(name, digest)
        if here.complete:
            return here.size
        packing = await self.known(name, digest)
        if packing is None:
            return None
        if (await self._spool.received(name, packing.layer)).complete:
            return packing.size
        holding = await self._glance(caller)
        return packing.size if holding.home(packing.layer) else None

    async def known(self, name: str, digest: Digest) -> Packing | None:
        """Return what a blob was once found to be, whether or not that is still here."""
        return await self._packings.find(name, digest)

    async def unpack(self, name: str, digest: Digest, layer: Digest, bounds: Bounds) -> None:
        """Have the layer that a blob was pushed for in the spool, verified, in the blob's stead.

        A blob that was not sent is known; whether its layer is still here is not looked at.

        Raises:
            DigestMismatchError: it unpacks to another layer; nothing of that is kept.
            ArchiveError: it is damaged, or packed in another way than gzip and zstd.
            TooLargeError, DiskFullError: there is no room for what it unpacks to.
        """
        packed = await self._spool.received(name, digest)
        known = await self.known(name, digest)
        if known and known.layer != layer:
            raise DigestMismatchError(
                f"The blob {digest} unpacks to {known.layer}.", announced=layer, found=known.layer
            )
        if not packed.complete:
            return
        if digest != layer:
            async with self._one_unpacks:
                await self._replace(name, digest, layer, bounds)
            await self._packings.remember(name, Packing(digest, layer, packed.size))
        # Tools that pack anew each time ask for the layer by its own name first.
        size = (await self._spool.received(name, layer)).size
        await self._packings.remember(name, Packing(layer, layer, size))

    def look_anew(self) -> None:
        """Ask the engine again what it holds, when somebody next wants to know."""
        self._seen.clear()

    async def _replace(self, name: str, digest: Digest, layer: Digest, bounds: Bounds) -> None:
        growing = (f"{name}.unpacked", layer)
        packed = _read(self._spool.path(name, digest))
        await self._spool.drop(growing)
        try:
            async with aclosing(packed), aclosing(unpacked(packed)) as pieces:
                await self._spool.append(growing, 0, pieces, bounds)
            await self._spool.finish(growing, (name, layer))
        finally:
            await self._spool.drop(growing)
        await self._spool.drop((name, digest))

    async def _glance(self, caller: Caller) -> Holding:
        """Return what ``caller`` may build upon, as it was some seconds ago."""
        whose = caller.deployments
        async with self._one_looks:
            known = self._seen.pop(whose, None)
            if known is None or time.monotonic() - known[0] > GLANCE:
                known = (time.monotonic(), await self._holdings.of(caller))
            self._seen[whose] = known
            for oldest in list(self._seen)[:-CALLERS]:
                del self._seen[oldest]
            return known[1]


async def _read(path: Path) -> AsyncGenerator[bytes, None]:
    with await asyncio.to_thread(path.open, "rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
