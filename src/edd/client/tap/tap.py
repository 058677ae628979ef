"""An open tap: the image's configuration at once, its layers as they are asked for."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import IO

from edd.client.places import cache_folder
from edd.client.tap.engine import Engine, KnownImage, connected
from edd.client.tap.files import dropping_file, nameless_file
from edd.client.tap.layers import TappedLayer, unpack
from edd.client.tap.manifests import Packed, candidates, diff_ids_in
from edd.client.tap.memory import Memory, alone, recall, remember
from edd.client.tap.server import serving
from edd.client.tap.spool import Spool
from edd.errors import EngineRefusedError, SourceError
from edd.model.image import Digest

_LARGEST_CONFIG = 8 << 20

Permits = Callable[[int, int, str], bool]
"""Tells whether an engine may send so much: the image's bytes, those to be sent, its store."""


class Tap:
    """The layers of one image, out of an engine that believes it pushes them to a registry.

    The classic store learns a layer's packed digest only by packing it, once: it notes the
    digest, and next time asks first whether the registry has it. So the first push claims that
    everything is here, which brings the layers that are new to the engine, the configuration and
    all digests; what else is wanted is denied in a second one.
    """

    def __init__(self, image: KnownImage, door: "_Door", folder: Path | None) -> None:
        self._image = image
        self._door = door
        self._folder = folder
        self._packed = Packed("", ())
        self._layers: dict[Digest, TappedLayer] = {}
        self.config = b""

    @property
    def diff_ids(self) -> tuple[Digest, ...]:
        """The image's layers from the lowest up."""
        return self._image.diff_ids

    @property
    def received(self) -> int:
        """How many bytes the engine has sent so far, as it packed them."""
        return self._door.spool.received_bytes

    async def take(self, wanted: Collection[Digest]) -> dict[Digest, TappedLayer]:
        """Return the layers with these diff IDs, plain and verified; they close with the tap.

        Raises:
            EngineRefusedError: the engine would not give them, or they are not permitted.
            SourceError: the image has no such layer, or the disk has no room.
            DigestMismatchError: the engine sent something else.
        """
        if strangers := set(wanted) - set(self.diff_ids):
            raise SourceError(f"The image has no layer {min(strangers)}.")
        needed = self._packed.needed(self.diff_ids, wanted)
        if needed - self._door.spool.blobs.keys():
            await self._push_without(needed)
            self._settle()
        blobs = dict(zip(self.diff_ids, self._packed.layers, strict=True))
        for diff_id in set(wanted) - self._layers.keys():
            packed = self._door.spool.blobs.get(blobs[diff_id])
            if packed is None:
                raise EngineRefusedError("The local engine did not push a layer it was asked for.")
            self._layers[diff_id] = await unpack(packed.file, diff_id, self._folder)
        return {diff_id: self._layers[diff_id] for diff_id in wanted}

    async def open(self) -> None:
        """Get the configuration, and what the engine must pack before it knows its digests."""
        # On the classic store an image's id is its configuration's digest.
        await self._door.push(lambda digest: digest != self._image.id)
        configs = {packed.config for packed in self._candidates()}
        if configs - self._door.spool.blobs.keys():
            await self._push_without(configs)
        self._settle()

    def close(self) -> None:
        """Drop the layers."""
        for layer in self._layers.values():
            layer.file.close()

    def _settle(self) -> None:
        """Find the manifest that describes this image, and its configuration."""
        for packed in self._candidates():
            blob = self._door.spool.blobs.get(packed.config)
            config = blob.content() if blob and blob.size <= _LARGEST_CONFIG else b""
            if diff_ids_in(config) == list(self.diff_ids):
                self._packed, self.config = packed, config
                return
        raise EngineRefusedError("The local engine pushed no manifest of this image.")

    def _candidates(self) -> list[Packed]:
        return candidates(self._door.spool.manifests.values(), len(self.diff_ids))

    async def _push_without(self, needed: Collection[Digest]) -> None:
        """Let the engine push while all that its last manifests named is here but ``needed``."""
        known = {digest for packed in self._candidates() for digest in packed.digests}
        await self._door.push(lambda digest: digest in known and digest not in needed)


