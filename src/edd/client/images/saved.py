"""An image of the local engine: described by an inspection, read through a push or a save.

A push to ourselves gives single layers, and a save gives all of them: see `edd.client.tap`.
"""

import asyncio
import hashlib
import io
import os
import tempfile
import time
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from edd.client.contexts import engine_socket
from edd.client.engine import FoundImage, open_image
from edd.client.images.archived import ArchivedImage, only_image, tar_files
from edd.client.images.reading import Slice, readable
from edd.client.images.types import Blob, Content
from edd.client.places import cache_folder
from edd.client.saves import Saves
from edd.errors import EngineRefusedError, SourceError
from edd.model.image import Digest
from edd.model.job import Progress, Report
from edd.model.offer import LayerOffer
from edd.model.size import human_size
from edd.planning.reading import Reading, choose_reading

if TYPE_CHECKING:
    from edd.client.tap import TappedLayer

AFTERWARDS = "what changes later needs none of that"

LASTING = 20_000_000
"""Bytes that an engine packs before it is worth a word; fewer take less than half a second."""


@dataclass(frozen=True)
class EngineImageHere:
    """An image that the engine of this machine holds."""

    found: FoundImage

    @property
    def name(self) -> str:
        """The reference it was found by."""
        return self.found.reference

    @property
    def image(self) -> Digest:
        """Its id."""
        return self.found.id

    @property
    def layers(self) -> tuple[LayerOffer, ...]:
        """Its layers; sizes are 0 where the engine tells only what they come to in all."""
        found = self.found
        return tuple(map(LayerOffer, found.layers, found.sizes or (0,) * len(found.layers)))

    @property
    def size(self) -> int:
        """The bytes of its files, as the engine tells them."""
        return self.found.size

    @asynccontextmanager
    async def content(self, layers: Collection[Digest], report: Report) -> AsyncIterator[Content]:
        """Let the engine push what is wanted, or save the whole image where that costs less."""
        choice = _Choice(
            self, layers, await asyncio.to_thread(self._saves.wasted, self._all), report
        )
        async with AsyncExitStack() as stack:
            try:
                content = await self._tapped(stack, layers, choice)
            except EngineRefusedError:
                content = await self._saved(stack, layers, choice)
            yield content

    async def _tapped(
        self, stack: AsyncExitStack, layers: Collection[Digest], choice: "_Choice"
    ) -> Content:
        # What serves the engine costs a fifth of a second to load, and archives do without.
        from edd.client.tap import open_tap  # noqa: PLC0415

        async with AsyncExitStack() as opening:
            door = open_tap(self.name, engine_socket(), choice.permits)
            tap = await opening.enter_async_context(door)
            taken = await tap.take(layers)
            stack.push_async_exit(opening.pop_all())
        await asyncio.to_thread(self._saves.forget, self._all)
        config = f"sha256:{hashlib.sha256(tap.config).hexdigest()}"
        told = Blob(partial(io.BytesIO, tap.config), len(tap.config))
        return Content(config, {config: told} | {one: _blob(taken[one]) for one in taken})

    async def _saved(
        self, stack: AsyncExitStack, layers: Collection[Digest], choice: "_Choice"
    ) -> Content:
        began = time.monotonic()
        with readable("What the local engine saves cannot be kept in a temporary file"):
            file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="edd-push-"))  # noqa: SIM115 - the stack closes it
            async with open_image(self.found) as chunks:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.flush)
        if choice.refused:
            wasted = self._unwanted(layers, time.monotonic() - began)
            await asyncio.to_thread(self._saves.note, wasted)
        saved = await asyncio.to_thread(_read, self.name, Path(file.name))
        content = await stack.enter_async_context(saved.content(layers, choice.report))
        return replace(content, learn=self._learn if choice.refused else None)

    async def _learn(self) -> None:
        """Let the engine pack what it must pack before it can push single layers."""
        from edd.client.tap import learn  # noqa: PLC0415

        with suppress(EngineRefusedError, SourceError, OSError):
            await learn(self.name, engine_socket())
            await asyncio.to_thread(self._saves.forget, self._all)

    def _unwanted(self, layers: Collection[Digest], seconds: float) -> dict[Digest, float]:
        """Return what of ``seconds`` each layer took that is not among ``layers``, by its size."""
        sizes = {layer.diff_id: layer.size for layer in self.layers}
        total = sum(sizes.values())
        return {
            layer: seconds * size / total
            for layer, size in sizes.items()
            if size and layer not in layers
        }

    @property
    def _all(self) -> tuple[Digest, ...]:
        return self.found.layers

    @property
    def _saves(self) -> Saves:
        return Saves(cache_folder(os.environ))


class _Choice:
    """Decides whether layers come by a push; says so where that takes long.

    ``refused``: they did not, for what the engine would have had to pack.
    """

    def __init__(
        self, image: EngineImageHere, layers: Collection[Digest], wasted: float, report: Report
    ) -> None:
        self._wanted = sum(layer.size for layer in image.layers if layer.diff_id in layers)
        self._name = image.name
        self._wasted = wasted
        self._said = False
        self.report = report
        self.refused = False

    def permits(self, image: int, sent: int, store: str) -> bool:
        """Tell whether a push is the way when the engine must send so much."""
        most = max(sent, self._wanted)
        if choose_reading(image, most, store, self._wasted) is Reading.SAVE:
            self.refused = True
            return False
        lasts = sent >= LASTING and not self._said
        if lasts and choose_reading(image, most, store) is Reading.SAVE:
            self._said = True
            size = f"{human_size(image)} at most"
            words = f"the engine here packs the layers of {self._name} once ({size}); {AFTERWARDS}"
            self.report(Progress("prepare", words))
        return True


def _blob(layer: "TappedLayer") -> Blob:
    def opened() -> BinaryIO:
        return cast(BinaryIO, Slice(layer.file, 0, layer.size, owner=False))

    return Blob(opened, layer.size)


def _read(name: str, path: Path) -> ArchivedImage:
    image = only_image(name, tar_files(path) or {})
    if image is None:
        raise SourceError(f"What the local engine saved of {name} is no image.")
    return image
