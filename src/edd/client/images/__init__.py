"""Images at the sender: what is offered of them, and their content once the host asks for it."""

from edd.client.images.find import describe, find_image
from edd.client.images.types import Blob, Content, LocalImage

__all__ = ["Blob", "Content", "LocalImage", "describe", "find_image"]
