"""Blobs on their way in: each grows in a file of its own until it is whole and verified.

A blob belongs to one deployment: nobody can learn of, add to, or use another's. What a crash
leaves is a shorter file, which goes on where it ends.
"""

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar, TypeVarTuple

from msgspec import Struct

from edd.errors import DigestMismatchError, DiskFullError, InvalidRequestError, TooLargeError
from edd.model.image import Digest
from edd.model.offer import Received

BATCH = 1 << 20
PART = ".part"
WORKSHOP = ".making-"

Key = tuple[str, Digest]
T = TypeVar("T")
Given = TypeVarTuple("Given")


class Bounds(Struct, frozen=True):
    """Bytes the spool may hold in all, and bytes it leaves free on its disk."""

    total: int
    min_free: int


class Writer(Struct):
    """Somebody who appends to a blob; ``at`` is where the next byte goes."""

    at: int


class Spool:
    """The blobs of all deployments, below ``root``; one thread does everything to the files.

    What an earlier daemon held for whole is verified again when it is next asked for: the plug
    may have been pulled before it was on the disk.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._hashes: dict[Key, _Hash] = {}
        self._writers: dict[Key, Writer] = {}
        self._held = 0
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="spool")
        self._thread.submit(self._take_stock).result()

    @contextmanager
    def workshop(self) -> Iterator[Path]:
        """Give a folder beside the blobs, on their disk, that is gone afterwards."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=WORKSHOP, dir=self._root) as folder:
            yield Path(folder)

    def path(self, deployment: str, digest: Digest) -> Path:
        """Return where a whole blob lies."""
        return self._root / deployment / digest.removeprefix("sha256:")

    async def received(self, deployment: str, digest: Digest) -> Received:
        """Return how much of a blob is here."""
        return await self._run(self._look, (deployment, digest))

    async def begin(self, key: Key, most: int) -> None:
        """Make an empty blob; of its owner's unfinished ones ``most`` stay, the latest."""
        await self._run(self._create, key, most)

    async def knows(self, key: Key) -> bool:
        """Tell whether a blob was begun, though nothing of it may be here."""
        return await self._run(self._known, key)

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
        writer = await self._run(self._begin, key, offset)
        async for batch in _batches(pieces):
            await self._run(self._add, key, writer, batch, bounds)

    async def finish(self, key: Key, named: Key | None = None) -> None:
        """Verify a blob that is all here, and keep it as whole.

        One that grew under a name that is no digest is given its own by ``named``.

        Raises DigestMismatchError when it is another; it was dropped then.
        """
        await self._run(self._finish, key, named or key)

    async def adopt(self, key: Key, file: Path) -> None:
        """Take a file in the spool's own folder as a whole blob; who gives it has verified it."""
        await self._run(self._adopt, key, file)

    async def drop(self, key: Key) -> None:
        """Forget a blob."""
        await self._run(self._drop, key)

    async def clear(self, deployment: str) -> None:
        """Forget every blob of a deployment."""
        await self._run(self._clear, deployment)

    async def sweep(self, age: float) -> int:
        """Remove blobs that nobody has added to for ``age`` seconds; return how many."""
        return await self._run(self._sweep, time.time() - age)

    def close(self) -> None:
        """Wait until the files are at rest."""
        self._thread.shutdown()

    async def _run(self, work: Callable[[*Given], T], *given: *Given) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    def _take_stock(self) -> None:
        for left in self._root.glob(f"{WORKSHOP}*"):
            shutil.rmtree(left, ignore_errors=True)
        for path in self._files():
            self._held += path.stat().st_size
            if path.suffix != PART:
                path.replace(_part(path))

    def _files(self) -> list[Path]:
        return list(self._root.glob("[!.]*/*"))

    def _look(self, key: Key) -> Received:
        whole = self.path(*key)
        with suppress(FileNotFoundError):
            return Received(whole.stat().st_size, complete=True)
        return Received(_size(_part(whole)), complete=False)

    def _known(self, key: Key) -> bool:
        whole = self.path(*key)
        return whole.exists() or _part(whole).exists()

    def _create(self, key: Key, most: int) -> None:
        part = _part(self.path(*key))
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = sorted(part.parent.glob(f"*{PART}"), key=lambda path: path.stat().st_mtime)
        for path in others[: max(0, len(others) - most + 1)]:
            self._drop(_key(path))
        part.touch(mode=0o600)

    def _begin(self, key: Key, offset: int) -> Writer:
        seen = self._look(key)
        if seen.complete or seen.size != offset:
            raise _misplaced(seen, offset)
        writer = self._writers[key] = Writer(offset)
        return writer

    def _add(self, key: Key, writer: Writer, data: bytes, bounds: Bounds) -> None:
        part = _part(self.path(*key))
        seen = self._look(key)
        if self._writers.get(key) is not writer or seen.size != writer.at:
            raise _misplaced(seen, writer.at)
        self._refuse_excess(len(data), bounds)
        running = self._hash(key, part)
        try:
            part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with part.open("ab") as file:
                file.write(data)
        except OSError as error:
            self._hashes.pop(key, None)  # some of the data may be in the file
            raise DiskFullError(f"The spool cannot be written: {error.strerror}.") from None
        running.add(data)
        writer.at += len(data)
        self._held += len(data)

    def _hash(self, key: Key, part: Path) -> "_Hash":
        """Return the hash of what ``part`` holds, taken anew after a restart."""
        known = self._hashes.get(key)
        if known is None or known.size != _size(part):
            known = self._hashes[key] = _Hash.of(part)
        return known

    def _refuse_excess(self, size: int, bounds: Bounds) -> None:
        if self._held + size > bounds.total:
            raise TooLargeError(
                f"The host keeps {bounds.total} bytes of unfinished deliveries at most.",
                limit=bounds.total,
            )
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        facts = os.statvfs(self._root)
        free = facts.f_bavail * facts.f_frsize
        if free < bounds.min_free + size:
            raise DiskFullError(
                f"The spool's disk has {free} bytes free, of which {bounds.min_free} stay so.",
                needed=bounds.min_free + size,
                free=free,
            )

    def _finish(self, key: Key, named: Key) -> None:
        if self._look(key).complete:
            return
        part = _part(self.path(*key))
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.touch()
        found = self._hash(key, part).digest
        if found != named[1]:
            self._drop(key)
            raise DigestMismatchError(
                f"What was sent as {named[1]} hashes to {found}.",
                advice="Send it again from its first byte.",
                announced=named[1],
                found=found,
            )
        self._hashes.pop(key)
        if named != key:
            self._drop(named)
        self.path(*named).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.replace(self.path(*named))

    def _adopt(self, key: Key, file: Path) -> None:
        self._drop(key)
        whole = self.path(*key)
        whole.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held += _size(file)
        file.replace(whole)

    def _drop(self, key: Key) -> None:
        self._hashes.pop(key, None)
        self._writers.pop(key, None)
        for path in (self.path(*key), _part(self.path(*key))):
            self._held -= _size(path)
            path.unlink(missing_ok=True)

    def _clear(self, deployment: str) -> None:
        for path in list((self._root / deployment).glob("*")):
            self._drop(_key(path))

    def _sweep(self, before: float) -> int:
        old = [path for path in self._files() if path.stat().st_mtime < before]
        for path in old:
            self._drop(_key(path))
        return len(old)


