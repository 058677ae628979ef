"""What a push cost, as `edd push -o json` tells it."""

import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from edd.model.image import Digest


@dataclass
class Account:
    """What a push cost, over all its attempts.

    ``image_bytes`` are the image's, unpacked; ``sent_bytes`` those of blobs on the wire, packed,
    those sent twice included; ``received_bytes`` those of the host's descriptions of its layers.
    ``layers`` counts each layer once: ``present`` on the host, sent ``whole``, or ``patched``.
    ``seconds`` are by phase.
    """

    image_bytes: int = 0
    sent_bytes: int = 0
    received_bytes: int = 0
    layers: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time until its end towards ``name``."""
        began = time.monotonic()
        try:
            yield
        finally:
            spent = self.seconds.get(name, 0.0) + time.monotonic() - began
            self.seconds[name] = round(spent, 3)


class Tally:
    """Which layers of an image one push sent, and how; one that a patch did not make is whole."""

    def __init__(self, layers: Collection[Digest]) -> None:
        self._layers = set(layers)
        self._patched: set[Digest] = set()
        self._whole: set[Digest] = set()

    def sends(self, patched: Collection[Digest], whole: Collection[Digest]) -> dict[str, int]:
        """Take what an attempt sends; return the layers of the whole push, counted."""
        self._whole |= self._layers.intersection(whole)
        self._patched = (self._patched | set(patched)) - self._whole
        sent = len(self._patched) + len(self._whole)
        return {
            "present": len(self._layers) - sent,
            "patched": len(self._patched),
            "whole": len(self._whole),
        }
