"""An OCI image layout folder as the bytes of one tar, without holding any of them.

Only what the layout defines is sent (OCI image spec, image-layout.md): ``oci-layout``,
``index.json`` and ``blobs``. Links are refused, since they lead out of the folder.
"""

import os
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

from edd.errors import SourceError

_BLOCK = 512
_END = 2 * _BLOCK
_ADVICE = "Name a folder that BuildKit (type=oci,tar=false), skopeo (oci:) or kaniko wrote."


def layout_size(folder: Path) -> int:
    """Return how many bytes `layout_bytes` will yield.

    Raises:
        SourceError: the folder is not an OCI layout, or holds links.
    """
    sizes = ((path, path.lstat().st_size) for path in _members(folder))
    return (
        sum(len(_header(_name(path, folder), size)) + _padded(size) for path, size in sizes) + _END
    )


def layout_bytes(folder: Path, chunk: int) -> Iterator[bytes]:
    """Yield the folder as a tar, in pieces of at most ``chunk`` bytes.

    Raises:
        SourceError: a file changed its size or became unreadable meanwhile.
    """
    for path in _members(folder):
        size = path.lstat().st_size
        yield _header(_name(path, folder), size)
        yield from _content(path, size, chunk)
    yield bytes(_END)


def _members(folder: Path) -> list[Path]:
    try:
        if not (folder / "oci-layout").is_file():
            raise SourceError(
                f"{folder} is not an OCI layout: no oci-layout in it.", advice=_ADVICE
            )
        found = [folder / "oci-layout", folder / "index.json", *_blobs(folder / "blobs")]
        for path in found:
            if not stat.S_ISREG(path.lstat().st_mode):
                raise SourceError(f"{path} is a link or no file.", advice=_ADVICE)
    except OSError as error:
        raise SourceError(f"{error.filename} cannot be read: {error.strerror}.") from error
    return found


def _blobs(folder: Path) -> list[Path]:
    if folder.is_symlink():
        raise SourceError(f"{folder} is a link.", advice=_ADVICE)
    algorithms = sorted(folder.iterdir())
    for path in algorithms:
        if path.is_symlink() or not path.is_dir():
            raise SourceError(f"{path} is a link or no folder.", advice=_ADVICE)
    return [blob for algorithm in algorithms for blob in sorted(algorithm.iterdir())]


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o644
    return member.tobuf(tarfile.GNU_FORMAT)


def _content(path: Path, size: int, chunk: int) -> Iterator[bytes]:
    left = size
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0) as file:
            while left and (piece := file.read(min(chunk, left))):
                left -= len(piece)
                yield piece
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    if left:
        raise SourceError(f"{path} became shorter while it was sent.")
    if size % _BLOCK:
        yield bytes(_padded(size) - size)


def _padded(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK
