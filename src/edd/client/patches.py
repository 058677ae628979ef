"""Missing layers told in terms of what the host holds, as far as that is worth it."""

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from edd.client.images import Blob
from edd.delta import Base, Effort, PatchFacts, decode_skeleton, describe, make_patch
from edd.model.image import Digest

PIECE = 1 << 20
WORTH = 0.25
"""A patch that has more than this part of its layer is left: zstd packs a layer as well."""


@dataclass(frozen=True)
class Patch:
    """A patch in a file: what it is called, and the layer it makes."""

    digest: Digest
    target: Digest
    path: Path

    @property
    def blob(self) -> Blob:
        """The patch as something to send."""
        return Blob(lambda: self.path.open("rb"), self.path.stat().st_size)


@dataclass(frozen=True)
class Old:
    """Layers of the host, of each kind the likeliest first.

    Of ``contents`` this side has the bytes too; of the others the host has told by ``skeletons``.
    """

    contents: Mapping[Digest, Blob] = field(default_factory=dict)
    skeletons: Mapping[Digest, bytes] = field(default_factory=dict)


def patches_against(old: Old, layers: Mapping[Digest, Blob], folder: Path) -> list[Patch]:
    """Return the patches that are worth sending, in files in ``folder``.

    Raises ArchiveError when a skeleton is none.
    """
    told = [Base(digest, decode_skeleton(data)) for digest, data in old.skeletons.items()]
    with ExitStack() as stack:
        opened = {
            one: stack.enter_context(_seekable(blob, folder)) for one, blob in old.contents.items()
        }
        bases = [Base(one, describe(file, sums=False), file) for one, file in opened.items()]
        made = [_made(layer, blob, [*bases, *told], folder) for layer, blob in layers.items()]
    return [patch for patch in made if patch]


def _made(layer: Digest, blob: Blob, bases: Sequence[Base], folder: Path) -> Patch | None:
    path = folder / f"{layer.removeprefix('sha256:')}.patch"
    with _seekable(blob, folder) as target, path.open("wb") as out:
        facts = make_patch(target, bases, out, Effort.NORMAL)
    if facts.target != layer or not _pays(facts):
        path.unlink()
        return None
    return Patch(_digest(path), layer, path)


def _pays(facts: PatchFacts) -> bool:
    return facts.patch_bytes < WORTH * facts.size


def _seekable(blob: Blob, folder: Path) -> BinaryIO:
    """Open a blob; what is packed is unpacked into a file first, since it is read twice."""
    if blob.size is not None:
        return blob.open()
    with ExitStack() as stack:
        file = stack.enter_context(TemporaryFile(dir=folder))
        with blob.open() as packed:
            shutil.copyfileobj(packed, file, PIECE)
        file.seek(0)
        stack.pop_all()
    return cast(BinaryIO, file)


def _digest(path: Path) -> Digest:
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
