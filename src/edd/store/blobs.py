"""The files of the spool and what is known of them, for one thread.

A blob's file tells by its name how far the blob is to be trusted: whole and verified, a part of
it, or whole as an earlier daemon said.
"""

import hashlib
import os
import secrets
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from edd.errors import (
    ON_STATE_DISK,
    DigestMismatchError,
    DiskFullError,
    EddError,
    InvalidRequestError,
    TooLargeError,
)
from edd.model.image import Digest
from edd.model.offer import Received
from edd.model.size import human_size
from edd.store.sparing import LATELY, Key, Lying, came_lately, owner_of, spare

PIECE = 1 << 20
MOST = 2048
"""Blobs of one deployment: four for each layer of the largest image that may be offered."""

PART = ".part"
EARLIER = ".earlier"
MAKING = ".making-"


class Bounds(Struct, frozen=True):
    """Bytes the spool may hold in all, and bytes it leaves free on its disk."""

    total: int
    min_free: int


class Writer(Struct):
    """Somebody who appends to a blob; ``at`` is where the next byte goes."""

    at: int


class Sum:
    """The running hash of the first ``size`` bytes of a blob."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self.size = 0

    @classmethod
    def of(cls, path: Path) -> "Sum":
        """Return the sum of a file; of none, that of nothing."""
        made = cls()
        with suppress(FileNotFoundError), path.open("rb") as file:
            while piece := file.read(PIECE):
                made.add(piece)
        return made

    @property
    def digest(self) -> Digest:
        """Return the digest so far."""
        return f"sha256:{self._hash.hexdigest()}"

    def add(self, data: bytes) -> None:
        """Go on with ``data``."""
        self._hash.update(data)
        self.size += len(data)


class Blobs:
    """The blobs below ``root``, what they take, and who writes or uses them."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._sums: dict[Key, Sum] = {}
        self._writers: dict[Key, Writer] = {}
        self._held = 0
        self.used: Counter[str] = Counter()
        """How many use the blobs of a deployment, which stay as long as anybody does."""

    def take_stock(self) -> None:
        """See what an earlier daemon left."""
        for left in self._root.glob(f"{MAKING}*"):
            left.unlink()
        for path in self._files():
            self._held += _size(path)
            if path.suffix not in {PART, EARLIER}:
                path.replace(path.with_suffix(EARLIER))

    def whole(self, key: Key) -> Path:
        """Return where a blob lies when it is whole and verified."""
        return self._root / key[0] / key[1].removeprefix("sha256:")

    def part(self, key: Key) -> Path:
        """Return where it grows."""
        return self.whole(key).with_suffix(PART)

    def earlier(self, key: Key) -> Path:
        """Return where it lies when an earlier daemon had it whole."""
        return self.whole(key).with_suffix(EARLIER)

    def look(self, key: Key) -> Received:
        """Return how much of a blob is here."""
        whole = self.whole(key)
        if whole.exists():
            return Received(_size(whole), complete=True)
        return Received(_size(self.part(key)), complete=False)

    def knows(self, key: Key) -> bool:
        """Tell whether there is anything of a blob, be it an empty file."""
        return any(path.exists() for path in self._forms(key))

    def settle(self, key: Key, found: Digest) -> None:
        """Take what an earlier daemon left for what it was found to be."""
        earlier = self.earlier(key)
        if found != key[1]:
            self._remove(earlier)
        elif earlier.exists():
            self._put(earlier, key)

    def create(self, key: Key, most: int) -> None:
        """Make an empty blob; of the unfinished ones beside it the latest ``most`` - 1 stay."""
        part = self.part(key)
        part.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        others = sorted(part.parent.glob(f"*{PART}"), key=lambda path: path.stat().st_mtime)
        for path in others[: max(0, len(others) - most + 1)]:
            self.drop(_key(path))
        part.touch(mode=0o600)

    def begin(self, key: Key, offset: int) -> Writer:
        """Return a blob's only writer from now on, or raise InvalidRequestError."""
        seen = self.look(key)
        if seen.complete or seen.size != offset:
            raise _misplaced(seen, offset)
        writer = self._writers[key] = Writer(offset)
        return writer

    def end(self, key: Key, writer: Writer) -> None:
        """Forget a writer."""
        if self._writers.get(key) is writer:
            del self._writers[key]

    def add(self, key: Key, writer: Writer, data: bytes, bounds: Bounds) -> None:
        """Let a blob grow; raises as `Spool.append`."""
        part = self.part(key)
        seen = self.look(key)
        if self._writers.get(key) is not writer or seen.size != writer.at:
            raise _misplaced(seen, writer.at)
        self._make_room(key, len(data), bounds)
        running = self._sum(key)
        try:
            self._make_place(key)
            with part.open("ab") as file:
                file.write(data)
        except OSError as error:
            self._sums.pop(key, None)  # some of the data may be in the file
            self._held += _size(part) - writer.at
            raise unwritable(error) from None
        running.add(data)
        writer.at += len(data)
        self._held += len(data)

    def finish(self, key: Key, named: Key) -> None:
        """Verify a blob and keep it as ``named``; raises as `Spool.finish`."""
        if self.look(key).complete:
            return
        self._make_place(key)
        self.part(key).touch()
        found = self._sum(key).digest
        if found != named[1]:
            self.drop(key)
            raise _other(named[1], found)
        del self._sums[key]
        self._make_place(named)
        self._put(self.part(key), named)

    def reserve(self, key: Key, size: int, bounds: Bounds) -> Path:
        """Return where to write a blob of ``size`` bytes, for which there is room."""
        self._make_room(key, size, bounds)
        self._held += size
        return self._root / f"{MAKING}{secrets.token_hex(8)}"

    def release(self, size: int, file: Path) -> None:
        """Give back what was reserved."""
        self._held -= size
        file.unlink(missing_ok=True)

    def adopt(self, key: Key, file: Path) -> None:
        """Take a file for the whole blob."""
        self._make_place(key)
        self._held += _size(file)
        self._put(file, key)

    def drop(self, key: Key) -> None:
        """Forget a blob."""
        self._sums.pop(key, None)
        self._writers.pop(key, None)
        for path in self._forms(key):
            self._remove(path)

    def retire(self, deployment: str, done: Collection[Digest]) -> None:
        """Let blobs count as come long ago: what they were sent for has them."""
        at = time.time() - LATELY
        for path in (self.whole((deployment, digest)) for digest in done):
            if path.exists() and path.stat().st_mtime > at:
                os.utime(path, (at, at))

    def clear(self, deployment: str, done: Collection[Digest]) -> None:
        """Forget ``done``, and a deployment's other blobs too, unless some of those may be coming.

        Nothing goes that is being written, nor anything while somebody uses these blobs.
        """
        if self.used[deployment]:
            return
        finished = {(deployment, digest) for digest in done}
        owned = (blob for blob in map(_lying, self._files()) if blob.owner == deployment)
        others = [blob for blob in owned if blob.key not in finished]
        written = any(owner_of(key) == deployment for key in self._writers)
        if not written and not came_lately(others, time.time()):
            finished |= {blob.key for blob in others if blob.key[0] == deployment}
        for key in finished - self._writers.keys():
            self.drop(key)

    def sweep(self, before: float) -> int:
        """Forget what was written before a time and nobody uses; return how many that were."""
        old = [blob for blob in self._idle(self._files()) if blob.written < before]
        for blob in old:
            self.drop(blob.key)
        return len(old)

    def _files(self) -> list[Path]:
        return list(self._root.glob("[!.]*/*"))

    def _forms(self, key: Key) -> tuple[Path, Path, Path]:
        return self.whole(key), self.part(key), self.earlier(key)

    def _idle(self, files: list[Path]) -> list[Lying]:
        """Return the blobs that nobody writes or uses."""
        blobs = map(_lying, files)
        return [
            blob for blob in blobs if blob.key not in self._writers and not self.used[blob.owner]
        ]

    def _sum(self, key: Key) -> Sum:
        """Return the sum of the part that is here, taken anew after a restart."""
        known = self._sums.get(key)
        if known is None or known.size != _size(self.part(key)):
            known = self._sums[key] = Sum.of(self.part(key))
        return known

    def _make_place(self, key: Key) -> None:
        """Have a folder that one blob more may be in."""
        folder = self.whole(key).parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.knows(key) or len(list(folder.iterdir())) < MOST:
            return
        idle = self._idle(list(folder.iterdir()))
        if not idle:
            raise TooLargeError(f"The host keeps {MOST} parts of an image at most.", limit=MOST)
        self.drop(min(idle, key=lambda blob: blob.written).key)

    def _make_room(self, key: Key, size: int, bounds: Bounds) -> None:
        """Let go what may go until ``size`` bytes more fit, or raise what stands against them."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        going: Iterator[Key] | None = None
        while (shortage := self._shortage(size, bounds)) is not None:
            going = going or self._going(key)
            goes = next(going, None)
            if goes is None:
                raise shortage
            self.drop(goes)

    def _going(self, key: Key) -> Iterator[Key]:
        files = self._files()
        idle = [blob for blob in self._idle(files) if blob.key != key]
        return spare([_lying(path) for path in files], idle, owner_of(key), time.time())

    def _shortage(self, size: int, bounds: Bounds) -> EddError | None:
        if self._held + size > bounds.total:
            return TooLargeError(
                f"The host keeps {human_size(bounds.total)} of unfinished deliveries at most.",
                limit=bounds.total,
            )
        facts = os.statvfs(self._root)
        free = facts.f_bavail * facts.f_frsize
        if free >= bounds.min_free + size:
            return None
        return DiskFullError(
            f"The disk that holds {self._root} has {human_size(free)} free, too little for"
            f" {human_size(size)} more and the {human_size(bounds.min_free)} that are to stay free"
            " (`min_free`).",
            advice=ON_STATE_DISK,
            needed=bounds.min_free + size,
            free=free,
        )

    def _put(self, file: Path, key: Key) -> None:
        """Let ``file`` be the whole blob; whoever reads the one that was there reads on."""
        whole = self.whole(key)
        self._held -= _size(whole)
        file.replace(whole)
        self._sums.pop(key, None)
        self._writers.pop(key, None)
        self._remove(self.part(key))
        self._remove(self.earlier(key))

    def _remove(self, path: Path) -> None:
        self._held -= _size(path)
        path.unlink(missing_ok=True)


def unwritable(error: OSError) -> DiskFullError:
    """Return what a sender is told when the disk takes no more."""
    return DiskFullError(f"The spool cannot be written: {error.strerror}.", advice=ON_STATE_DISK)


def _other(announced: Digest, found: Digest) -> DigestMismatchError:
    return DigestMismatchError(
        f"What was sent as {announced} hashes to {found}.",
        advice="Send it again from its first byte.",
        announced=announced,
        found=found,
        offset=0,
    )


def _misplaced(seen: Received, offset: int) -> InvalidRequestError:
    return InvalidRequestError(
        f"The host has {seen.size} bytes of this blob; send what follows them, not byte {offset}.",
        offset=seen.size,
        complete=seen.complete,
    )


def _lying(path: Path) -> Lying:
    facts = path.stat()
    return Lying(_key(path), facts.st_size, facts.st_mtime)


def _key(path: Path) -> Key:
    return path.parent.name, f"sha256:{path.stem}"


def _size(path: Path) -> int:
    with suppress(FileNotFoundError):
        return path.stat().st_size
    return 0
