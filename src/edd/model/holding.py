"""What the images on a host hold, as far as somebody may build upon it."""

from msgspec import Struct

from edd.model.image import Digest


class LayeredImage(Struct, frozen=True):
    """An image of the engine by its id, its layers' diff IDs, lowest first, and its bytes."""

    id: Digest
    layers: tuple[Digest, ...]
    size: int = 0


class Holding(Struct, frozen=True):
    """The images that a caller sees, newest first; ``chained`` if layers lie one upon another.

    The classic store knows a layer by its whole chain: an image that leaves it out loads only
    where an image begins with the same layers (moby, image/tarexport/load.go).
    """

    images: tuple[LayeredImage, ...]
    chained: bool

    def home(self, layer: Digest) -> Digest | None:
        """Return an image that has ``layer``, wherever in it."""
        return next((image.id for image in self.images if layer in image.layers), None)
