"""How long saves took to write out layers that nobody wanted, layer by layer.

That is what packing them once would have spared (see `edd.planning.reading`). Losing the file costs
no more than it was worth so far.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

from edd.client.notes import read_note, write_note
from edd.model.image import Digest

MOST = 1000
"""Layers that are remembered, those noted last."""

_NAME = "saves.json"
_LARGEST = 1 << 18


class Saves:
    """What is remembered of them in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / _NAME

    def wasted(self, layers: Collection[Digest]) -> float:
        """Return the seconds noted of these layers, in all."""
        saves = self._read()
        return sum(saves.get(layer, 0.0) for layer in set(layers))

    def note(self, seconds: Mapping[Digest, float]) -> None:
        """Add to each layer's seconds."""
        saves = self._read()
        for layer, more in seconds.items():
            if more > 0:
                saves[layer] = saves.pop(layer, 0.0) + more
        if seconds:
            self._write(saves)

    def forget(self, layers: Collection[Digest]) -> None:
        """Forget these layers: they are packed."""
        saves = self._read()
        kept = {layer: seconds for layer, seconds in saves.items() if layer not in set(layers)}
        if kept != saves:
            self._write(kept)

    def _write(self, saves: dict[Digest, float]) -> None:
        write_note(self._path, dict(list(saves.items())[-MOST:]))

    def _read(self) -> dict[Digest, float]:
        found = read_note(self._path, dict[Digest, float], _LARGEST) or {}
        return {layer: seconds for layer, seconds in found.items() if seconds > 0}