class _Hash:
    """The running hash of the first ``size`` bytes of a blob."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    @classmethod
    def of(cls, part: Path) -> "_Hash":
        made = cls()
        with suppress(FileNotFoundError), part.open("rb") as file:
            while piece := file.read(BATCH):
                made.add(piece)
        return made

    @property
    def digest(self) -> Digest:
        return f"sha256:{self._hash.hexdigest()}"

    def add(self, data: bytes) -> None:
        self._hash.update(data)
        self.size += len(data)


async def _batches(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield ``pieces`` joined to some size worth a thread's wake-up, the last ones after a break.

    The break itself is raised again, when what came before it has been taken.
    """
    batch, size = [], 0
    try:
        async for piece in pieces:
            batch.append(piece)
            size += len(piece)
            if size >= BATCH:
                yield b"".join(batch)
                batch, size = [], 0
    except Exception:
        if batch:
            yield b"".join(batch)
        raise
    if batch:
        yield b"".join(batch)


def _misplaced(seen: Received, offset: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"The host has {seen.size} bytes of this blob; send what follows them, not byte {offset}.",
        offset=seen.size,
        complete=seen.complete,
    )


def _key(path: Path) -> Key:
    return path.parent.name, f"sha256:{path.name.removesuffix(PART)}"


def _part(whole: Path) -> Path:
    return whole.with_name(whole.name + PART)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
