"""Images as ED speaks of them: a platform, and the digests that identify content."""

import re

from msgspec import Struct

Digest = str
"""``sha256:`` and 64 lower-case hexadecimal digits (OCI image spec, descriptor.md)."""

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def repository_of(reference: str) -> str:
    """Return an image reference without its tag and digest; a colon in a host is of its port."""
    plain = reference.partition("@")[0]
    head, colon, tag = plain.rpartition(":")
    return head if colon and "/" not in tag else plain


class Platform(Struct, frozen=True):
    """An operating system and processor in Go's words, as image configurations give them."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    def runs(self, image: "Platform") -> bool:
        """Tell whether a host of this platform runs ``image``; an unnamed variant suits all."""
        return (self.os, self.architecture) == (image.os, image.architecture) and (
            not image.variant or not self.variant or image.variant <= self.variant
        )


class ArchiveImage(Struct, frozen=True):
    """The one image an archive was found to hold for a deployment."""

    config: Digest
    platform: Platform
    layers: int
    layer_bytes: int


class EngineImage(Struct, frozen=True):
    """An image in the engine: its id there and what a rollout must know of it.

    ``config`` is the digest of its configuration, which tells it from every other image whatever
    store holds it; empty where nobody could tell.
    """

    id: Digest
    platform: Platform
    size: int
    config: Digest = ""
