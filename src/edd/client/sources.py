"""What is pushed: an image of the local engine, an archive file, an OCI layout folder, or stdin.

The rule for IMAGE: ``-`` is standard input. What begins with ``/``, ``./``, ``../`` or ``~`` is a
path. So is an existing path with a ``/`` in it or an archive's ending (.tar, .tar.gz, .tgz,
.tar.zst, .oci). Everything else is an image of the local engine.
"""

import asyncio
import os
import stat
import sys
import tarfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from edd.client.engine import describe_image, open_image
from edd.client.layouts import layout_bytes, layout_size
from edd.client.missing import ENDINGS
from edd.errors import ArchiveError, InvalidRequestError, SourceError
from edd.model.plan import ForecastRequest

CHUNK = 256 * 1024
_PATHS = ("/", "./", "../", "~")
_COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd")
"""How gzip (RFC 1952) and zstd (RFC 8878) begin."""

MAKE_ANEW = (
    "What lies here is damaged or not whole: make the archive anew (docker save -o FILE IMAGE) and"
    " push that."
)
"""What to do where the same bytes would be refused again."""


@dataclass(frozen=True)
class Source:
    """An archive to send: its bytes, their exact number if known, else an estimate of it.

    Only of what lies here as a file is the exact number known.
    """

    name: str
    chunks: AsyncIterator[bytes]
    size: int | None = None
    estimate: int | None = None


def find_path(image: str) -> Path | None:
    """Return the path that IMAGE means by the rule above; none if it means an engine's image."""
    path = Path(image).expanduser() if image.startswith("~") else Path(image)
    if image.startswith(_PATHS) or image in (".", ".."):
        return path
    if ("/" in image or image.lower().endswith(ENDINGS)) and path.exists():
        return path
    return None


def open_source(image: str) -> AbstractAsyncContextManager[Source]:
    """Open what IMAGE means; the bytes are read as they are sent, never held.

    Raises (on entering):
        SourceError: there is no such image or path, or it cannot be read.
    """
    if not image:
        raise _nameless()
    if image == "-":
        return _open_standard_input()
    path = find_path(image)
    if path is None:
        return _open_engine_image(image)
    return _open_folder(path) if path.is_dir() else _open_file(path)


async def describe_source(image: str) -> ForecastRequest:
    """Return the image's digest, where an engine knows it, and the bytes a push would send.

    Raises:
        SourceError: there is no such image or path, or it cannot be planned for.
        ArchiveError: the file is no archive.
    """
    if not image:
        raise _nameless()
    if image == "-":
        raise _unforeseeable("Standard input")
    path = find_path(image)
    if path is None:
        found = await describe_image(image)
        return ForecastRequest(image=found.id, bytes=found.size)
    if path.is_dir():
        return ForecastRequest(bytes=await asyncio.to_thread(layout_size, path))
    return ForecastRequest(bytes=await asyncio.to_thread(_archive_size, path))


@asynccontextmanager
async def _open_engine_image(image: str) -> AsyncIterator[Source]:
    found = await describe_image(image)
    async with open_image(found) as chunks:
        # The engine does not say how long its archive will be; the layers' size is close to it.
        yield Source(image, chunks, estimate=found.size)


@asynccontextmanager
async def _open_folder(path: Path) -> AsyncIterator[Source]:
    size = await asyncio.to_thread(layout_size, path)
    yield Source(str(path), _in_threads(layout_bytes(path, CHUNK)), size=size)


@asynccontextmanager
async def _open_file(path: Path) -> AsyncIterator[Source]:
    status = await asyncio.to_thread(_status, path)
    try:
        file = await asyncio.to_thread(_open, path)
    except OSError as error:
        raise _unreadable(str(path), error) from error
    try:
        if stat.S_ISREG(status.st_mode):
            chunks = _exactly(file, status.st_size, str(path))
            yield Source(str(path), chunks, size=status.st_size)
        else:
            yield Source(str(path), _from_pipe(file, str(path)))
    finally:
        file.close()


