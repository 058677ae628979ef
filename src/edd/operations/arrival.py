"""How an image reaches the engine: as an archive that streams in, or pulled by the engine."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager

import msgspec

from edd.archive import ArchiveStream, Wanted
from edd.engine.connection import api_number
from edd.engine.facts import EngineSelf
from edd.engine.images import Images
from edd.errors import (
    ON_STATE_DISK,
    DiskFullError,
    EngineRefusedError,
    TooLargeError,
    WrongPlatformError,
)
from edd.model.host import EngineFacts
from edd.model.image import Digest, EngineImage, Platform, repository_of
from edd.model.job import Progress
from edd.model.plan import DiskNeed, Step
from edd.model.size import human_size
from edd.model.upload import Upload
from edd.operations.room import free_bytes
from edd.operations.settings import Settings
from edd.operations.steps import Run
from edd.planning.disk import disk_need

WATCH_EVERY = 64 * 1024 * 1024
ZSTD_SINCE = (1, 42)
"""The API of Engine 23, the first whose loader reads zstd layers."""


class Arrival:
    """Brings one image under one tag of the deployment's own, or changes nothing."""

    def __init__(self, images: Images, engine: EngineSelf, settings: Settings) -> None:
        self._images = images
        self._engine = engine
        self._settings = settings

    async def admit(self, size: int | None) -> None:
        """Refuse an archive of ``size`` bytes before it is read if it is too large to keep.

        Raises:
            TooLargeError: it exceeds ``max_archive``.
            DiskFullError: the engine's disk lacks room; ``data`` has ``needed`` and ``free``.
        """
        limit = self._settings.config.max_archive
        if size is not None and size > limit:
            raise TooLargeError(
                f"The archive has {human_size(size)}; this host takes {human_size(limit)} at most.",
                limit=limit,
            )
        refuse_shortage(await self.disk(size))

    async def admit_image(self, image: Digest) -> None:
        """Refuse to write out an image of the engine for which the state's disk lacks room.

        Raises DiskFullError.
        """
        found = await self._images.inspect(image)
        config = self._settings.config
        needed = (found.size if found else 0) + config.min_free
        need = DiskNeed(needed, await free_bytes(config.state_dir))
        refuse_shortage(need, f"The disk that holds {config.state_dir}", ON_STATE_DISK)

    async def disk(self, size: int | None) -> DiskNeed:
        """Return what a delivery of ``size`` bytes needs on the engine's disk, and what is free."""
        root = (await self._engine.facts()).root_dir
        return disk_need(size, await free_bytes(root), self._settings.config.min_free)

    async def load(self, run: Run, upload: Upload) -> EngineImage:
        """Stream the archive into the engine, checked on its way; return the image it became."""
        facts = await self._engine.facts()
        stream = ArchiveStream(upload.source, self._wanted(run, facts))
        run.tell(Step.LOAD, "receiving the image")
        pieces = self._watched(run, stream, facts.root_dir)
        async with aclosing(stream), aclosing(pieces):
            return await self.feed(run, pieces, lambda: stream.image.config)

    async def feed(
        self, run: Run, pieces: AsyncIterator[bytes], announced: Callable[[], Digest]
    ) -> EngineImage:
        """Load a checked archive and return the image it became; ``announced`` is its digest.

        Raises EngineRefusedError when the engine holds no image of it, or another.
        """
        async with self._put_aside(run.rollout.reference):
            await self._images.load(pieces)
        facts = await self._engine.facts()
        image = await self._arrived(run, facts)
        if facts.store == "graphdriver" and image.id != announced():
            raise EngineRefusedError("The engine holds another image than the archive's.")
        return msgspec.structs.replace(image, config=announced())

    @asynccontextmanager
    async def _put_aside(self, reference: str) -> AsyncGenerator[None, None]:
        """Let nothing bear ``reference``, and keep what bore it until the load has ended.

        A state that was lost counts releases from 1 again. What an earlier life of the host left
        under the tag must not be taken for what is loaded, but its layers may be built upon.
        """
        earlier = await self._images.inspect(reference)
        if earlier is None:
            yield
            return
        aside = f"{reference}.before"  # a name that pruning knows for one of ours
        await self._images.tag(earlier.id, *split_tag(aside))
        await self._images.untag(reference)
        try:
            yield
        finally:
            await self._images.untag(aside)

    async def pull(self, run: Run, reference: str) -> EngineImage:
        """Let the engine pull ``reference``; no tag of the host but the release's own changes."""
        facts = await self._engine.facts()
        run.tell(Step.PULL, f"pulling {reference}")
        digest = await self._digest(reference)
        repository = repository_of(reference)
        pinned = f"{repository}@{digest}"
        had = await self._images.inspect(pinned) is not None
        await self._images.pull(repository, digest)
        await self._images.tag(pinned, *split_tag(run.rollout.reference))
        if not had:
            await self._images.untag(pinned)
        return await self._arrived(run, facts)

    async def _digest(self, reference: str) -> str:
        try:
            return await self._images.remote_digest(reference)
        except EngineRefusedError as error:
            error.advice = (
                "See that the image is called so, and that the host reaches its registry, which"
                " must ask for no credentials. What lies elsewhere can be pushed: edd push."
            )
            raise

    def _wanted(self, run: Run, facts: EngineFacts) -> Wanted:
        config = self._settings.config
        return Wanted(
            deployment=run.rollout.deployment,
            repository=run.rollout.container,
            reference=run.rollout.reference,
            platform=Platform(facts.os, facts.architecture),
            max_bytes=config.max_archive,
            spool_dir=config.state_dir,
            engine_reads_zstd=api_number(facts.api_version) >= ZSTD_SINCE,
            engine_verifies_layers=facts.store == "graphdriver",
        )

    async def _watched(
        self, run: Run, stream: ArchiveStream, root: str
    ) -> AsyncGenerator[bytes, None]:
        """Pass the archive on, reporting progress and keeping ``min_free`` bytes free."""
        given = looked = 0
        async for chunk in stream:
            given += len(chunk)
            if given - looked >= WATCH_EVERY:
                looked = given
                await self._refuse_full_disk(root)
                run.report(Progress(Step.LOAD, "receiving the image", done=stream.received))
            yield chunk
        await self._refuse_full_disk(root)
        run.report(Progress(Step.LOAD, "the engine unpacks it", done=stream.received))

    async def _refuse_full_disk(self, root: str) -> None:
        refuse_shortage(DiskNeed(self._settings.config.min_free, await free_bytes(root)))

    async def _arrived(self, run: Run, facts: EngineFacts) -> EngineImage:
        """Look at the image under the release's tag: a load may fail behind a good status."""
        image = await self._images.inspect(run.rollout.reference)
        if image is None:
            raise EngineRefusedError(
                "The engine took the archive but holds no image of it.",
                kept="Nothing was changed; what ran before still runs.",
                advice="Look into the engine's log on the host.",
            )
        host = Platform(facts.os, facts.architecture)
        if not host.runs(image.platform):
            raise WrongPlatformError.between(host, [image.platform])
        return image


def refuse_shortage(
    need: DiskNeed, place: str = "The engine's disk", advice: str | None = None
) -> None:
    """Raise DiskFullError where ``place`` has not the room that is needed."""
    if need.needed > need.free:
        raise DiskFullError(
            f"{place} has {human_size(need.free)} free and the delivery needs"
            f" {human_size(need.needed)}.",
            kept="Nothing was loaded; what ran before still runs.",
            advice=advice,
            needed=need.needed,
            free=need.free,
        )


def split_tag(reference: str) -> tuple[str, str]:
    """Split ``repository:tag``."""
    repository, _, tag = reference.rpartition(":")
    return repository, tag
