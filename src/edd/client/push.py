"""A push: offer the image, send what the host lacks of it, and let the host put it together."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from edd.client.following import Following
from edd.client.host import HostClient, Listeners
from edd.client.images import Content, LocalImage
from edd.client.kept import Kept
from edd.client.packing import Pace
from edd.client.places import cache_folder
from edd.client.sending import Sender
from edd.client.sources import Source
from edd.errors import (
    ArchiveError,
    DigestMismatchError,
    EddError,
    HostUnreachableError,
    TruncatedArchiveError,
)
from edd.model.image import Digest
from edd.model.job import Outcome, Progress
from edd.model.offer import Assembly, MissingBlob, Offer, Shortfall
from edd.planning.offers import is_far, worth_patching

if TYPE_CHECKING:
    from edd.client.patches import Patch

ATTEMPTS = 3
"""Offers of one push: an image may vanish from the host meanwhile, or a patch may not fit."""


@dataclass
class Account:
    """What a push cost: bytes on the wire, layers by how they came, seconds by phase."""

    image_bytes: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    layers: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time until its end towards ``name``."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - began
            self.seconds[name] = round(spent, 3)


class Push:
    """One image on its way to one deployment."""

    def __init__(
        self, host: HostClient, deployment: str, image: LocalImage, listeners: Listeners
    ) -> None:
        self._host = host
        self._deployment = deployment
        self._image = image
        self._listeners = listeners
        self._kept = Kept(cache_folder(os.environ))
        self._patching = True
        self._bases: Sequence[Digest] = ()
        self._following = Following(host, deployment)
        self.account = Account(image_bytes=sum(layer.size for layer in image.layers))

    async def run(self) -> Outcome:
        """Deliver the image and wait until it serves.

        Raises EddError: why it does not; what ran before serves then.
        """
        for _ in range(ATTEMPTS - 1):
            try:
                return await self._attempt()
            except (ArchiveError, DigestMismatchError, TruncatedArchiveError) as error:
                if not self._may_go_on(error):
                    raise
        return await self._attempt()

    def _may_go_on(self, error: EddError) -> bool:
        """Tell whether another attempt may end better: without patches, or with what lacked."""
        if "patch" in error.data and self._patching:
            self._patching = False
            self._kept.forget(self._bases)
            self._say(f"a patch did not fit, the whole layer is sent: {error.detail}")
            return True
        return "missing" in error.data

    async def _attempt(self) -> Outcome:
        with self.account.phase("offer"):
            offer = Offer(self._image.image, self._image.layers)
            shortfall = await self._host.offer(self._deployment, offer)
            trip = await self._following.begin()
        if shortfall.serves is not None:
            self._count(shortfall, [])
            return shortfall.serves
        self._bases = shortfall.bases
        missing = {blob.digest: blob for blob in shortfall.missing}
        known = missing.pop(self._image.image, MissingBlob(self._image.image))
        began = time.monotonic()
        async with self._image.content(list(missing)) as content:
            self.account.seconds["prepare"] = round(time.monotonic() - began, 3)
            config = known if known.digest == content.config else MissingBlob(content.config)
            assembly = await self._send(shortfall, content, config, trip)
            self._listeners.ended()
            with self.account.phase("deliver"):
                return await self._deliver(assembly, content)

    async def _send(
        self, shortfall: Shortfall, content: Content, config: MissingBlob, trip: float
    ) -> Assembly:
        """Send what is missing, as patches where that is worth it."""
        with TemporaryDirectory(prefix="edd-patches-") as folder:
            with self.account.phase("patch"):
                patches = await self._patches(shortfall, content, trip, Path(folder))
            self._count(shortfall, patches)
            told = {patch.digest: patch.blob for patch in patches}
            patched = {patch.target for patch in patches} | {self._image.image}
            whole = [blob for blob in shortfall.missing if blob.digest not in patched]
            with self.account.phase("send"):
                wanted = [config, *whole, *map(MissingBlob, told)]
                await self._sender(trip).send(wanted, {**content.blobs, **told})
        return Assembly(content.config, tuple(told))

    async def _deliver(self, assembly: Assembly, content: Content) -> Outcome:
        """Let the host work, and keep meanwhile what the next push may be compared with."""
        layers = {one: blob for one, blob in content.blobs.items() if one != content.config}
        keeping = asyncio.create_task(asyncio.to_thread(self._kept.keep, layers))
        try:
            return await self._assemble(assembly)
        finally:
            await keeping

    async def _assemble(self, assembly: Assembly) -> Outcome:
        """Deliver, and see to the end of it though the link may break."""
        for _ in range(ATTEMPTS - 1):
            try:
                report = self._listeners.report
                return await self._host.assemble(self._deployment, assembly, report)
            except HostUnreachableError as cut:
                self._say("the connection was cut; asking how the delivery ended")
                if (outcome := await self._following.end(cut)) is not None:
                    return outcome
        return await self._host.assemble(self._deployment, assembly, self._listeners.report)

    async def _patches(
        self, shortfall: Shortfall, content: Content, trip: float, folder: Path
    ) -> "list[Patch]":
        layers = self._patchable(shortfall, trip)
        if not layers:
            return []
        # Most pushes need no patch, and loading what makes one takes longer than a small push.
        from edd.client import patches  # noqa: PLC0415

        blobs = {layer: content.blobs[layer] for layer in layers}
        kept = await asyncio.to_thread(self._kept.find, shortfall.bases)
        if shortfall.bases[0] in kept:
            self._say("comparing with what was sent before")
            return await asyncio.to_thread(patches.patches_by_content, blobs, kept, folder)
        self._say("asking the host what its layers hold")
        skeletons = await self._host.skeletons(self._deployment, shortfall.bases)
        self.account.received_bytes += sum(map(len, skeletons.values()))
        return await asyncio.to_thread(patches.patches_by_description, blobs, skeletons, folder)

    def _patchable(self, shortfall: Shortfall, trip: float) -> list[Digest]:
        """Return the missing layers that are worth a patch; one that has begun goes on whole."""
        if not self._patching or not shortfall.bases:
            return []
        sizes = {layer.diff_id: layer.size for layer in self._image.layers}
        return [
            blob.digest
            for blob in shortfall.missing
            if not blob.received
            and worth_patching(sizes.get(blob.digest, 0), shortfall.base_bytes, trip)
        ]

    def _count(self, shortfall: Shortfall, patches: "Sequence[Patch]") -> None:
        missing = {blob.digest for blob in shortfall.missing}
        layers = {layer.diff_id for layer in self._image.layers}
        lacking, patched = len(layers & missing), len(patches)
        self.account.layers = {
            "present": len(layers) - lacking,
            "patched": patched,
            "whole": lacking - patched,
        }

    def _sender(self, trip: float) -> Sender:
        before = self.account.sent_bytes

        def sent(count: int) -> None:
            self.account.sent_bytes = before + count
            self._listeners.sent(before + count)

        return Sender(self._host, self._deployment, sent, Pace(far=is_far(trip)))

    def _say(self, words: str) -> None:
        self._listeners.report(Progress("patch", words))


async def push_whole(
    host: HostClient, deployment: str, source: Source, listeners: Listeners
) -> tuple[Outcome, Account]:
    """Deliver an archive as it is, in one request; raises as `Push.run`."""
    delivery = await host.load(deployment, source, listeners)
    seconds = {"deliver": round(delivery.seconds, 3)}
    return delivery.outcome, Account(source.size or 0, delivery.bytes, seconds=seconds)
