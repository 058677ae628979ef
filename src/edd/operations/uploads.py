"""Uploads of blobs whose digest is told last, as registry clients send them."""

import re
import secrets
from collections.abc import AsyncIterator

from edd.model.image import Digest
from edd.operations.settings import Settings
from edd.store.blobs import Bounds
from edd.store.sparing import Key
from edd.store.spool import Spool

MOST = 64
"""Unfinished uploads of one deployment; tools send some five at a time, and leave what fails."""

_NAME = re.compile(r"[0-9a-f]{64}")


class Uploads:
    """Keeps what comes in until it is whole; a restart of the daemon loses none of it."""

    def __init__(self, settings: Settings, spool: Spool) -> None:
        self._settings = settings
        self._spool = spool

    async def begin(self, name: str) -> str:
        """Begin an upload for ``name`` and return what it is called; the oldest makes room."""
        upload = secrets.token_hex(32)
        await self._spool.begin(_key(name, upload), MOST)
        return upload

    async def received(self, name: str, upload: str) -> int | None:
        """Return how many bytes are here, or None if there is no such upload."""
        if not _NAME.fullmatch(upload) or not await self._spool.knows(_key(name, upload)):
            return None
        return (await self._spool.received(*_key(name, upload))).size

    async def append(self, name: str, upload: str, pieces: AsyncIterator[bytes]) -> None:
        """Add ``pieces``; what came before a break stays.

        Raises:
            TooLargeError, DiskFullError: there is no room for them.
        """
        size = await self.received(name, upload) or 0
        await self._spool.append(_key(name, upload), size, pieces, self.bounds)

    async def finish(self, name: str, upload: str, digest: Digest) -> None:
        """Keep the upload as the blob ``digest`` of ``name``.

        Raises DigestMismatchError when it is another; it was dropped then.
        """
        await self._spool.finish(_key(name, upload), (name, digest))

    async def cancel(self, name: str, upload: str) -> None:
        """Forget an upload."""
        await self._spool.drop(_key(name, upload))

    @property
    def bounds(self) -> Bounds:
        """What the spool may grow to."""
        return self._settings.spool_bounds


def _key(name: str, upload: str) -> Key:
    """Return the spool's word for an upload; no deployment's name has a dot."""
    return f"{name}.upload", f"sha256:{upload}"
