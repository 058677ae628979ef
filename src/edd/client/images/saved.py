"""An image of the local engine: described by an inspection, read through a push or a save.

A push to ourselves gives single layers, and a save gives all of them: see `edd.client.tap`.
"""

import asyncio
import hashlib
import io
import tempfile
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from edd.client.engine import FoundImage, engine_socket, open_image
from edd.client.images.archived import ArchivedImage, only_image, tar_files
from edd.client.images.reading import Slice, readable
from edd.client.images.types import Blob, Content
from edd.errors import EngineRefusedError, SourceError
from edd.model.image import Digest
from edd.model.offer import LayerOffer

if TYPE_CHECKING:
    from edd.client.tap import TappedLayer


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
    async def content(self, layers: Collection[Digest]) -> AsyncIterator[Content]:
        """Let the engine push what is wanted, or save the whole image where that costs less."""
        async with AsyncExitStack() as stack:
            try:
                content = await self._tapped(stack, layers)
            except EngineRefusedError:
                content = await self._saved(stack, layers)
            yield content

    async def _tapped(self, stack: AsyncExitStack, layers: Collection[Digest]) -> Content:
        # What serves the engine costs a fifth of a second to load, and archives do without.
        from edd.client.tap import open_tap  # noqa: PLC0415

        wanted = sum(layer.size for layer in self.layers if layer.diff_id in layers)
        door = open_tap(self.name, engine_socket(), wanted=wanted)
        tap = await stack.enter_async_context(door)
        taken = await tap.take(layers)
        config = f"sha256:{hashlib.sha256(tap.config).hexdigest()}"
        told = Blob(partial(io.BytesIO, tap.config), len(tap.config))
        return Content(config, {config: told} | {one: _blob(taken[one]) for one in taken})

    async def _saved(self, stack: AsyncExitStack, layers: Collection[Digest]) -> Content:
        with readable("What the local engine saves cannot be kept in a temporary file"):
            file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="edd-push-"))  # noqa: SIM115 - the stack closes it
            async with open_image(self.found) as chunks:
                async for chunk in chunks:
                    await asyncio.to_thread(file.write, chunk)
            await asyncio.to_thread(file.flush)
        saved = await asyncio.to_thread(_read, self.name, Path(file.name))
        return await stack.enter_async_context(saved.content(layers))


def _blob(layer: "TappedLayer") -> Blob:
    def opened() -> BinaryIO:
        return cast(BinaryIO, Slice(layer.file, 0, layer.size, owner=False))

    return Blob(opened, layer.size)


def _read(name: str, path: Path) -> ArchivedImage:
    image = only_image(name, tar_files(path) or {})
    if image is None:
        raise SourceError(f"What the local engine saved of {name} is no image.")
    return image
