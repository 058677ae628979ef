"""The gate: a foreign image archive goes in, one with a single verified image comes out.

Nothing is complete until everything is checked, because manifest.json is written last.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing
from typing import Self

import msgspec

from edd.archive.choice import Choice, choose
from edd.archive.compression import unpacked
from edd.archive.contents import MAX_MEMBERS, Contents, clean, shown
from edd.archive.measure import Allowance
from edd.archive.passage import File, Passage
from edd.archive.tar import (
    END_OF_ARCHIVE,
    Kind,
    Member,
    MemberEnd,
    TarReader,
    file_header,
    padding,
)
from edd.archive.wanted import Wanted
from edd.errors import ArchiveError, TooLargeError
from edd.model.image import ArchiveImage

_NEVER_NEEDED = {"VERSION", "json", "repositories", "oci-layout"}
"""Last parts of names that `docker save` and OCI layouts give to what no engine needs."""

_MAX_EXTENSION = 1 << 16
"""An image archive's members have names, and nothing else that needs an extension header."""


class ArchiveStream(AsyncIterator[bytes]):
    """Reads an image archive as it arrives and yields a docker-archive for the engine to load.

    What is yielded holds ``wanted.reference`` as its only tag and no name of the sender's. Layers
    pass through as they come, so what is refused late may have been yielded in part, but never
    with a manifest: an engine that is told to load it finds no image in it.

    Iterate once, and `aclose` when you stop early. ``image`` is set when the iteration has ended;
    ``received`` counts the bytes taken from ``source`` so far.

    Raises while it is iterated, besides what ``source`` raises:
        ArchiveError: it is no image archive, is malformed, or lacks a part.
        TruncatedArchiveError: it ends early.
        DigestMismatchError: content is not what its digest announces.
        TooLargeError: it exceeds ``wanted.max_bytes``, packed or unpacked.
        WrongPlatformError: it holds no image for ``wanted.platform``.
        AmbiguousArchiveError: it holds several and none is named for the deployment.
        DiskFullError: a layer could not be spooled.
    """

    def __init__(self, source: AsyncIterator[bytes], wanted: Wanted) -> None:
        self.received = 0
        self._source = source
        self._wanted = wanted
        self._reader = TarReader(_MAX_EXTENSION)
        self._contents = Contents()
        self._allowance = Allowance(wanted.max_bytes)
        self._members = 0
        self._written = 0
        self._name = ""
        self._passage: Passage | None = None
        self._image: ArchiveImage | None = None
        self._pieces = self._rewrite()

    @property
    def image(self) -> ArchiveImage:
        """The image the archive was found to hold."""
        if self._image is None:
            raise RuntimeError("the archive has not been read to its end")
        return self._image

    def __aiter__(self) -> Self:
        return self

    def __anext__(self) -> Awaitable[bytes]:
        """Return the next piece of the rewritten archive."""
        return self._pieces.__anext__()

    async def aclose(self) -> None:
        """Stop reading; a worker's thread has ended and a spool is gone when this returns."""
        await self._pieces.aclose()

    async def _rewrite(self) -> AsyncGenerator[bytes, None]:
        unpacked_size = 0
        try:
            async with aclosing(unpacked(self._counted())) as pieces:
                async for piece in pieces:
                    unpacked_size += len(piece)
                    self._check_size(unpacked_size)
                    for event in self._reader.feed(piece):
                        async for out in self._handle(event):
                            if out:
                                yield out
            self._reader.finish()
            choice = await asyncio.to_thread(choose, self._contents, self._wanted)
            for out in _tail(choice, self._wanted.reference):
                yield out
            self._image = choice.image
        finally:
            if self._passage is not None:
                await self._passage.abandon()

    async def _counted(self) -> AsyncIterator[bytes]:
        async for chunk in self._source:
            self.received += len(chunk)
            self._check_size(self.received)
            if chunk:
                yield chunk

    def _check_size(self, size: int) -> None:
        limit = self._wanted.max_bytes
        if size > limit:
            raise TooLargeError(f"The archive exceeds the {limit} bytes allowed.", limit=limit)

    async def _handle(self, event: Member | bytes | MemberEnd) -> AsyncIterator[bytes]:
        """Yield what ``event`` gives to write."""
        if isinstance(event, bytes):
            if self._passage is not None:
                for out in await self._passage.write(event):
                    yield out
        elif isinstance(event, Member):
            self._begin(event)
        elif self._passage is not None:
            async for out in self._passage.finish():
                yield out
            self._end(self._passage)

    def _begin(self, member: Member) -> None:
        """Decide what becomes of a member.

        Raises:
            ArchiveError: there are too many, or it is of a kind that has no place in an image
                archive; the first is counted here since dropped members cost time, too.
        """
        self._members += 1
        if self._members > 4 * MAX_MEMBERS:
            raise ArchiveError("The archive has too many members.")
        self._name = clean(member.name)
        if member.kind is Kind.FOLDER or self._name.rpartition("/")[2] in _NEVER_NEEDED:
            return
        if member.kind is Kind.SPECIAL:
            raise ArchiveError(f"The archive has a {member.kind} in it: {shown(self._name)}.")
        if member.kind is not Kind.FILE:
            symbolic = member.kind is Kind.SYMLINK
            self._contents.link(self._name, member.target, symbolic=symbolic)
            return
        self._check_size(member.size)
        may_keep = self._contents.has_room(member.size)
        file = File(member.size, f"{self._written}.blob", may_keep)
        self._passage = Passage(self._wanted, self._allowance, file)
        self._written += 1

    def _end(self, passage: Passage) -> None:
        if passage.blob is not None:
            self._contents.add(self._name, passage.blob)
        self._passage = None


def _tail(choice: Choice, reference: str) -> list[bytes]:
    """Return the end of the archive: what was held back, manifest.json, the end marker."""
    files: dict[str, bytes] = {}
    names = []
    for blob in (*choice.layers, choice.config):
        name = blob.written
        if blob.content is not None:
            name = f"{blob.measured.digest.removeprefix('sha256:')}.json"
            files[name] = blob.content
        names.append(name)
    manifest = [{"Config": names.pop(), "RepoTags": [reference], "Layers": names}]
    files["manifest.json"] = msgspec.json.encode(manifest)
    tail = [part for name, content in files.items() for part in _file(name, content)]
    return [*tail, END_OF_ARCHIVE]


def _file(name: str, content: bytes) -> tuple[bytes, bytes, bytes]:
    return file_header(name, len(content)), content, padding(len(content))
