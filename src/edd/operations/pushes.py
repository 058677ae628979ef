"""Pushes by registry clients: blobs come first, and the manifest of a tag starts a delivery."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from edd.archive.composed import read_config, read_document
from edd.archive.documents import OciDocument
from edd.archive.pushed import (
    choose_manifest,
    is_attestation,
    packed_layers,
    parts,
    read_manifest,
)
from edd.distribution import Manifest
from edd.engine.facts import EngineSelf
from edd.errors import ArchiveError, BusyError, WrongPlatformError
from edd.model.caller import Caller
from edd.model.image import Digest, Platform
from edd.model.job import Outcome, Report
from edd.model.offer import Assembly
from edd.operations.deliveries import Deliveries
from edd.operations.ledger import Ledger
from edd.operations.loading import absent_of, parts_of
from edd.operations.packed import Packed
from edd.operations.receiving import take_whole
from edd.operations.uploads import Uploads
from edd.store.spool import Spool

Layers = list[tuple[Digest, Digest]]

MAX_REMEMBERED = 1 << 16
"""Bytes of a manifest that is remembered; a hundred layers need a quarter of it."""


@dataclass(frozen=True, slots=True)
class Pushed:
    """What was pushed under a tag: of an index, also which manifest is the host's."""

    reference: str
    manifest: Manifest
    chosen: Digest
    image: Digest


class Pushes:
    """Takes images in the words of registries; it keeps them no longer than any delivery does."""

    def __init__(
        self,
        ledger: Ledger,
        engine: EngineSelf,
        deliveries: Deliveries,
        uploads: Uploads,
        packed: Packed,
        spool: Spool,
    ) -> None:
        self._ledger = ledger
        self._engine = engine
        self._deliveries = deliveries
        self.uploads = uploads
        self._packed = packed
        self._spool = spool
        self._unpacking: set[str] = set()
        self._latest: dict[str, Pushed] = {}

    async def held(self, name: str, digest: Digest, caller: Caller) -> int | None:
        """Return the size of a blob that need not be sent, else None."""
        return await self._packed.held(name, digest, caller)

    async def keep(self, name: str, digest: Digest, manifest: bytes) -> None:
        """Keep a manifest that an index is going to name.

        Raises TooLargeError or DiskFullError when there is no room for it.
        """
        bounds = self.uploads.bounds
        await take_whole(self._spool, (name, digest), manifest, bounds, packed=False)

    async def shown(self, name: str, reference: str) -> Manifest | None:
        """Return the manifest that the latest push sent, as long as its image is what runs.

        Docker asks for it after a push; who finds it before a push need not push it again.
        """
        latest = self._latest.get(name)
        if latest is None or reference not in {latest.reference, latest.manifest.digest}:
            return None
        return latest.manifest if await self._runs(name, latest.image) else None

    async def deliver(
        self, name: str, reference: str, manifest: Manifest, caller: Caller, report: Report
    ) -> Outcome:
        """Make the pushed image the running release of ``name``; of an index, the host's image.

        What belongs to an index without being an image changes nothing: Docker's engine 26 sends
        every part of one under the tag.

        Raises, besides what `Deliveries.assemble` raises:
            ArchiveError: the manifest is none, or blobs are not here (``data["missing"]``).
            DigestMismatchError: a layer unpacks to another than the configuration names.
        """
        self._ledger.settings.runnable(name)
        document = read_manifest(manifest.content)
        named = await asyncio.to_thread(self._named, name, manifest.digest, document)
        if is_attestation(document):
            await self._spool.retire(name, named)
            return await self._ledger.standing(name)
        with self._alone(name), self._spool.used(name):
            chosen, image = await self._unpack(name, manifest.digest, document)
        named |= await parts_of(self._spool, name, image)
        if await self._runs(name, image):
            outcome = await self._ledger.standing(name)
        else:
            try:
                outcome = await self._deliveries.assemble(name, Assembly(image), caller, report)
            finally:
                self._packed.look_anew()
        await self._spool.clear(name, named)
        if len(manifest.content) <= MAX_REMEMBERED:
            self._latest[name] = Pushed(reference, manifest, chosen, image)
        return outcome

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        """Let a block unpack for ``name`` while no other does; raise BusyError where one does."""
        if name in self._unpacking:
            raise BusyError(
                f"Another push to {name} is being unpacked.",
                advice="Push again once that one has ended.",
            )
        self._unpacking.add(name)
        try:
            yield
        finally:
            self._unpacking.discard(name)

    def _named(self, name: str, digest: Digest, document: OciDocument) -> set[Digest]:
        """Return a manifest, what it names, and what is here of what an index's manifests name."""
        named = {digest, *parts(document)}
        for manifest in document.manifests or ():
            with suppress(ArchiveError, OSError):
                inner = read_manifest(read_document(self._spool.path(name, manifest.digest)))
                named |= {each for each in parts(inner) if self._spool.path(name, each).exists()}
        return named

    async def _unpack(
        self, name: str, digest: Digest, document: OciDocument
    ) -> tuple[Digest, Digest]:
        """Have the image's parts in the spool by their own names.

        Returns the digests of the image's own manifest and of its configuration.
        """
        facts = await self._engine.facts()
        host = Platform(facts.os, facts.architecture)
        chosen = digest
        if document.manifests is not None:
            chosen = choose_manifest(document.manifests, host)
        latest = self._latest.get(name)
        if latest is not None and latest.chosen == chosen and await self._runs(name, latest.image):
            return chosen, latest.image
        if document.manifests is not None:
            await self._require(name, [chosen])
            path = self._spool.path(name, chosen)
            document = read_manifest(await asyncio.to_thread(read_document, path))
        image, layers = await self._image(name, document, host)
        for packed, layer in dict.fromkeys(layers):
            await self._packed.unpack(name, packed, layer, self.uploads.bounds)
        return chosen, image

    async def _image(
        self, name: str, document: OciDocument, host: Platform
    ) -> tuple[Digest, Layers]:
        """Return the configuration's digest and the layers of an image, all of which are here."""
        if document.config is None:
            raise ArchiveError("The manifest is an index within an index.")
        image = document.config.digest
        await self._require(name, [image])
        _, config = await asyncio.to_thread(read_config, self._spool.path(name, image))
        if not host.runs(config.platform):
            raise WrongPlatformError.between(host, [config.platform])
        layers = packed_layers(document, config)
        blobs = dict.fromkeys(digest for digest, _ in layers)
        await self._require(name, [each for each in blobs if not await self._known(name, each)])
        return image, layers

    async def _runs(self, name: str, image: Digest) -> bool:
        return await self._ledger.runs_already(self._ledger.settings.deployment(name), image)

    async def _known(self, name: str, digest: Digest) -> bool:
        return await self._packed.known(name, digest) is not None

    async def _require(self, name: str, digests: Sequence[Digest]) -> None:
        """Refuse when a blob is not here."""
        if missing := await absent_of(self._spool, name, digests):
            raise ArchiveError(
                f"{len(missing)} blobs of the image are not here, {missing[0]} among them.",
                advice="Push it again.",
                missing=missing,
            )
