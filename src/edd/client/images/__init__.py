"""Images at the sender: what is offered of them, and their content once the host asks for it."""

from edd.client.images.find import describe, find_image
from edd.client.images.held import Held, held_here
from edd.client.images.types import Blob, Content, LocalImage

__all__ = ["Blob", "Content", "Held", "LocalImage", "describe", "find_image", "held_here"]