@asynccontextmanager
async def _open_standard_input() -> AsyncIterator[Source]:
    if sys.stdin is None or sys.stdin.isatty():
        raise SourceError(
            "Standard input is a terminal, not an archive.",
            advice="Pipe one in: docker save IMAGE | edd push - DEPLOYMENT",
        )
    with os.fdopen(os.dup(0), "rb", buffering=0) as file:
        mode = os.fstat(file.fileno()).st_mode
        if stat.S_ISREG(mode):
            left = os.fstat(file.fileno()).st_size - file.tell()
            yield Source("standard input", _exactly(file, left, "standard input"), size=left)
        elif stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
            yield Source("standard input", _from_pipe(file, "standard input"))
        else:
            raise SourceError(
                "Standard input is neither a pipe nor a file.",
                advice="Pipe an archive in: docker save IMAGE | edd push - DEPLOYMENT",
            )


def _open(path: Path) -> BinaryIO:
    """Open a file, or a pipe that nobody may write to yet: the loop waits for that, no thread."""
    return open(path, "rb", 0, opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK))


def _status(path: Path) -> os.stat_result:
    try:
        status = path.stat()
    except OSError as error:
        raise _unreadable(str(path), error) from error
    if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode)):
        raise SourceError(f"{path} is neither a file, nor a pipe, nor an OCI layout folder.")
    return status


def _unforeseeable(what: str) -> SourceError:
    return SourceError(
        f"{what} can be sent, but not planned: it would be read once.",
        advice="Name an image of the local engine, an archive file or an OCI layout folder.",
    )


def _nameless() -> InvalidRequestError:
    return InvalidRequestError(
        "The image's name is empty.", kept="Nothing was sent.", advice=SourceError.advice
    )


def _archive_size(path: Path) -> int:
    """Return a file's size once its first bytes are those of an archive."""
    status = _status(path)
    if not stat.S_ISREG(status.st_mode):
        raise _unforeseeable(f"The pipe {path}")
    try:
        with path.open("rb") as file:
            start = file.read(tarfile.BLOCKSIZE)
    except OSError as error:
        raise _unreadable(str(path), error) from error
    if not _begins_an_archive(start):
        raise ArchiveError(
            f"{path} is no archive: it is neither a tar file nor one packed with gzip or zstd.",
            kept="Nothing was sent.",
        )
    return status.st_size


def _begins_an_archive(start: bytes) -> bool:
    if start.startswith(_COMPRESSED):
        return True
    try:
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True


async def _in_threads(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await asyncio.to_thread(next, pieces, b"")) != b"":
        yield piece


async def _exactly(file: BinaryIO, size: int, name: str) -> AsyncIterator[bytes]:
    """Yield ``size`` bytes, since that many are announced, or tell that the file shrank."""
    left = size
    while left:
        try:
            chunk = await asyncio.to_thread(file.read, min(CHUNK, left))
        except OSError as error:
            raise _unreadable(name, error) from error
        if not chunk:
            raise SourceError(f"{name} became shorter while it was sent.")
        left -= len(chunk)
        yield chunk


async def _from_pipe(file: BinaryIO, name: str) -> AsyncIterator[bytes]:
    """Yield a pipe's bytes; it is read in the loop, since Ctrl-C cannot end a waiting thread."""
    reader = asyncio.StreamReader(limit=CHUNK)
    protocol = asyncio.StreamReaderProtocol(reader)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(lambda: protocol, os.fdopen(os.dup(file.fileno())))
    try:
        while chunk := await reader.read(CHUNK):
            yield chunk
    except OSError as error:
        raise _unreadable(name, error) from error
    finally:
        transport.close()


def _unreadable(name: str, error: OSError) -> SourceError:
    return SourceError(f"{name} cannot be read: {(error.strerror or str(error)).lower()}.")
