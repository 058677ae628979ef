"""Layers taken out of what `docker save` writes, by their diff IDs."""

import hashlib
import tarfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO

from edd.archive.compression import MAGIC_BYTES, Decoder, Form, form_of
from edd.archive.disk import disk_room
from edd.errors import ArchiveError, EddError
from edd.model.image import Digest

PIECE = 1 << 20
_UNWRITTEN = "A layer could not be written out"


def catch_layers(saved: IO[bytes], wanted: Collection[Digest], folder: Path) -> dict[Digest, Path]:
    """Write the wanted layers of a saved image into ``folder``, plain, and return where they lie.

    Reads no further than to the last of them. Engines since 25 call a layer by its digest as it
    is stored, which on the containerd store may be that of a packed one; older engines by a name
    of their own, so that it must be read to be known. What is found under a diff ID has been
    verified; what is not found is left out.

    Raises:
        EddError: ``saved`` is no archive, or ends within one.
        DiskFullError: there is no room in ``folder``.
        OSError: ``saved`` cannot be read on.
    """
    caught: dict[Digest, Path] = {}
    try:
        with tarfile.open(fileobj=saved, mode="r|") as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isreg() else None
                if content is not None:
                    caught |= _kept(content, _named(member.name), wanted, folder)
                if len(caught) == len(set(wanted)):
                    break
    except tarfile.TarError as error:
        raise EddError(f"What the engine saved cannot be read: {error}.") from error
    return caught


def _kept(
    content: IO[bytes], named: Digest, wanted: Collection[Digest], folder: Path
) -> dict[Digest, Path]:
    """Write one file, unpacked, and keep it only if it is wanted."""
    head = content.read(PIECE)
    form = form_of(head[:MAGIC_BYTES].ljust(MAGIC_BYTES, b"\0"))
    if form is Form.PLAIN and named and named not in wanted:
        return {}
    path = folder / "layer.part"
    digest = _written(_plain(head, content, form), path)
    if digest not in wanted:
        path.unlink()
        return {}
    return {digest: path.replace(folder / digest.removeprefix("sha256:"))}


def _plain(head: bytes, content: IO[bytes], form: Form) -> Iterator[bytes]:
    """Yield a file as it unpacks; of what is damaged, what comes before."""
    decoder = None if form is Form.PLAIN else Decoder(form)
    piece = head
    try:
        while piece:
            if decoder is None:
                yield piece
            else:
                yield from decoder.unpack(piece)
            piece = content.read(PIECE)
    except ArchiveError:
        return


def _written(pieces: Iterator[bytes], path: Path) -> Digest:
    taken = hashlib.sha256()
    with disk_room(_UNWRITTEN):
        file = path.open("wb")
    with file:
        for piece in pieces:
            taken.update(piece)
            with disk_room(_UNWRITTEN):
                file.write(piece)
                file.flush()
    return f"sha256:{taken.hexdigest()}"


def _named(name: str) -> Digest:
    """Return the digest that a member is called by, if it is."""
    folder, _, last = name.rpartition("/")
    return f"sha256:{last}" if folder == "blobs/sha256" else ""
