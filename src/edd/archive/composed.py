"""A docker-archive of one image, put together from blobs that lie in files.

Layers that the engine has already are named and left out (moby, image/tarexport/load.go: a layer
whose chain the store knows is not opened).
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from edd.archive.documents import MAX_DOCUMENT, ImageConfig, Reading
from edd.archive.tar import END_OF_ARCHIVE, file_header, padding
from edd.errors import ArchiveError, EddError
from edd.model.image import DIGEST, Digest
from edd.model.offer import MAX_LAYERS

PIECE = 1 << 20


class Parts(Struct, frozen=True):
    """An image's parts: its configuration, all layers, and the files of those to send along."""

    config: bytes
    image: Digest
    layers: tuple[Digest, ...]
    files: Mapping[Digest, Path]
    reference: str


def read_config(path: Path) -> tuple[bytes, ImageConfig]:
    """Return an image's configuration as it lies in a file, and what it says.

    Raises:
        ArchiveError: it is too large, no configuration, or names more layers than any image has.
    """
    content = read_document(path)
    config = Reading().decode(content, ImageConfig, "The configuration")
    if len(config.rootfs.diff_ids) > MAX_LAYERS:
        raise ArchiveError(f"The image's configuration names more than {MAX_LAYERS} layers.")
    if not all(map(DIGEST.fullmatch, config.rootfs.diff_ids)):
        raise ArchiveError("The image's configuration names a layer that is no SHA-256 digest.")
    return content, config


def read_document(path: Path) -> bytes:
    """Return a document of an image as it lies in a file.

    Raises ArchiveError when it is too large to be one.
    """
    if path.stat().st_size > MAX_DOCUMENT:
        raise ArchiveError(f"A document of the image has more than {MAX_DOCUMENT} bytes.")
    return path.read_bytes()


async def compose(parts: Parts) -> AsyncGenerator[bytes, None]:
    """Yield the archive; `parts.reference` is its only tag.

    Raises EddError when a file cannot be read.
    """
    for digest in dict.fromkeys(parts.layers):
        if digest in parts.files:
            async for piece in _member(_name(digest), parts.files[digest]):
                yield piece
    config = f"{_hex(parts.image)}.json"
    names = [_name(digest) for digest in parts.layers]
    manifest = [{"Config": config, "RepoTags": [parts.reference], "Layers": names}]
    documents = {config: parts.config, "manifest.json": msgspec.json.encode(manifest)}
    for name, content in documents.items():
        yield file_header(name, len(content)) + content + padding(len(content))
    yield END_OF_ARCHIVE


async def _member(name: str, path: Path) -> AsyncGenerator[bytes, None]:
    try:
        with await asyncio.to_thread(path.open, "rb") as file:
            left = size = os.fstat(file.fileno()).st_size
            yield file_header(name, size)
            while piece := await asyncio.to_thread(file.read, min(PIECE, left)):
                left -= len(piece)
                yield piece
    except OSError as problem:
        raise EddError(f"The spool cannot be read: {problem.strerror}.") from None
    if left:
        raise EddError("A blob in the spool became shorter while it was read.")
    yield padding(size)


def _name(digest: Digest) -> str:
    return f"{_hex(digest)}/layer.tar"


def _hex(digest: Digest) -> str:
    return digest.removeprefix("sha256:")
