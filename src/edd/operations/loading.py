"""An image's parts on their way into the engine, which is not given what it has already.

The classic store knows a layer by its chain. The containerd store knows it as a blob, under its
diff ID only if it came plain, and says of an image whether it has all of it.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing, suppress
from pathlib import Path

import msgspec

from edd.archive.composed import Parts, compose, compose_layout, read_config
from edd.engine.facts import EngineSelf
from edd.engine.images import Images
from edd.errors import ArchiveError, EngineRefusedError, WrongPlatformError
from edd.model.holding import Holding
from edd.model.image import Digest, EngineImage, Platform
from edd.model.job import Progress
from edd.model.packing import Packing
from edd.model.plan import Step
from edd.operations.arrival import Arrival
from edd.operations.bases import Bases
from edd.operations.steps import Run
from edd.planning.offers import left_out, needed_layers
from edd.store.packings import Packings
from edd.store.spool import Spool

TELL_EVERY = 64 << 20
"""Bytes between two words about how the load goes on."""

log = logging.getLogger(__name__)


class Loader:
    """Loads images whose missing parts lie in the spool."""

    def __init__(
        self,
        images: Images,
        engine: EngineSelf,
        arrival: Arrival,
        bases: Bases,
        spool: Spool,
        packings: Packings,
    ) -> None:
        self._images = images
        self._engine = engine
        self._arrival = arrival
        self._bases = bases
        self._spool = spool
        self._packings = packings

    async def load(self, run: Run, image: Digest, holding: Holding) -> EngineImage:
        """Load ``image``, a configuration's digest, under the release's tag; return what it became.

        Raises:
            ArchiveError: a part is not here (``data["missing"]``), or the configuration is none.
            WrongPlatformError: it is for another platform.
            EngineRefusedError: the engine does not take it, or has not all of it afterwards.
        """
        bare = await self._bare(run, image)
        if not holding.chained:
            return await self._load_blobs(run, bare, holding)
        needed = needed_layers(bare.layers, left_out(bare.layers, holding))
        parts = await self._filled(run, bare, needed, holding)
        return await self._feed(run, parts, compose(parts))

    async def _load_blobs(self, run: Run, bare: Parts, holding: Holding) -> EngineImage:
        """Leave out what should be there; if it is not after all, leave out nothing."""
        kept = await self._kept(run, bare, holding)
        if kept:
            try:
                return await self._load_layout(run, bare, kept, holding)
            except (EngineRefusedError, WrongPlatformError) as error:
                log.info("layers-not-left-out job=%d reason=%s", run.job, error.detail)
                await self._images.untag(bare.reference)
        return await self._load_layout(run, bare, {}, holding)

    async def _kept(self, run: Run, bare: Parts, holding: Holding) -> dict[Digest, int]:
        """Return the layers that came plain and that an image here has, with their sizes."""
        here = [layer for layer in dict.fromkeys(bare.layers) if holding.home(layer)]
        name = run.rollout.deployment
        known = [await self._packings.find(name, layer) for layer in here]
        return {packing.layer: packing.size for packing in known if packing}

    async def _load_layout(
        self, run: Run, bare: Parts, kept: Mapping[Digest, int], holding: Holding
    ) -> EngineImage:
        needed = [layer for layer in dict.fromkeys(bare.layers) if layer not in kept]
        parts = await self._filled(run, bare, needed, holding)
        sizes = await asyncio.to_thread(_sizes, parts.files)
        image = await self._feed(run, parts, compose_layout(parts, {**kept, **sizes}))
        if kept and not await self._images.is_whole(bare.reference):
            raise EngineRefusedError("The engine has not all of the image's layers.")
        for layer, size in sizes.items():
            await self._packings.remember(run.rollout.deployment, Packing(layer, layer, size))
        return image

    async def _bare(self, run: Run, image: Digest) -> Parts:
        """Return the image's parts but for the files."""
        name = run.rollout.deployment
        await require(self._spool, name, [image])
        content, config = await asyncio.to_thread(read_config, self._spool.path(name, image))
        facts = await self._engine.facts()
        host = Platform(facts.os, facts.architecture)
        if not host.runs(config.platform):
            raise WrongPlatformError.between(host, [config.platform])
        return Parts(content, image, tuple(config.rootfs.diff_ids), {}, run.rollout.reference)

    async def _filled(
        self, run: Run, bare: Parts, needed: Collection[Digest], holding: Holding
    ) -> Parts:
        """Return the parts with the files of the layers that the engine must be given."""
        name = run.rollout.deployment
        absent = await absent_of(self._spool, name, needed)
        here = [digest for digest in absent if holding.home(digest)]
        await require(self._spool, name, [digest for digest in needed if digest not in here])
        await self._bases.fetch(name, here, holding)
        sent = {digest: self._spool.path(name, digest) for digest in needed}
        fetched = {digest: self._bases.path(name, digest) for digest in here}
        return msgspec.structs.replace(bare, files=sent | fetched)

    async def _feed(
        self, run: Run, parts: Parts, archive: AsyncGenerator[bytes, None]
    ) -> EngineImage:
        total = sum((await asyncio.to_thread(_sizes, parts.files)).values())
        pieces = _reported(run, archive, total)
        noting = self._bases.relatives.noting(parts.files)
        async with aclosing(archive), aclosing(pieces), noting:
            return await self._arrival.feed(run, pieces, lambda: parts.image)


async def absent_of(spool: Spool, name: str, digests: Collection[Digest]) -> list[Digest]:
    """Return those blobs of a deployment that are not in the spool, whole."""
    seen = {digest: await spool.received(name, digest) for digest in digests}
    return [digest for digest, received in seen.items() if not received.complete]


async def parts_of(spool: Spool, name: str, image: Digest) -> set[Digest]:
    """Return an image's configuration, and its layers if that is in the spool and can be read."""
    with suppress(ArchiveError, OSError):
        _, config = await asyncio.to_thread(read_config, spool.path(name, image))
        return {image, *config.rootfs.diff_ids}
    return {image}


async def require(spool: Spool, name: str, digests: Sequence[Digest]) -> None:
    """Raise ArchiveError, with those in ``data["missing"]``, when blobs are not here."""
    if missing := await absent_of(spool, name, digests):
        raise ArchiveError(
            f"{len(missing)} parts of the image are not here, {missing[0]} among them.",
            advice="Offer the image again and send what the host says it lacks.",
            missing=missing,
        )


async def _reported(
    run: Run, archive: AsyncGenerator[bytes, None], total: int
) -> AsyncGenerator[bytes, None]:
    done = said = 0
    async for piece in archive:
        yield piece
        done += len(piece)
        if done - said >= TELL_EVERY:
            said = done
            run.report(Progress(Step.LOAD, "loading it into the engine", done, total))


def _sizes(files: Mapping[Digest, Path]) -> dict[Digest, int]:
    return {layer: path.stat().st_size for layer, path in files.items()}
