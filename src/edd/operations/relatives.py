"""Layers of any image on this host that have much of a missing one's content."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path

from edd.delta import sketch
from edd.model.caller import Caller
from edd.model.image import Digest
from edd.model.offer import BasesRequest, Suggestion
from edd.model.sketch import WORTH_SKETCHING, Sketch
from edd.operations.holdings import Holdings
from edd.planning.offers import MAX_BASES, base_bytes
from edd.planning.relatives import Wanted, further_bases
from edd.store.sketches import Sketches

PATIENCE = 5.0
"""Seconds that a delivery waits for sketches at most; most are taken before the engine is done."""

log = logging.getLogger(__name__)


class Relatives:
    """Keeps sketches of layers, and finds by them what a missing layer may be told in terms of.

    A sketch is taken where a layer lies as a file anyway, once. That and comparing have a thread
    each: no sender keeps others' work from the threads that all share.
    """

    def __init__(self, holdings: Holdings, sketches: Sketches, patience: float = PATIENCE) -> None:
        self._holdings = holdings
        self._patience = patience
        self._sketches = sketches
        self._sketcher = ThreadPoolExecutor(1, thread_name_prefix="sketcher")
        self._comparer = ThreadPoolExecutor(1, thread_name_prefix="comparer")

    async def suggest(self, asked: BasesRequest, caller: Caller) -> Suggestion:
        """Return the bases for the layers in ``asked``: those known already come first.

        None is a layer that ``caller`` may not build upon, nor is one compared with.
        """
        holding = await self._holdings.of(caller)
        told = [layer for layer in dict.fromkeys(asked.bases) if holding.home(layer)]
        held = dict.fromkeys(layer for image in holding.images for layer in image.layers)
        sketches = await self._sketches.find(held)
        wanted = [
            Wanted(layer.size, frozenset(Sketch(bytes.fromhex(layer.sketch)).values))
            for layer in asked.layers
        ]
        more = await asyncio.get_running_loop().run_in_executor(
            self._comparer, further_bases, wanted, told, sketches, holding
        )
        others = [layer for layer in more if layer not in told]
        bases = (*told[: MAX_BASES - len(others)], *others)
        return Suggestion(bases, base_bytes(bases, holding))

    @asynccontextmanager
    async def noting(self, files: Mapping[Digest, Path]) -> AsyncGenerator[None, None]:
        """Sketch layers meanwhile; nothing fails because that does, or waits long for it.

        What is not sketched soon after a good end is left.
        """
        noted = asyncio.create_task(self.note(files))
        try:
            yield
            await asyncio.wait({noted}, timeout=self._patience)
        finally:
            noted.cancel()

    async def note(self, files: Mapping[Digest, Path]) -> None:
        """Sketch those verified layers in ``files`` that are large and not known yet."""
        try:
            large = await asyncio.to_thread(_large, files)
            known = await self._sketches.find(large) if large else {}
            for layer in [one for one in large if one not in known]:
                taken = await asyncio.get_running_loop().run_in_executor(
                    self._sketcher, _sketched, files[layer]
                )
                await self._sketches.remember(layer, taken)
        except Exception:
            log.exception("layers-not-sketched")


def _large(files: Mapping[Digest, Path]) -> list[Digest]:
    return [layer for layer, path in files.items() if path.stat().st_size >= WORTH_SKETCHING]


def _sketched(path: Path) -> Sketch:
    with path.open("rb") as layer:
        return sketch(layer)
