"""Patches in a push: what may be compared with what, and whole layers wherever that goes wrong."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack, aclosing, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from edd.client.account import Account
from edd.client.host import HostClient
from edd.client.images import Blob
from edd.client.images.reading import readable
from edd.client.kept import Kept
from edd.client.patience import insist
from edd.errors import ArchiveError, DigestMismatchError, EddError
from edd.model.image import Digest
from edd.model.job import Progress, Report

if TYPE_CHECKING:
    from edd.client.patches import Patch

MOST = 32 << 20
"""Bytes of descriptions that a sender holds: of layers of some 10 GB."""


class Patching:
    """Tells layers by patches until one of them fails; from then on ``allowed`` is False."""

    def __init__(self, host: HostClient, deployment: str, kept: Kept, report: Report) -> None:
        self._host = host
        self._deployment = deployment
        self._kept = kept
        self._report = report
        self._bases: Sequence[Digest] = ()
        self.allowed = True

    @asynccontextmanager
    async def patches(
        self, layers: Mapping[Digest, Blob], bases: Sequence[Digest], account: Account
    ) -> "AsyncIterator[list[Patch]]":
        """Yield the patches that are worth sending, in files that are gone afterwards.

        Whatever goes wrong is said, and there are none then.
        """
        self._bases = bases
        with ExitStack() as stack:
            patches: list[Patch] = []
            try:
                with account.phase("patch"), readable("No patch can be made here"):
                    if layers and bases and self.allowed:
                        folder = stack.enter_context(TemporaryDirectory(prefix="edd-patches-"))
                        patches = await self._made(layers, account, Path(folder))
            except EddError as error:
                self.give_up(error)
            yield patches

    def give_up(self, why: EddError) -> None:
        """Make no more patches in this push, and say why; forget what did not fit."""
        self.allowed = False
        if isinstance(why, ArchiveError | DigestMismatchError):
            self._kept.forget(self._bases)
        words = "a patch did not fit" if "patch" in why.data else "patches are not possible"
        self._say(f"{words}, the whole layer is sent: {why.detail}")

    async def _made(
        self, layers: Mapping[Digest, Blob], account: Account, folder: Path
    ) -> "list[Patch]":
        # Most pushes need no patch, and loading what makes one takes longer than a small push.
        from edd.client import patches  # noqa: PLC0415

        kept = await asyncio.to_thread(self._kept.find, self._bases)
        if self._bases[0] in kept:
            self._say("comparing with what was sent before")
            return await asyncio.to_thread(patches.patches_by_content, layers, kept, folder)
        self._say("asking the host what its layers hold")
        told = await self._skeletons(account)
        if not told:
            self._say("too much to be told of, the whole layer is sent")
            return []
        return await asyncio.to_thread(patches.patches_by_description, layers, told, folder)

    async def _skeletons(self, account: Account) -> dict[Digest, bytes]:
        """Return what the host tells of its layers, the likeliest first, as far as that is held."""
        told: dict[Digest, bytes] = {}

        async def ask() -> None:
            left = self._bases[len(told) :]
            room = MOST - sum(map(len, told.values()))
            async with aclosing(self._host.skeletons(self._deployment, left, room)) as pieces:
                layers = iter(left)
                async for piece in pieces:
                    told[next(layers)] = piece
                    account.received_bytes += len(piece)

        await insist(self._host, ask, lambda: len(told))
        return told

    def _say(self, words: str) -> None:
        self._report(Progress("patch", words))
