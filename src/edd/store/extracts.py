"""Layers that an engine wrote out, as files, for as long as they are used and a little longer.

The engine holds them: what lies here is a second copy, and none is kept.
"""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from edd.model.image import Digest

WORKSHOP = ".making-"


class Extracts:
    """Each deployment's extracts, below ``root``; none outlives the daemon."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._users: Counter[str] = Counter()
        self._left: dict[str, float] = {}
        self._one_tidies = asyncio.Lock()
        shutil.rmtree(root, ignore_errors=True)

    @asynccontextmanager
    async def used(self, deployment: str) -> AsyncGenerator[None, None]:
        """Let nothing of a deployment go meanwhile."""
        self._users[deployment] += 1
        try:
            async with self._one_tidies:
                pass  # what was going is gone
            yield
        finally:
            self._users[deployment] -= 1
            self._left[deployment] = time.monotonic()

    def path(self, deployment: str, layer: Digest) -> Path:
        """Return where a layer lies."""
        return self._root / deployment / layer.removeprefix("sha256:")

    async def absent(self, deployment: str, layers: Sequence[Digest]) -> list[Digest]:
        """Return those of ``layers`` that do not lie here."""
        paths = {layer: self.path(deployment, layer) for layer in layers}
        return await asyncio.to_thread(
            lambda: [layer for layer, path in paths.items() if not path.exists()]
        )

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """Give a folder on the same disk that is gone afterwards."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=WORKSHOP, dir=self._root) as folder:
            yield Path(folder)

    async def keep(self, deployment: str, files: Mapping[Digest, Path]) -> None:
        """Take files from a `workshop`."""
        places = [(file, self.path(deployment, layer)) for layer, file in files.items()]
        await asyncio.to_thread(_move, places)

    async def let_go(self, deployment: str) -> None:
        """Remove what nobody uses any more."""
        async with self._one_tidies:
            if not self._users[deployment]:
                self._left.pop(deployment, None)
                folder = self._root / deployment
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def sweep(self, idle: float) -> None:
        """Remove what nobody has used for ``idle`` seconds."""
        before = time.monotonic() - idle
        for deployment in [name for name, left in self._left.items() if left < before]:
            await self.let_go(deployment)


def _move(places: Sequence[tuple[Path, Path]]) -> None:
    for file, place in places:
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.replace(place)
