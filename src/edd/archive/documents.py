"""The JSON in image archives, as far as it is read: Docker's manifest.json and OCI's documents.

Sources: docker/spec image v1.2 (manifest.json); opencontainers/image-spec (the rest).
"""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct, field

from edd.errors import ArchiveError
from edd.model.image import Digest, Platform

MAX_DOCUMENT = 4 << 20
"""Bytes of one document; registries do not take larger manifests either."""

T = TypeVar("T")


class SavedImage(Struct, frozen=True, rename="pascal"):
    """One entry of a docker-archive's manifest.json; the paths are members of the archive."""

    config: str
    repo_tags: list[str] | None = None
    layers: list[str] | None = None


class DeclaredPlatform(Struct, frozen=True):
    """A platform as OCI documents write it."""

    architecture: str = ""
    os: str = ""
    variant: str = ""


class Descriptor(Struct, frozen=True, rename="camel"):
    """A reference to a blob (descriptor.md)."""

    digest: Digest
    size: int
    media_type: str = ""
    platform: DeclaredPlatform | None = None
    annotations: dict[str, str] | None = None


class OciDocument(Struct, frozen=True, rename="camel"):
    """An image index (``manifests``) or an image manifest (``config`` and ``layers``)."""

    manifests: list[Descriptor] | None = None
    config: Descriptor | None = None
    layers: list[Descriptor] | None = None


class RootFs(Struct, frozen=True):
    """The layers' digests, unpacked, from the lowest up."""

    diff_ids: list[Digest] = field(default_factory=list)


class ImageConfig(Struct, frozen=True):
    """What is read of an image's configuration (config.md)."""

    rootfs: RootFs
    architecture: str = ""
    os: str = ""
    variant: str = ""

    @property
    def platform(self) -> Platform:
        """The platform the image was built for."""
        return Platform(self.os, self.architecture, self.variant)


class Reading:
    """Decodes documents, each once: an archive may refer to the same one a thousand times."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, type], Any] = {}

    def decode(self, content: bytes, kind: type[T], name: str) -> T:
        """Return ``content`` as a ``kind``; ``name`` says in an error what it was.

        Raises:
            ArchiveError: it is not JSON, not of that form, or nested too deep.
        """
        key = (content, kind)
        if key not in self._known:
            try:
                self._known[key] = msgspec.json.decode(content, type=kind)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
                raise ArchiveError(f"{name} in the archive cannot be read: {problem}.") from None
        known: T = self._known[key]
        return known
