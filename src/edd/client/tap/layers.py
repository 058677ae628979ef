"""A layer as its diff ID names it, out of the blob that the engine packed."""

import asyncio
import hashlib
from pathlib import Path
from typing import IO

from msgspec import Struct

from edd.archive.compression import MAGIC_BYTES, Decoder, Form, form_of
from edd.client.tap.files import nameless_file, write_all
from edd.errors import DigestMismatchError, SourceError
from edd.model.image import Digest

_STEP = 1 << 20
"""Packed bytes for one turn in a thread: a cancelled push waits for a turn, not for a layer."""


class TappedLayer(Struct, frozen=True):
    """A plain layer tar that hashes to ``diff_id``, in a file without a name, at its start."""

    diff_id: Digest
    size: int
    file: IO[bytes]


async def unpack(packed: IO[bytes], diff_id: Digest, folder: Path | None) -> TappedLayer:
    """Return the layer in ``packed``, which stays open and the caller's.

    Raises:
        DigestMismatchError: it is another layer.
        SourceError: the temporary file cannot be written.
    """
    await asyncio.to_thread(packed.seek, 0)
    try:
        plain = nameless_file(folder)
    except OSError as error:
        raise _unwritable(error) from error
    try:
        size = await _unpacked(packed, diff_id, plain)
    except OSError as error:
        plain.close()
        raise _unwritable(error) from error
    except BaseException:
        plain.close()
        raise
    return TappedLayer(diff_id, size, plain)


async def _unpacked(packed: IO[bytes], diff_id: Digest, plain: IO[bytes]) -> int:
    work = _Unpacking(packed, plain)
    while await asyncio.to_thread(work.step):
        pass
    if work.digest != diff_id:
        raise DigestMismatchError(
            "The local engine sent other bytes than the layer's.", kept="Nothing was sent."
        )
    await asyncio.to_thread(plain.seek, 0)
    return work.size


class _Unpacking:
    """Unpacks and hashes, a step at a time, in whatever thread."""

    def __init__(self, packed: IO[bytes], plain: IO[bytes]) -> None:
        self._packed = packed
        self._plain = plain
        self._sum = hashlib.sha256()
        self._decoder: Decoder | None = None
        self._begun = False
        self.size = 0

    @property
    def digest(self) -> Digest:
        """Return the digest of what was unpacked so far."""
        return f"sha256:{self._sum.hexdigest()}"

    def step(self) -> bool:
        """Go on by one piece of the packed file; tell whether there may be more."""
        data = self._packed.read(_STEP)
        if not self._begun:
            self._begin(data[:MAGIC_BYTES])
        if self._decoder is None:
            self._write(data)
            return bool(data)
        if not data:
            self._decoder.finish()
            return False
        for piece in self._decoder.unpack(data):
            self._write(piece)
        return True

    def _begin(self, head: bytes) -> None:
        self._begun = True
        form = form_of(head.ljust(MAGIC_BYTES, b"\0"))
        self._decoder = None if form is Form.PLAIN else Decoder(form)

    def _write(self, piece: bytes) -> None:
        self._sum.update(piece)
        write_all(self._plain, piece)
        self.size += len(piece)


def _unwritable(error: OSError) -> SourceError:
    return SourceError(f"The layers cannot be kept in a temporary file: {error.strerror}.")
