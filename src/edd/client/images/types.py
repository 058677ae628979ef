"""What every place that holds an image has in common."""

from collections.abc import Callable, Collection, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from edd.model.image import Digest
from edd.model.job import Report
from edd.model.offer import LayerOffer


@dataclass(frozen=True)
class Blob:
    """Content that can be read from its beginning as often as wanted, unpacked.

    ``size`` is exact, or None where it is known only at its end.
    """

    open: Callable[[], BinaryIO]
    size: int | None = None


@dataclass(frozen=True)
class Content:
    """What of an image can be read: its configuration, and layers by their diff IDs.

    ``learn`` is there where time would make later readings quicker; it may be cancelled.
    """

    config: Digest
    blobs: Mapping[Digest, Blob]
    learn: Callable[[], Coroutine[Any, Any, None]] | None = None

    def size_of(self, digest: Digest) -> int:
        """Return the bytes of a blob as far as they are known; 0 where they are not."""
        blob = self.blobs.get(digest)
        return (blob.size if blob else None) or 0


class LocalImage(Protocol):
    """One image, described without reading it."""

    @property
    def name(self) -> str:
        """What a person calls it."""

    @property
    def image(self) -> Digest:
        """Its id: its configuration's digest, but on the containerd store."""

    @property
    def layers(self) -> tuple[LayerOffer, ...]:
        """Its layers, lowest first; a size that is not known is 0."""

    @property
    def size(self) -> int:
        """About how many bytes all its layers have."""

    def content(
        self, layers: Collection[Digest], report: Report
    ) -> AbstractAsyncContextManager[Content]:
        """Make the configuration and at least these layers readable for a while.

        Raises SourceError when that cannot be.
        """
