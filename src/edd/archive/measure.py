"""One blob's digests, taken on a worker thread while more of it arrives."""

import asyncio
import hashlib
from collections.abc import Callable
from typing import IO

from msgspec import Struct

from edd.archive.compression import Decoder, Form, ended
from edd.archive.disk import disk_room
from edd.errors import TooLargeError
from edd.model.image import Digest

_UNSPOOLED = "A zstd layer could not be unpacked into the spool"
_BATCH = 1 << 20
_BATCH_PIECES = 64
_AT_ONCE = 1 << 15
"""A batch is worth a thread's wake-up, and small enough to hold two of; 32 KiB hash sooner
than a thread wakes up."""


class Allowance:
    """The unpacked bytes that an archive's layers may still come to."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._spent = 0

    def spend(self, size: int) -> None:
        """Count ``size`` bytes.

        Raises:
            TooLargeError: they are more than the host allows; a small archive can hold as many.
        """
        self._spent += size
        if self._spent > self._limit:
            raise TooLargeError(
                f"The image's layers unpack to more than the {self._limit} bytes allowed.",
                limit=self._limit,
            )


class Measured(Struct, frozen=True):
    """A blob as it arrived, and as it unpacks: digests and sizes in bytes.

    Both digests are empty where checking them is left to the engine.
    """

    digest: Digest
    size: int
    diff_id: Digest
    unpacked: int

    def may_be(self, digest: Digest) -> bool:
        """Tell whether the blob as it arrived may have that digest."""
        return self.digest in ("", digest)

    def may_unpack_to(self, diff_id: Digest) -> bool:
        """Tell whether the blob may unpack to a layer of that diff ID."""
        return self.diff_id in ("", diff_id)


class Tally:
    """Counts the bytes of a blob that needs no unpacking and that the engine will hash."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._size = 0

    async def update(self, piece: bytes) -> None:
        """Add ``piece``; raises TooLargeError as `Measure` does."""
        self._size += len(piece)
        self._allowance.spend(len(piece))

    async def finish(self) -> Measured:
        """Return the size of everything added."""
        return Measured("", self._size, "", self._size)

    async def abandon(self) -> None:
        """Do nothing: there is nothing to stop."""


class Measure:
    """Takes a blob's digests, packed and unpacked, without holding up the event loop.

    Both are needed before an engine may see the image's manifest: the packed one is what an OCI
    descriptor announces, the unpacked one what the image's configuration does. Unpacking here
    also finds a decompression bomb before the engine unpacks it onto its disk. ``spool`` gets
    the unpacked bytes.
    """

    def __init__(self, form: Form, allowance: Allowance, spool: IO[bytes] | None = None) -> None:
        self._decoder = None if form is Form.PLAIN else Decoder(form)
        self._allowance = allowance
        self._spool = spool
        self._packed_hash = hashlib.sha256()
        self._plain_hash = hashlib.sha256()
        self._size = 0
        self._unpacked = 0
        self._batch: list[bytes] = []
        self._batched = 0
        self._running: asyncio.Future[None] | None = None
        self._stopped = False

    async def update(self, piece: bytes) -> None:
        """Add ``piece``; waits only when the worker is more than a batch behind.

        Raises:
            ArchiveError: an earlier piece does not unpack.
            TooLargeError: the layers unpack to more than is allowed.
            DiskFullError: the spool cannot be written.
        """
        self._batch.append(piece)
        self._batched += len(piece)
        if self._batched >= _BATCH or len(self._batch) >= _BATCH_PIECES:
            await self._hand_over(self._absorb)

    async def finish(self) -> Measured:
        """Return the digests of everything added; raises what `update` raises."""
        await self._hand_over(self._absorb_last)
        await self._settled()
        digest = f"sha256:{self._packed_hash.hexdigest()}"
        if self._decoder is None:
            return Measured(digest, self._size, digest, self._size)
        diff_id = f"sha256:{self._plain_hash.hexdigest()}"
        return Measured(digest, self._size, diff_id, self._unpacked)

    async def abandon(self) -> None:
        """Stop the worker; whatever it would still have said is of no interest."""
        self._stopped = True
        if self._running is not None:
            await ended(self._running)

    async def _hand_over(self, absorb: Callable[[list[bytes]], None]) -> None:
        await self._settled()
        batch, size = self._batch, self._batched
        self._batch, self._batched = [], 0
        if self._decoder is None and size <= _AT_ONCE:
            absorb(batch)
            return
        self._running = asyncio.get_running_loop().run_in_executor(None, absorb, batch)

    async def _settled(self) -> None:
        if self._running is not None:
            # Shielded: a cancelled caller must still be able to wait for the thread in `abandon`.
            await asyncio.shield(self._running)

    def _absorb(self, batch: list[bytes]) -> None:
        for piece in batch:
            self._packed_hash.update(piece)
            self._size += len(piece)
            if self._decoder is None:
                self._allowance.spend(len(piece))
                continue
            for plain in self._decoder.unpack(piece):
                if self._stopped:
                    return
                self._absorb_plain(plain)

    def _absorb_plain(self, plain: bytes) -> None:
        self._allowance.spend(len(plain))
        self._plain_hash.update(plain)
        self._unpacked += len(plain)
        if self._spool is not None:
            with disk_room(_UNSPOOLED):
                self._spool.write(plain)

    def _absorb_last(self, batch: list[bytes]) -> None:
        self._absorb(batch)
        if self._decoder is not None:
            self._decoder.finish()
        if self._spool is not None:
            with disk_room(_UNSPOOLED):
                self._spool.flush()
