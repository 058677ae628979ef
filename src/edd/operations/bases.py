"""Layers of images on this host as files, for as long as a delivery needs them.

No second copy of an image is kept for this: the engine writes one out when it is wanted, and what
was taken of it goes when the delivery has ended, or soon if none follows.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from edd.archive.caught import catch_layers
from edd.delta import describe
from edd.engine.saving import open_saved
from edd.errors import EngineRefusedError, InvalidRequestError
from edd.model.caller import Caller
from edd.model.holding import Holding
from edd.model.image import Digest
from edd.operations.arrival import Arrival
from edd.operations.holdings import Holdings
from edd.operations.relatives import Relatives
from edd.operations.settings import Settings
from edd.planning.offers import homes
from edd.store.extracts import Extracts


class Bases:
    """Gets layers out of the engine, into files of the deployment they are wanted for.

    That takes long, and has threads of its own: one engine writes out one image at a time, and two
    layers at a time are described.
    """

    def __init__(
        self,
        settings: Settings,
        holdings: Holdings,
        arrival: Arrival,
        extracts: Extracts,
        relatives: Relatives,
    ) -> None:
        self._settings = settings
        self._holdings = holdings
        self._arrival = arrival
        self._extracts = extracts
        self.relatives = relatives
        self._one_save = asyncio.Lock()
        self._saver = ThreadPoolExecutor(1, thread_name_prefix="saver")
        self._describers = ThreadPoolExecutor(2, thread_name_prefix="describer")

    @asynccontextmanager
    async def delivery(self, name: str) -> AsyncGenerator[None, None]:
        """Keep what is fetched for ``name`` until the end, and no longer."""
        try:
            async with self._extracts.used(name):
                yield
        finally:
            await self._extracts.let_go(name)

    async def fetch(self, name: str, layers: Sequence[Digest], holding: Holding) -> None:
        """Have ``layers`` where `path` says, as long as `delivery` lasts.

        Raises:
            InvalidRequestError: no image of ``holding`` has one of them.
            EngineRefusedError: the engine does not give one back as it was.
            DiskFullError: there is no room to write them out.
        """
        if strange := [layer for layer in layers if not holding.home(layer)]:
            raise InvalidRequestError(
                f"No image here that you may build upon has layer {strange[0]}."
            )
        async with self._one_save:
            images: dict[Digest, list[Digest]] = {}
            for layer, image in homes(await self._extracts.absent(name, layers), holding).items():
                images.setdefault(image.id, []).append(layer)
            for image_id, wanted in images.items():
                await self._save(name, image_id, wanted)

    async def skeletons(
        self, name: str, layers: Sequence[Digest], caller: Caller
    ) -> AsyncGenerator[bytes, None]:
        """Yield what tells of each layer's content without being it; raises first, as `fetch`.

        The layers stay for some minutes, since a patch against them is likely to follow.
        """
        holding = await self._holdings.of(caller)
        loop = asyncio.get_running_loop()
        async with self._extracts.used(name):
            await self.fetch(name, layers, holding)
            for layer in layers:
                path = self.path(name, layer)
                yield await loop.run_in_executor(self._describers, _skeleton, path)

    def path(self, name: str, layer: Digest) -> Path:
        """Return where a fetched layer lies."""
        return self._extracts.path(name, layer)

    async def _save(self, name: str, image: Digest, wanted: Collection[Digest]) -> None:
        await self._arrival.admit_image(image)
        socket = str(self._settings.config.docker_socket)
        loop = asyncio.get_running_loop()
        with self._extracts.workshop() as folder:
            caught = await loop.run_in_executor(self._saver, _catch, socket, image, wanted, folder)
            if absent := [layer for layer in wanted if layer not in caught]:
                raise EngineRefusedError(f"The engine's copy of layer {absent[0]} is another.")
            async with self.relatives.noting(caught):
                pass  # what follows moves the files that are read for it
            await self._extracts.keep(name, caught)


def _catch(
    socket: str, image: Digest, wanted: Collection[Digest], folder: Path
) -> dict[Digest, Path]:
    with open_saved(socket, image) as saved:
        return catch_layers(saved, wanted, folder)


def _skeleton(path: Path) -> bytes:
    with path.open("rb") as layer:
        return describe(layer).encode()
