"""Layers kept on this workstation, so that the next push can tell a change by its old bytes.

Plain files named by diff ID in the user's cache folder, the least recently used removed beyond a
bound. Losing them costs nothing but bytes on the link; one that is damaged makes a patch that the
host refuses, and the whole layer goes.
"""

import contextlib
import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from edd.client.images import Blob
from edd.model.image import Digest

LARGEST = 2 << 30
"""Bytes; a larger layer is not kept."""

MOST = 4 << 30
LEAST_FREE = 0.2
"""The part of the disk that stays free of what is kept, `ENOUGH_FREE` bytes at most."""

ENOUGH_FREE = 5 << 30

PIECE = 1 << 20


class Kept:
    """The layers in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "layers"

    def find(self, layers: Iterable[Digest]) -> dict[Digest, Blob]:
        """Return those of ``layers`` that are here, in their order, and count them as used."""
        found = {}
        for layer in layers:
            path = self._path(layer)
            with contextlib.suppress(OSError):
                os.utime(path)
                found[layer] = _blob(path)
        return found

    def keep(self, layers: Mapping[Digest, Blob]) -> None:
        """Copy layers in, as far as there is room; what cannot be kept is not."""
        with contextlib.suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for layer, blob in layers.items():
                if blob.size is not None and blob.size <= LARGEST and self._has_room(blob.size):
                    self._copy(layer, blob)
            self._trim()

    def forget(self, layers: Iterable[Digest]) -> None:
        """Remove layers: they may be damaged."""
        for layer in layers:
            with contextlib.suppress(OSError):
                self._path(layer).unlink()

    def _copy(self, layer: Digest, blob: Blob) -> None:
        path = self._path(layer)
        if path.exists():
            return
        part = path.with_suffix(f".{os.getpid()}")
        try:
            with blob.open() as content, part.open("wb") as file:
                shutil.copyfileobj(content, file, PIECE)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def _has_room(self, size: int) -> bool:
        disk = shutil.disk_usage(self._folder)
        return disk.free - size > min(LEAST_FREE * disk.total, ENOUGH_FREE)

    def _trim(self) -> None:
        """Remove what was used longest ago, be it what a killed push left half copied."""
        statuses = [(path, path.stat()) for path in self._folder.iterdir()]
        total = sum(status.st_size for _, status in statuses)
        for path, status in sorted(statuses, key=lambda one: one[1].st_mtime):
            if total <= MOST:
                break
            path.unlink(missing_ok=True)
            total -= status.st_size

    def _path(self, layer: Digest) -> Path:
        return self._folder / layer.removeprefix("sha256:")


def _blob(path: Path) -> Blob:
    return Blob(lambda: path.open("rb"), path.stat().st_size)
