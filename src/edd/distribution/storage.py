"""What a push needs of whoever keeps its bytes."""

from collections.abc import AsyncIterator, Callable
from typing import Protocol

from aiohttp import web
from msgspec import Struct

from edd.model.image import Digest


class Limits(Struct, frozen=True):
    """The most that is taken, in bytes; the specification asks for manifests of 4 MiB at least."""

    manifest: int = 4 << 20
    blob: int = 1 << 40


class Manifest(Struct, frozen=True):
    """A manifest or index exactly as it was sent, and the digest of those bytes."""

    media_type: str
    content: bytes
    digest: Digest


class Storage(Protocol):
    """Keeps blobs, uploads and manifests, each below a repository's name.

    An upload outlives the requests that feed it: what was received counts, also when the
    connection broke within a chunk. At most one request writes to an upload at a time. Any method
    may raise an `EddError`; the pushing tool shows it to its user.
    """

    async def blob_size(self, repository: str, digest: Digest) -> int | None:
        """Return a blob's size if it need not be sent, else None."""
        ...

    async def begin(self, repository: str) -> str:
        """Begin an upload and return its name: 1 to 64 letters, digits, ``_`` and ``-``."""
        ...

    async def received(self, repository: str, upload: str) -> int | None:
        """Return how many bytes of an upload are here; None if the repository has no such."""
        ...

    async def append(self, repository: str, upload: str, chunk: AsyncIterator[bytes]) -> None:
        """Add all of ``chunk``; if it breaks off, keep what came and let its error through."""
        ...

    async def finish(self, repository: str, upload: str, digest: Digest) -> None:
        """Make the upload the blob ``digest``. The upload is gone afterwards, whatever happens.

        Raises:
            DigestMismatchError: it has other content; nothing of it is kept.
        """
        ...

    async def cancel(self, repository: str, upload: str) -> None:
        """Forget an upload and what came of it."""
        ...

    async def manifest(self, repository: str, reference: str) -> Manifest | None:
        """Return the manifest of that tag or digest, if there is one to show."""
        ...

    async def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Take a manifest whose digest was verified; its blobs came before it."""
        ...


StorageOf = Callable[[web.Request], Storage]
"""Says whose bytes a request is about: one storage for all, or one for each caller."""
