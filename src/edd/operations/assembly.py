"""An image put together on the host: what it has already, and what was sent for it."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, aclosing
from pathlib import Path
from typing import BinaryIO

from edd.archive.composed import Parts, compose, read_config
from edd.delta import PatchHead, apply_patch, read_head
from edd.engine.facts import EngineSelf
from edd.errors import ArchiveError, EddError, WrongPlatformError
from edd.model.caller import Caller
from edd.model.holding import Holding
from edd.model.image import Digest, EngineImage, Platform
from edd.model.job import Progress
from edd.model.offer import Assembly
from edd.model.plan import Step
from edd.operations.arrival import Arrival
from edd.operations.bases import Bases
from edd.operations.holdings import Holdings
from edd.operations.settings import Settings
from edd.operations.steps import Run
from edd.planning.offers import left_out, needed_layers
from edd.store.spool import Spool

TELL_EVERY = 64 << 20
"""Bytes between two words about how the load goes on."""


class Assembler:
    """Brings an image from the spool into the engine, or changes nothing.

    Two patches at a time are applied, in threads of their own: they take long.
    """

    def __init__(
        self,
        settings: Settings,
        engine: EngineSelf,
        arrival: Arrival,
        holdings: Holdings,
        bases: Bases,
        spool: Spool,
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._arrival = arrival
        self._holdings = holdings
        self._bases = bases
        self._spool = spool
        self._patchers = ThreadPoolExecutor(2, thread_name_prefix="patcher")

    async def bring(self, run: Run, assembly: Assembly, caller: Caller) -> EngineImage:
        """Load the image under the release's tag; what was sent for it stays in the spool.

        Raises:
            ArchiveError: a part was not sent (``data["missing"]`` names them all), a patch does
                not fit (``data["patch"]``), or the configuration is none.
            WrongPlatformError: it is for another platform.
            TooLargeError, DiskFullError: there is no room for what a patch makes.
        """
        name = run.rollout.deployment
        run.tell(Step.LOAD, "putting the image together")
        with self._spool.used(name):
            async with self._bases.delivery(name):
                holding = await self._holdings.of(caller)
                for patch in assembly.patches:
                    await self._patch(run, patch, holding)
                parts = await self._parts(run, assembly, holding)
                async with aclosing(self._reported(run, parts)) as pieces:
                    return await self._arrival.feed(run, pieces, lambda: assembly.image)

    async def let_go(self, name: str) -> None:
        """Drop what was sent for an image that serves now."""
        await self._spool.clear(name)

    async def _patch(self, run: Run, patch: Digest, holding: Holding) -> None:
        """Make the layer that a patch tells of."""
        name = run.rollout.deployment
        await self._require(name, [patch])
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

    async def _parts(self, run: Run, assembly: Assembly, holding: Holding) -> Parts:
        name = run.rollout.deployment
        await self._require(name, [assembly.image])
        path = self._spool.path(name, assembly.image)
        content, config = await asyncio.to_thread(read_config, path)
        facts = await self._engine.facts()
        host = Platform(facts.os, facts.architecture)
        if not host.runs(config.platform):
            raise WrongPlatformError(f"The image is for {config.platform}, the host is {host}.")
        layers = tuple(config.rootfs.diff_ids)
        files = await self._files(name, layers, holding)
        return Parts(content, assembly.image, layers, files, run.rollout.reference)

    async def _files(
        self, name: str, layers: Sequence[Digest], holding: Holding
    ) -> dict[Digest, Path]:
        """Return the files of the layers that the engine must be given."""
        needed = needed_layers(layers, left_out(layers, holding))
        absent = await self._absent(name, needed)
        here = [digest for digest in absent if holding.home(digest)]
        await self._require(name, [digest for digest in needed if digest not in here])
        await self._bases.fetch(name, here, holding)
        place = dict.fromkeys(here, self._bases.path)
        return {digest: place.get(digest, self._spool.path)(name, digest) for digest in needed}

    async def _absent(self, name: str, digests: Sequence[Digest]) -> list[Digest]:
        seen = {digest: await self._spool.received(name, digest) for digest in digests}
        return [digest for digest, received in seen.items() if not received.complete]

    async def _require(self, name: str, digests: Sequence[Digest]) -> None:
        missing = await self._absent(name, digests)
        if missing:
            raise ArchiveError(
                f"{len(missing)} parts of the image are not here, {missing[0]} among them.",
                advice="Offer the image again and send what the host says it lacks.",
                missing=missing,
            )

    async def _reported(self, run: Run, parts: Parts) -> AsyncGenerator[bytes, None]:
        total = await asyncio.to_thread(_total, parts.files)
        done = said = 0
        async with aclosing(compose(parts)) as pieces:
            async for piece in pieces:
                yield piece
                done += len(piece)
                if done - said >= TELL_EVERY:
                    said = done
                    run.report(Progress(Step.LOAD, "loading it into the engine", done, total))


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


def _total(files: Mapping[Digest, Path]) -> int:
    return sum(path.stat().st_size for path in files.values())