class _Door:
    """Where the engine pushes an image to, and what it says of it meanwhile."""

    def __init__(
        self, engine: Engine, permits: Callable[[int], bool], new_file: Callable[[], IO[bytes]]
    ) -> None:
        self.spool = Spool(lambda size: permits(max(size, sum(self._sending.values()))), new_file)
        self._engine = engine
        self._sending: dict[str, int] = {}
        self._reference = ""
        self._password = ""

    @asynccontextmanager
    async def open(self, image: KnownImage) -> AsyncIterator[None]:
        """Serve while entered, under a name of the image that leads here.

        Raises:
            EngineRefusedError: the engine does not come here when it is told to.
        """
        folder = cache_folder(os.environ)
        with alone(folder) as first:
            known = await asyncio.to_thread(recall, folder)
            memory = known if first else Memory(0, known.password)
            self._password = memory.password
            async with serving(self.spool, memory) as (port, gatekeeper):
                login = self._engine.log_in(port, memory.password)
                await asyncio.gather(login, self._engine.sweep(port))
                if not gatekeeper.passed:
                    raise EngineRefusedError("The local engine's loopback is not this process's.")
                if first:
                    await asyncio.to_thread(remember, folder, Memory(port, memory.password))
                async with self._engine.tagged(image, port) as self._reference:
                    yield

    async def push(self, claims: Callable[[Digest], bool]) -> None:
        """Let the engine push while it believes ``claims``; the manifests are those it sends now.

        Raises:
            EngineRefusedError: it cannot, or it may not.
            SourceError: the disk has no room.
        """
        self.spool.claims = claims
        self.spool.manifests.clear()
        self._sending.clear()
        push = self._engine.push(self._reference, self._password, self._note)
        pushing, failure = asyncio.ensure_future(push), self.spool.failure
        try:
            await asyncio.wait({pushing, failure}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            pushing.cancel()
            await asyncio.wait({pushing})
            ended = None if pushing.cancelled() else pushing.exception()
        if failure.done():
            failure.result()
        if ended is not None:
            raise ended

    def close(self) -> None:
        """Drop what was pushed."""
        self.spool.close()

    def _note(self, layer: str, size: int) -> None:
        """Take down that the engine sends ``layer``, of so many bytes before it packs them."""
        self._sending[layer] = size


@asynccontextmanager
async def open_tap(
    name: str, socket: str, permits: Permits, folder: Path | None = None
) -> AsyncIterator[Tap]:
    """Yield a tap on an image of the engine at ``socket``; leave nothing behind.

    ``permits`` is asked before anything is sent, and again whenever the engine turns out to send
    more. Temporary files lie in ``folder``, or where the system has them.

    Raises:
        EngineRefusedError: a save is the way. There is no such image or it has no name, the
            engine does not reach this process (it runs elsewhere, or in a network of its own),
            or it would have to send more than is permitted.
        SourceError: the disk has no room.
    """
    async with connected(socket) as engine:
        image, store = await _pushable(engine, name)

        def permitted(sent: int) -> bool:
            return permits(image.size, sent, store)

        if not permitted(0):
            raise EngineRefusedError("So much of the image is saved sooner than pushed.")
        with closing(_Door(engine, permitted, partial(nameless_file, folder))) as door:
            async with door.open(image):
                with closing(Tap(image, door, folder)) as tap:
                    await tap.open()
                    yield tap


async def learn(name: str, socket: str) -> None:
    """Let the engine at ``socket`` pack what it never packed of an image, however long that takes.

    Only the classic store has anything to learn. A layer that is packed stays known, though this
    is cancelled; of the others nothing stays.

    Raises:
        EngineRefusedError: as in `open_tap`.
    """
    async with connected(socket) as engine:
        image, store = await _pushable(engine, name)
        if store != "graphdriver":
            return
        with closing(_Door(engine, lambda _: True, dropping_file)) as door:
            async with door.open(image):
                await door.push(lambda _: True)


async def _pushable(engine: Engine, name: str) -> tuple[KnownImage, str]:
    """Return an image that has a name, and the engine's image store."""
    image, store = await asyncio.gather(engine.image(name), engine.store())
    if not image.named:
        raise EngineRefusedError("An image without a name cannot be pushed safely.")
    return image, store
