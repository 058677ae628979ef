"""An archive of one image, put together from blobs that lie in files.

Layers that the engine has already are named and left out. The classic store takes that of a
docker-archive (moby, image/tarexport/load.go: a layer whose chain the store knows is not opened),
the containerd store of an OCI layout.
"""

import asyncio
import hashlib
import os
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from edd.archive.documents import MAX_DOCUMENT, ImageConfig, Reading
from edd.archive.tar import END_OF_ARCHIVE, file_header, padding
from edd.errors import ArchiveError, EddError
from edd.model.image import DIGEST, Digest
from edd.model.offer import MAX_LAYERS

PIECE = 1 << 20
OCI = "application/vnd.oci.image"


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


def compose(parts: Parts) -> AsyncGenerator[bytes, None]:
    """Return the bytes of a docker-archive; `parts.reference` is its only tag.

    Raises EddError while they are read, when a file cannot be.
    """
    config = f"{_hex(parts.image)}.json"
    names = [_name(digest) for digest in parts.layers]
    manifest = [{"Config": config, "RepoTags": [parts.reference], "Layers": names}]
    documents = {config: parts.config, "manifest.json": msgspec.json.encode(manifest)}
    files = {_name(digest): path for digest, path in parts.files.items()}
    return _archive(files, documents)


def compose_layout(parts: Parts, sizes: Mapping[Digest, int]) -> AsyncGenerator[bytes, None]:
    """Return those of an OCI layout, likewise; ``sizes`` are those of all layers, in bytes.

    The same image always has the same manifest, and so the same id in a containerd store.
    """
    layers = [_descriptor("layer.v1.tar", digest, sizes[digest]) for digest in parts.layers]
    config = _descriptor("config.v1+json", parts.image, len(parts.config))
    head = {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json"}
    manifest = msgspec.json.encode({**head, "config": config, "layers": layers})
    digest = f"sha256:{hashlib.sha256(manifest).hexdigest()}"
    image = _descriptor("manifest.v1+json", digest, len(manifest))
    image["annotations"] = {
        "io.containerd.image.name": f"docker.io/library/{parts.reference}",
        "org.opencontainers.image.ref.name": parts.reference.rpartition(":")[2],
    }
    documents = {
        _blob(parts.image): parts.config,
        _blob(digest): manifest,
        "index.json": msgspec.json.encode({"schemaVersion": 2, "manifests": [image]}),
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
    }
    files = {_blob(layer): path for layer, path in parts.files.items()}
    return _archive(files, documents)


async def _archive(
    files: Mapping[str, Path], documents: Mapping[str, bytes]
) -> AsyncGenerator[bytes, None]:
    for name, path in files.items():
        async with aclosing(_member(name, path)) as pieces:
            async for piece in pieces:
                yield piece
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


def _descriptor(kind: str, digest: Digest, size: int) -> dict[str, Any]:
    return {"mediaType": f"{OCI}.{kind}", "digest": digest, "size": size}


def _blob(digest: Digest) -> str:
    return f"blobs/sha256/{_hex(digest)}"


def _name(digest: Digest) -> str:
    return f"{_hex(digest)}/layer.tar"


def _hex(digest: Digest) -> str:
    return digest.removeprefix("sha256:")
