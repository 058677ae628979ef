"""An image in an archive file or an OCI layout folder: found by its documents, read in place."""

import hashlib
import json
import posixpath
import tarfile
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, cast

from edd.archive.compression import MAGIC_BYTES, Form, form_of
from edd.archive.documents import MAX_DOCUMENT
from edd.client.images.reading import Slice, readable, unpacking
from edd.client.images.types import Blob, Content
from edd.model.image import DIGEST, Digest
from edd.model.job import Report
from edd.model.offer import MAX_LAYERS, LayerOffer

MAX_MEMBERS = 100_000


@dataclass(frozen=True)
class Stored:
    """Where a file of an archive lies: in ``path``, from ``offset`` on, ``size`` bytes long."""

    path: Path
    offset: int
    size: int

    def open(self) -> BinaryIO:
        """Open it as it is stored."""
        return cast(BinaryIO, Slice(self.path.open("rb"), self.offset, self.size, owner=True))

    def read(self) -> bytes:
        """Return it, a document, whole; of what is too large for one, the beginning."""
        with self.open() as file:
            return file.read(MAX_DOCUMENT)


Files = Mapping[str, Stored]


@dataclass(frozen=True)
class ArchivedImage:
    """The one image of an archive or a layout; ``files`` holds its parts by their digests."""

    name: str
    image: Digest
    layers: tuple[LayerOffer, ...]
    files: Files = field(repr=False)

    @property
    def size(self) -> int:
        """The bytes of its layers, as they are stored."""
        return sum(layer.size for layer in self.layers)

    @asynccontextmanager
    async def content(self, layers: Collection[Digest], _: Report) -> AsyncIterator[Content]:
        """Give the blobs where they lie."""
        with readable():
            blobs = {digest: blob_of(self.files[digest]) for digest in (self.image, *layers)}
        yield Content(self.image, blobs)


def blob_of(stored: Stored) -> Blob:
    """Return a stored file as it unpacks."""
    form = _form(stored)
    if form is Form.PLAIN:
        return Blob(stored.open, stored.size)
    return Blob(partial(unpacking, stored.open, form))


def tar_files(path: Path) -> Files | None:
    """Return the files of a plain tar by their names, links resolved; None when it is none."""
    files: dict[str, Stored] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as archive:
            for count, member in enumerate(archive):
                name = posixpath.normpath(member.name)
                if member.isreg():
                    files[name] = Stored(path, member.offset_data, member.size)
                elif member.issym() or member.islnk():
                    folder = posixpath.dirname(name) if member.issym() else ""
                    links[name] = posixpath.normpath(posixpath.join(folder, member.linkname))
                if count > MAX_MEMBERS:
                    return None
    except tarfile.TarError:
        return None
    return files | {name: files[target] for name, target in links.items() if target in files}


def folder_files(folder: Path) -> Files:
    """Return the files of an OCI layout folder by their names."""
    paths = [folder / "index.json", *folder.glob("blobs/*/*")]
    return {
        path.relative_to(folder).as_posix(): Stored(path, 0, path.stat().st_size)
        for path in paths
        if path.is_file()
    }


def only_image(name: str, files: Files) -> ArchivedImage | None:
    """Return the image that ``files`` describe, if it is one, and whole, beyond doubt.

    Where there are several images or platforms, the host chooses: it knows its own.
    """
    try:
        found = _saved(files) if "manifest.json" in files else _laid_out(files)
        if found is None:
            return None
        config, layers = found
        content = files[config].read()
        diff_ids = [str(one) for one in json.loads(content)["rootfs"]["diff_ids"]]
        stored = [files[layer] for layer in layers]
    except (KeyError, TypeError, ValueError, IndexError):
        return None
    return _joined(name, files[config], diff_ids, stored)


def _saved(files: Files) -> tuple[str, list[str]] | None:
    """Return the names of configuration and layers in the words of `docker save`."""
    saved = json.loads(files["manifest.json"].read())
    if len(saved) != 1:
        return None
    return saved[0]["Config"], list(saved[0]["Layers"])


def _laid_out(files: Files) -> tuple[str, list[str]] | None:
    """Return the same from an OCI layout with one image."""
    index = json.loads(files["index.json"].read())
    for _ in range(4):
        roots = [one for one in index["manifests"] if not _is_attestation(one)]
        if len(roots) != 1:
            return None
        index = json.loads(files[_place(roots[0])].read())
        if "manifests" not in index:
            return _place(index["config"]), [_place(layer) for layer in index["layers"]]
    return None


def _is_attestation(descriptor: dict[str, Any]) -> bool:
    notes = descriptor.get("annotations") or {}
    return notes.get("vnd.docker.reference.type") == "attestation-manifest"


def _place(descriptor: dict[str, Any]) -> str:
    return "blobs/" + str(descriptor["digest"]).replace(":", "/", 1)


def _joined(
    name: str, config: Stored, diff_ids: list[Digest], stored: list[Stored]
) -> ArchivedImage | None:
    sound = all(DIGEST.fullmatch(digest) for digest in diff_ids)
    if not sound or len(diff_ids) != len(stored) or len(diff_ids) > MAX_LAYERS:
        return None
    image = f"sha256:{hashlib.sha256(config.read()).hexdigest()}"
    pairs = list(zip(diff_ids, stored, strict=True))
    offers = tuple(LayerOffer(digest, layer.size) for digest, layer in pairs)
    return ArchivedImage(name, image, offers, {**dict(pairs), image: config})


def _form(stored: Stored) -> Form:
    with stored.open() as file:
        return form_of(file.read(MAGIC_BYTES).ljust(MAGIC_BYTES, b"\0"))
