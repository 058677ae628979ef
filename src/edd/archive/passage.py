"""One file's way through: held back if it is a document, handed on at once if it may be a layer."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from typing import IO

from msgspec import Struct

from edd.archive.compression import MAGIC_BYTES, PIECE, Form, form_of, refuse_foreign
from edd.archive.contents import Blob
from edd.archive.disk import disk_room
from edd.archive.measure import Allowance, Measure, Tally
from edd.archive.tar import file_header, padding
from edd.archive.wanted import Wanted
from edd.errors import ArchiveError, EddError


class File(Struct, frozen=True):
    """A file on its way: its size, the name it gets, and whether it may be kept as a document."""

    size: int
    written: str
    may_keep: bool


_HEAD = 64
"""First bytes by which a document is told from a layer; JSON may begin with white space."""


class Passage:
    """Takes a file's content and gives what of it goes to the engine, under a name of ours.

    `write` and `finish` give pieces of the archive that is written; `blob` is there after
    `finish`. `abandon` frees the worker and the spool, whatever happened.
    """

    def __init__(self, wanted: Wanted, allowance: Allowance, file: File) -> None:
        self._wanted = wanted
        self._allowance = allowance
        self._file = file
        self._held = bytearray()
        self._hold = min(file.size, _HEAD)
        self._measure: Measure | Tally | None = None
        self._spool: IO[bytes] | None = None
        self.blob: Blob | None = None

    async def write(self, piece: bytes) -> list[bytes]:
        """Take the next piece of content and return the pieces to write now."""
        if self._measure is not None:
            await self._measure.update(piece)
            return [] if self._spool else [piece]
        self._held += piece
        if len(self._held) < self._hold:
            return []
        if self._hold < self._file.size and self._is_document():
            self._hold = self._file.size
            return []
        return [] if self._is_document() else await self._begin()

    async def finish(self) -> AsyncIterator[bytes]:
        """Yield the last pieces to write."""
        if self._measure is None and self._is_document():
            self.blob = await self._document()
            return
        if self._measure is None:
            for piece in await self._begin():
                yield piece
        measure = self._measure
        if measure is None:
            return
        measured = await measure.finish()
        if self._spool is None:
            yield padding(self._file.size)
        else:
            async for piece in self._spooled(measured.unpacked):
                yield piece
        self.blob = Blob(measured, self._file.written)

    async def abandon(self) -> None:
        """Stop what still runs and drop what was spooled."""
        if self._measure is not None:
            await self._measure.abandon()
        if self._spool is not None:
            self._spool.close()

    def _is_document(self) -> bool:
        return self._file.may_keep and bytes(self._held[:_HEAD]).lstrip()[:1] in {b"{", b"["}

    async def _document(self) -> Blob:
        content = bytes(self._held)
        self._held.clear()
        measure = Measure(Form.PLAIN, Allowance(len(content)))
        await measure.update(content)
        return Blob(await measure.finish(), content=content)

    async def _begin(self) -> list[bytes]:
        """Start measuring; what was held goes first, after its header."""
        held = bytes(self._held)
        self._held.clear()
        refuse_foreign("A file in the archive", held)
        form = form_of(held[:MAGIC_BYTES].ljust(MAGIC_BYTES, b"\0"))
        if form is Form.ZSTD and not self._wanted.engine_reads_zstd:
            self._spool = self._open_spool()
        if form is Form.PLAIN and self._wanted.engine_verifies_layers:
            self._measure = Tally(self._allowance)
        else:
            self._measure = Measure(form, self._allowance, self._spool)
        await self._measure.update(held)
        return [] if self._spool else [file_header(self._file.written, self._file.size), held]

    def _open_spool(self) -> IO[bytes]:
        """Return a file without a name, so that not even a `kill -9` leaves it behind.

        A tar header states the size of what follows, and a zstd frame need not; so the layer
        must be unpacked whole before its first byte is written.
        """
        if self._wanted.spool_dir is None:
            raise ArchiveError("The image's layers are packed with zstd; this host cannot read it.")
        with disk_room("The spool cannot be written"):
            return tempfile.TemporaryFile(dir=self._wanted.spool_dir)

    async def _spooled(self, size: int) -> AsyncIterator[bytes]:
        spool = self._spool
        if spool is None:
            return
        yield file_header(self._file.written, size)
        try:
            await asyncio.to_thread(spool.seek, 0)
            while piece := await asyncio.to_thread(spool.read, PIECE):
                yield piece
        except OSError as problem:
            raise EddError(f"The spool cannot be read: {problem.strerror}.") from None
        yield padding(size)
        spool.close()
