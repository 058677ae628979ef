"""Layers as registry clients send them: packed, under another digest than their own."""

from msgspec import Struct

from edd.model.image import Digest


class Packing(Struct, frozen=True):
    """A blob of ``size`` bytes that was found to unpack to ``layer``, a diff ID.

    A layer that was sent plain is a packing of itself.
    """

    digest: Digest
    layer: Digest
    size: int
