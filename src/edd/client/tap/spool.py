"""What an engine pushes, in files without names; what it need not push is claimed to be here."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import IO

from edd.client.tap.files import write_all
from edd.distribution import Manifest
from edd.errors import (
    DigestMismatchError,
    EddError,
    EngineRefusedError,
    InvalidRequestError,
    SourceError,
)
from edd.model.image import Digest

FREE = 1 << 20
"""Bytes of a blob that are taken without asking whether the engine should go on with it."""

_BATCH = 1 << 20
_MOST_MANIFESTS = 100
_CLAIMED_SIZE = 1


class Blob:
    """Bytes as the engine packed them, hashed while they come."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.size = 0
        self._sum = hashlib.sha256()

    @property
    def digest(self) -> Digest:
        """Return the digest of what is here."""
        return f"sha256:{self._sum.hexdigest()}"

    def content(self) -> bytes:
        """Return all of it; for small ones."""
        self.file.seek(0)
        return self.file.read()

    def write(self, pieces: list[bytes]) -> None:
        """Add ``pieces``; to be run in a thread."""
        for piece in pieces:
            self._sum.update(piece)
            write_all(self.file, piece)
            self.size += len(piece)


class Spool:
    """The storage behind the tap's door; it takes whatever the engine must not be told it has.

    ``claims`` says of which blobs the engine shall believe that they are here. ``permits`` is
    asked with a blob's size so far when it grows beyond `FREE`; its no, like a full disk, ends
    up in ``failure``. Each blob is written to a file of its own from ``new_file``.
    """

    def __init__(self, permits: Callable[[int], bool], new_file: Callable[[], IO[bytes]]) -> None:
        self.claims: Callable[[Digest], bool] = lambda _: False
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.blobs: dict[Digest, Blob] = {}
        self.manifests: dict[Digest, Manifest] = {}
        self.received_bytes = 0
        self._permits = permits
        self._new_file = new_file
        self._uploads: dict[str, Blob] = {}

    async def blob_size(self, _: str, digest: Digest) -> int | None:
        """Return the size of a blob that was sent; of a claimed one, any."""
        if blob := self.blobs.get(digest):
            return blob.size
        return _CLAIMED_SIZE if self.claims(digest) else None

    async def begin(self, _: str) -> str:
        """Begin a blob in a new file."""
        name = secrets.token_hex(8)
        with self._faults():
            self._uploads[name] = Blob(self._new_file())
        return name

    async def received(self, _: str, upload: str) -> int | None:
        """Return how much of an upload is here."""
        return blob.size if (blob := self._uploads.get(upload)) else None

    async def append(self, _: str, upload: str, chunk: AsyncIterator[bytes]) -> None:
        """Write ``chunk``, unless the engine should rather not send a blob so large."""
        blob, batch, held = self._uploads[upload], list[bytes](), 0
        asked = False
        async for piece in chunk:
            batch.append(piece)
            held += len(piece)
            if not asked and blob.size + held > FREE:
                asked = True
                self._ask(blob.size + held)
            if held >= _BATCH:
                await self._write(blob, batch)
                batch, held = [], 0
        await self._write(blob, batch)

    async def finish(self, _: str, upload: str, digest: Digest) -> None:
        """Make an upload a blob."""
        blob = self._uploads.pop(upload)
        if blob.digest != digest:
            blob.file.close()
            raise DigestMismatchError("The blob does not hash to its digest.", kept="", advice="")
        if old := self.blobs.get(digest):
            old.file.close()
        self.blobs[digest] = blob

    async def cancel(self, _: str, upload: str) -> None:
        """Drop an upload."""
        self._uploads.pop(upload).file.close()

    async def manifest(self, _: str, __: str) -> Manifest | None:
        """Return none, so that the engine sends its own."""
        return None

    async def put_manifest(self, _: str, __: str, manifest: Manifest) -> None:
        """Keep a manifest."""
        if len(self.manifests) >= _MOST_MANIFESTS:
            raise InvalidRequestError("The image has too many manifests.")
        self.manifests[manifest.digest] = manifest

    def close(self) -> None:
        """Drop everything."""
        for blob in (*self._uploads.values(), *self.blobs.values()):
            blob.file.close()
        if not self.failure.cancel() and not self.failure.cancelled():
            self.failure.exception()  # seen, or overtaken by something worse

    def _ask(self, size: int) -> None:
        if not self._permits(size):
            raise self._failed(
                EngineRefusedError("The local engine would send more than `docker save` is worth.")
            )

    async def _write(self, blob: Blob, pieces: list[bytes]) -> None:
        before = blob.size
        with self._faults():
            await asyncio.to_thread(blob.write, pieces)
        self.received_bytes += blob.size - before

    @contextmanager
    def _faults(self) -> Iterator[None]:
        """Say of the disk's own errors that the image cannot be read here."""
        try:
            yield
        except OSError as error:
            raise self._failed(
                SourceError(f"The layers cannot be kept in a temporary file: {error.strerror}.")
            ) from error

    def _failed(self, error: EddError) -> EddError:
        if not self.failure.done():
            self.failure.set_exception(error)
        return error
