"""Patches in a push: what may be compared with what, and whole layers wherever that goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from edd.client.account import Account
from edd.client.bases import OldLayers
from edd.client.host import HostClient
from edd.client.images import Blob, LocalImage, held_here
from edd.client.images.reading import readable
from edd.client.kept import Kept
from edd.client.patience import insist, lost
from edd.errors import ArchiveError, DigestMismatchError, EddError
from edd.model.image import Digest
from edd.model.job import Progress, Report
from edd.planning.reading import worth_reading

if TYPE_CHECKING:
    from edd.client.patches import Patch

MOST = 32 << 20
"""Bytes of descriptions that a sender holds: of layers of some 10 GB."""


@dataclass(frozen=True)
class Task:
    """Layers to be told by patches against ``bases``; ``folder`` takes files."""

    layers: Mapping[Digest, Blob]
    bases: OldLayers
    folder: Path
    account: Account


class Patching:
    """Tells layers by patches until one of them fails; from then on ``allowed`` is False."""

    def __init__(
        self, host: HostClient, deployment: str, image: LocalImage, kept: Kept, report: Report
    ) -> None:
        self._host = host
        self._deployment = deployment
        self._image = image
        self._kept = kept
        self._report = report
        self._bases = OldLayers()
        self.allowed = True

    @asynccontextmanager
    async def patches(
        self, layers: Mapping[Digest, Blob], bases: OldLayers, account: Account
    ) -> "AsyncIterator[list[Patch]]":
        """Yield the patches that are worth sending, in files that are gone afterwards.

        Whatever goes wrong is said, and there are none then.
        """
        self._bases = bases
        with ExitStack() as stack:
            patches: list[Patch] = []
            try:
                with account.phase("patch"), readable("No patch can be made here"):
                    if layers and bases.every and self.allowed:
                        folder = stack.enter_context(TemporaryDirectory(prefix="edd-patches-"))
                        patches = await self._made(Task(layers, bases, Path(folder), account))
            except EddError as error:
                self.give_up(error)
            yield patches

    def give_up(self, why: EddError) -> None:
        """Make no more patches in this push, and say why; forget what did not fit."""
        self.allowed = False
        if isinstance(why, ArchiveError | DigestMismatchError):
            self._kept.forget(self._bases.every)
        words = "a patch did not fit" if "patch" in why.data else "patches are not possible"
        self._say(f"{words}, the whole layer is sent: {why.detail}")

    async def _made(self, task: Task) -> "list[Patch]":
        """Compare with the likeliest base: as it is kept here, in the engine here, or as told."""
        kept = await asyncio.to_thread(self._kept.find, task.bases.every)
        if task.bases.every[0] in kept:
            self._say("comparing with what was sent before")
            return await self._against(task, kept)
        if (patches := await self._by_held(task)) is not None:
            return patches
        return await self._against(task, {})

    async def _against(self, task: Task, contents: Mapping[Digest, Blob]) -> "list[Patch]":
        """Compare with layers at hand, and with what the host tells of those that are not.

        Where the likeliest are at hand, only those are asked for that are known to have something.
        """
        wanted = task.bases.alike if contents else task.bases.every
        lacking = [layer for layer in wanted if layer not in contents]
        told = await self._told(task, lacking) if lacking else {}
        if not (told or contents):
            self._say("too much to be told of, the whole layer is sent")
            return []
        return await _made(task, contents, told)

    async def _by_held(self, task: Task) -> "list[Patch] | None":
        """Compare with layers of an image here, if it has them and that is the quicker way."""
        ours = {layer.diff_id for layer in self._image.layers}
        held = await held_here(task.bases.every, ours)
        changed = sum(blob.size or 0 for blob in task.layers.values())
        if held is None or not worth_reading(
            held.image.size, task.bases.bytes, changed, held.store
        ):
            return None
        self._say("comparing with an image of this machine's engine")
        try:
            async with held.image.content(held.layers, self._report) as content:
                old = {layer: content.blobs[layer] for layer in held.layers}
                return await self._against(task, old)
        except EddError as error:
            self._say(f"the engine here does not give its layers: {error.detail}")
            return None

    async def _told(self, task: Task, layers: Sequence[Digest]) -> dict[Digest, bytes]:
        """Return what the host tells of ``layers``, in their order, as far as that is held."""
        self._say("asking the host what its layers hold")
        told: dict[Digest, bytes] = {}

        async def ask() -> None:
            left = layers[len(told) :]
            room = MOST - sum(map(len, told.values()))
            async with aclosing(self._host.skeletons(self._deployment, left, room)) as pieces:
                async for piece in pieces:
                    told[layers[len(told)]] = piece
                    task.account.received_bytes += len(piece)

        await insist(self._host, ask, lambda: len(told), lambda: self._report(lost("patch")))
        return told

    def _say(self, words: str) -> None:
        self._report(Progress("patch", words))


# Most pushes need no patch, and loading what makes one takes longer than a small push.


async def _made(
    task: Task, contents: Mapping[Digest, Blob], told: Mapping[Digest, bytes]
) -> "list[Patch]":
    from edd.client.patches import Old, patches_against  # noqa: PLC0415

    return await asyncio.to_thread(patches_against, Old(contents, told), task.layers, task.folder)
