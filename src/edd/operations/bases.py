"""Layers of images on this host as files, for as long as a delivery needs them.

No second copy of an image is kept for this: the engine writes one out when it is wanted, and what
was taken of it goes when the delivery has ended.
"""

import asyncio
from collections.abc import Collection, Sequence
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
from edd.operations.settings import Settings
from edd.store.spool import Spool


class Bases:
    """Gets layers out of the engine, into the spool of the deployment they are wanted for."""

    def __init__(
        self, settings: Settings, holdings: Holdings, arrival: Arrival, spool: Spool
    ) -> None:
        self._settings = settings
        self._holdings = holdings
        self._arrival = arrival
        self._spool = spool
        self._one_save = asyncio.Lock()

    async def fetch(self, name: str, layers: Sequence[Digest], caller: Caller) -> None:
        """Have ``layers`` where `path` says, until `let_go`.

        Raises:
            InvalidRequestError: no image that ``caller`` may build upon has one of them.
            EngineRefusedError: the engine does not give one back as it was.
            DiskFullError: there is no room to write them out.
        """
        async with self._one_save:
            absent = [layer for layer in layers if not await self._here(name, layer)]
            if not absent:
                return
            holding = await self._holdings.of(caller)
            for image, wanted in _by_home(absent, holding).items():
                await self._save(name, image, wanted)

    async def skeletons(
        self, name: str, layers: Sequence[Digest], caller: Caller
    ) -> dict[Digest, bytes]:
        """Return what tells of the layers' content without being it; raises as `fetch`."""
        await self.fetch(name, layers, caller)
        paths = {layer: self.path(name, layer) for layer in layers}
        return {layer: await asyncio.to_thread(_skeleton, path) for layer, path in paths.items()}

    def path(self, name: str, layer: Digest) -> Path:
        """Return where a fetched layer lies."""
        return self._spool.path(_owner(name), layer)

    async def let_go(self, name: str) -> None:
        """Remove what was fetched for ``name``."""
        await self._spool.clear(_owner(name))

    async def _here(self, name: str, layer: Digest) -> bool:
        return (await self._spool.received(_owner(name), layer)).complete

    async def _save(self, name: str, image: Digest, wanted: Collection[Digest]) -> None:
        await self._arrival.admit_image(image)
        with self._spool.workshop() as folder:
            socket = str(self._settings.config.docker_socket)
            caught = await asyncio.to_thread(_catch, socket, image, wanted, folder)
            if absent := [layer for layer in wanted if layer not in caught]:
                raise EngineRefusedError(f"The engine's copy of layer {absent[0]} is another.")
            for layer, path in caught.items():
                await self._spool.adopt((_owner(name), layer), path)


def _owner(name: str) -> str:
    """Return the spool's word for what was fetched, not sent, for a deployment."""
    return f"{name}.base"  # no deployment's name has a dot


def _by_home(layers: Sequence[Digest], holding: Holding) -> dict[Digest, list[Digest]]:
    homes: dict[Digest, list[Digest]] = {}
    for layer in layers:
        home = holding.home(layer)
        if home is None:
            raise InvalidRequestError(f"No image here that you may build upon has layer {layer}.")
        homes.setdefault(home, []).append(layer)
    return homes


def _catch(
    socket: str, image: Digest, wanted: Collection[Digest], folder: Path
) -> dict[Digest, Path]:
    with open_saved(socket, image) as saved:
        return catch_layers(saved, wanted, folder)


def _skeleton(path: Path) -> bytes:
    with path.open("rb") as layer:
        return describe(layer).encode()
