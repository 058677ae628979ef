"""The JSON in image archives, as far as it is read: Docker's manifest.json and OCI's documents.

Sources: docker/spec image v1.2 (manifest.json); opencontainers/image-spec (the rest).
"""

from typing import Any, TypeVar

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from edd.errors import ArchiveError
from edd.model.image import Digest, Platform

MAX_DOCUMENT = 4 << 20
"""Bytes of one document; registries do not take larger manifests either."""

MAX_ENTRIES = 200_000
"""Values in all that is read of one archive's documents: each costs memory, 120 bytes at most.
Ten thousand references, as many as are followed, have about half of that."""

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


class _Essence(Struct):
    """The members of an OCI document or a configuration that are read, not decoded yet."""

    manifests: Raw | UnsetType = UNSET
    config: Raw | UnsetType = UNSET
    layers: Raw | UnsetType = UNSET
    rootfs: Raw | UnsetType = UNSET
    architecture: Raw | UnsetType = UNSET
    os: Raw | UnsetType = UNSET
    variant: Raw | UnsetType = UNSET


class Reading:
    """Decodes documents, each once: an archive may refer to the same one a thousand times."""

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, type], Any] = {}
        self._entries = 0

    def decode(self, content: bytes, kind: type[T], name: str) -> T:
        """Return ``content`` as a ``kind``; ``name`` says in an error what it was.

        Raises:
            ArchiveError: it is not JSON, not of that form, or nested too deep; or it has more
                entries than are left.
        """
        key = (content, kind)
        if key not in self._known:
            try:
                essence = _essence(content)
                self._count(essence)
                self._known[key] = msgspec.json.decode(essence, type=kind)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
                raise ArchiveError(f"{name} in the archive cannot be read: {problem}.") from None
        known: T = self._known[key]
        return known

    def _count(self, essence: bytes) -> None:
        """Count entries while they are text still: by their commas, some of which are words'."""
        self._entries += essence.count(b",")
        if self._entries > MAX_ENTRIES:
            raise ArchiveError("The archive's documents have too many entries.")


def _essence(content: bytes) -> bytes:
    """Return a document without what nobody reads, a configuration's history above all.

    Of a member that is there twice the last is left, the one a decoder takes.
    """
    if not content.lstrip().startswith(b"{"):
        return content
    return msgspec.json.encode(msgspec.json.decode(content, type=_Essence))
