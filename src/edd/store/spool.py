"""Blobs on their way in: each grows in a file of its own until it is whole and verified.

A blob belongs to one deployment: nobody can learn of, add to, or use another's. What a crash
leaves is a shorter file, which goes on where it ends.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar, TypeVarTuple

from edd.model.image import Digest
from edd.model.offer import Received
from edd.store.blobs import Blobs, Bounds, Sum, unwritable
from edd.store.sparing import Key

T = TypeVar("T")
Given = TypeVarTuple("Given")


class Spool:
    """The blobs of all deployments, below ``root``; one thread does everything to the files.

    Where a bound is met, what nobody writes or uses makes room, as `edd.store.sparing` says, before
    anything is refused. What an earlier daemon held for whole is verified when it is next asked
    for: the plug may have been pulled before it was on the disk.
    """

    def __init__(self, root: Path) -> None:
        self._blobs = Blobs(root)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._verifier = ThreadPoolExecutor(1, thread_name_prefix="spool-verifier")
        self._thread.submit(self._blobs.take_stock).result()

    @contextmanager
    def used(self, deployment: str) -> Iterator[None]:
        """Let the blobs of a deployment neither make room nor be cleared or swept meanwhile."""
        self._blobs.used[deployment] += 1
        try:
            yield
        finally:
            self._blobs.used[deployment] -= 1

    def path(self, deployment: str, digest: Digest) -> Path:
        """Return where a whole blob lies."""
        return self._blobs.whole((deployment, digest))

    async def received(self, deployment: str, digest: Digest) -> Received:
        """Return how much of a blob is here."""
        key = (deployment, digest)
        earlier = self._blobs.earlier(key)
        if await self._run(earlier.exists):
            found = await _in(self._verifier, Sum.of, earlier)
            await self._run(self._blobs.settle, key, found.digest)
        return await self._run(self._blobs.look, key)

    async def begin(self, key: Key, most: int) -> None:
        """Make an empty blob; of its owner's unfinished ones ``most`` stay, the latest."""
        await self._run(self._blobs.create, key, most)

    async def knows(self, key: Key) -> bool:
        """Tell whether a blob was begun, though nothing of it may be here."""
        return await self._run(self._blobs.knows, key)

    async def append(
        self, key: Key, offset: int, pieces: AsyncIterator[bytes], bounds: Bounds
    ) -> None:
        """Add ``pieces`` at ``offset``; what came before a break stays.

        Whoever came last writes: an earlier sender of the same blob, whose link may have died
        without a word, is turned away at its next piece.

        Raises, besides what ``pieces`` raises:
            InvalidRequestError: the blob does not end at ``offset``; ``data["offset"]`` tells
                where it does.
            TooLargeError: the spool may hold no more.
            DiskFullError: its disk has no room.
        """
        await self.received(*key)
        writer = await self._run(self._blobs.begin, key, offset)
        try:
            async for piece in pieces:
                await self._run(self._blobs.add, key, writer, piece, bounds)
        finally:
            self._thread.submit(self._blobs.end, key, writer)

    async def finish(self, key: Key, named: Key | None = None) -> None:
        """Verify a blob that is all here, and keep it as whole.

        One that grew under a name that is no digest is given its own by ``named``.

        Raises:
            DigestMismatchError: it is another. It was dropped then: ``data["offset"]`` is 0, from
                where it may be sent again.
            TooLargeError: its owner has too many.
        """
        await self.received(*key)
        await self._run(self._blobs.finish, key, named or key)

    @asynccontextmanager
    async def making(self, key: Key, size: int, bounds: Bounds) -> AsyncIterator[Path]:
        """Give a file for a blob of ``size`` bytes, which is whole when the block ends well.

        Whoever fills it has verified it.

        Raises:
            TooLargeError: the spool may hold no more.
            DiskFullError: its disk has no room, beforehand or while it is filled.
        """
        file = await self._run(self._blobs.reserve, key, size, bounds)
        try:
            yield file
            await self._run(self._blobs.adopt, key, file)
        except OSError as error:
            raise unwritable(error) from None
        finally:
            await self._run(self._blobs.release, size, file)

    async def drop(self, key: Key) -> None:
        """Forget a blob."""
        await self._run(self._blobs.drop, key)

    async def retire(self, deployment: str, done: Collection[Digest]) -> None:
        """Take blobs for parts of nothing that is still on its way; they stay."""
        await self._run(self._blobs.retire, deployment, done)

    async def clear(self, deployment: str, done: Collection[Digest]) -> None:
        """Forget ``done``, and every other blob of a deployment, too, unless one came lately.

        That one, and all that came before it, may be parts of another push. While somebody uses
        the deployment's blobs nothing is forgotten.
        """
        await self._run(self._blobs.clear, deployment, done)

    async def sweep(self, age: float) -> int:
        """Remove blobs that nobody has added to for ``age`` seconds; return how many."""
        return await self._run(self._blobs.sweep, time.time() - age)

    def close(self) -> None:
        """Wait until the files are at rest."""
        self._verifier.shutdown()
        self._thread.shutdown()

    async def _run(self, work: Callable[[*Given], T], *given: *Given) -> T:
        return await _in(self._thread, work, *given)


async def _in(thread: ThreadPoolExecutor, work: Callable[[*Given], T], *given: *Given) -> T:
    return await asyncio.get_running_loop().run_in_executor(thread, work, *given)
