"""How long saves took to write out layers that nobody wanted, by the lowest layer of the image.

That is what packing them once would have spared (see `edd.planning.reading`). Losing the file costs
no more than it was worth so far.
"""

from collections.abc import Sequence
from pathlib import Path

from edd.client.notes import decode_note, write_note
from edd.model.image import Digest

MOST = 100
"""Lowest layers that are remembered."""

_NAME = "saves.json"
_LARGEST = 1 << 16


class Saves:
    """What is remembered of them in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME

    def wasted(self, layers: Sequence[Digest]) -> float:
        """Return the seconds noted of images that begin as one with these layers does."""
        return self._read().get(layers[0], 0.0) if layers else 0.0

    def note(self, layers: Sequence[Digest], seconds: float) -> None:
        """Add so many seconds to those of such images."""
        if not layers or seconds <= 0:
            return
        saves = self._read()
        saves[layers[0]] = saves.pop(layers[0], 0.0) + seconds
        self._write(saves)

    def forget(self, layers: Sequence[Digest]) -> None:
        """Forget such images: their layers are packed."""
        saves = self._read()
        if layers and layers[0] in saves:
            del saves[layers[0]]
            self._write(saves)

    def _write(self, saves: dict[Digest, float]) -> None:
        write_note(self._path, dict(list(saves.items())[-MOST:]))

    def _read(self) -> dict[Digest, float]:
        try:
            with self._path.open("rb") as file:
                found = decode_note(file.read(_LARGEST), dict[Digest, float])
        except OSError:
            found = None
        return {layer: seconds for layer, seconds in (found or {}).items() if seconds > 0}
