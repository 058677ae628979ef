"""An image put together on the host: what it has already, and what was sent for it."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

from edd.delta import PatchHead, apply_patch, read_head
from edd.errors import EddError
from edd.model.caller import Caller
from edd.model.holding import Holding
from edd.model.image import Digest, EngineImage
from edd.model.offer import Assembly
from edd.model.plan import Step
from edd.operations.arrival import Arrival
from edd.operations.bases import Bases
from edd.operations.holdings import Holdings
from edd.operations.loading import Loader, parts_of, require
from edd.operations.receiving import take_enclosed
from edd.operations.settings import Settings
from edd.operations.steps import Run
from edd.store.spool import Spool


class Assembler:
    """Brings an image from the spool into the engine, or changes nothing.

    Two patches at a time are applied, in threads of their own: they take long.
    """

    def __init__(
        self,
        settings: Settings,
        arrival: Arrival,
        holdings: Holdings,
        bases: Bases,
        spool: Spool,
        loader: Loader,
    ) -> None:
        self._settings = settings
        self._loader = loader
        self._arrival = arrival
        self._holdings = holdings
        self._bases = bases
        self._spool = spool
        self._patchers = ThreadPoolExecutor(2, thread_name_prefix="patcher")

    async def bring(self, run: Run, assembly: Assembly, caller: Caller) -> EngineImage:
        """Load the image under the release's tag; what was sent for it stays in the spool.

        Raises:
            ArchiveError: a part was not sent (``data["missing"]`` names them all), a patch does
                not fit (``data["patch"]``), the configuration is none, or what is enclosed is
                not zstd.
            DigestMismatchError: what is enclosed is another blob than it is called.
            WrongPlatformError: it is for another platform.
            TooLargeError, DiskFullError: there is no room for what a patch makes.
        """
        name = run.rollout.deployment
        run.tell(Step.LOAD, "putting the image together")
        with self._spool.used(name):
            async with self._bases.delivery(name):
                for blob in assembly.enclosed:
                    await take_enclosed(self._spool, name, blob, self._settings.spool_bounds)
                holding = await self._holdings.of(caller)
                for patch in assembly.patches:
                    await self._patch(run, patch, holding)
                image = await self._loader.load(run, assembly.image, holding)
                await self._spool.retire(name, await self._parts(name, assembly))
                return image

    async def let_go(self, name: str, assembly: Assembly) -> None:
        """Drop what was sent for an image that serves now, and what nobody is sending any more."""
        await self._spool.clear(name, await self._parts(name, assembly))

    async def _parts(self, name: str, assembly: Assembly) -> set[Digest]:
        enclosed = (blob.digest for blob in assembly.enclosed)
        image = await parts_of(self._spool, name, assembly.image)
        return {*image, *assembly.patches, *enclosed}

    async def _patch(self, run: Run, patch: Digest, holding: Holding) -> None:
        """Make the layer that a patch tells of."""
        name = run.rollout.deployment
        await require(self._spool, name, [patch])
        path = self._spool.path(name, patch)
        try:
            head = await asyncio.to_thread(_head, path)
            if (await self._spool.received(name, head.target)).complete:
                return
            run.tell(Step.LOAD, f"patching layer {head.target[7:19]}")
            await self._bases.fetch(name, head.bases, holding)
            await self._apply(name, path, head)
        except EddError as error:
            error.data["patch"] = patch
            raise

    async def _apply(self, name: str, patch: Path, head: PatchHead) -> None:
        bases = {base: self._bases.path(name, base) for base in head.bases}
        await self._arrival.admit(head.size)
        target, bounds = (name, head.target), self._settings.spool_bounds
        async with self._spool.making(target, head.size, bounds) as made:
            await asyncio.get_running_loop().run_in_executor(
                self._patchers, _applied, patch, bases, made, head.size
            )


def _head(path: Path) -> PatchHead:
    with path.open("rb") as patch:
        return read_head(patch)


def _applied(patch: Path, bases: Mapping[Digest, Path], made: Path, limit: int) -> None:
    """Write the layer that a patch makes, verified."""
    with ExitStack() as stack:
        opened: dict[Digest, BinaryIO] = {
            digest: stack.enter_context(path.open("rb")) for digest, path in bases.items()
        }
        with patch.open("rb") as read, made.open("wb") as written:
            apply_patch(read, opened, written, limit)
