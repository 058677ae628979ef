"""An image offered to a host before it is sent, and what the host lacks of it."""

from typing import Annotated

from msgspec import Meta, Struct

from edd.model.job import Outcome
from edd.model.sketch import TOLD

MAX_LAYERS = 512
"""Docker stops at 127; BuildKit and kaniko have written more."""

_DIGEST = Meta(pattern="^sha256:[0-9a-f]{64}$")

BlobDigest = Annotated[str, _DIGEST]
"""A `Digest`, checked as it is decoded."""


class LayerOffer(Struct, frozen=True, forbid_unknown_fields=True):
    """A layer by its diff ID, and about how many bytes it has, unpacked."""

    diff_id: BlobDigest
    size: Annotated[int, Meta(ge=0, le=1 << 62)] = 0


class Offer(Struct, frozen=True, forbid_unknown_fields=True):
    """An image somebody could send: its configuration's digest, and its layers, lowest first."""

    image: BlobDigest
    layers: Annotated[tuple[LayerOffer, ...], Meta(max_length=MAX_LAYERS)]


class MissingBlob(Struct, frozen=True):
    """A blob the host lacks: ``received`` of its bytes lie in the spool already."""

    digest: BlobDigest
    received: int = 0


class Shortfall(Struct, frozen=True):
    """What a host lacks of an offered image.

    ``serves`` is there, and nothing is missing, where the image runs already. ``missing`` names
    layers by their diff IDs, each once, and the configuration by its digest. A missing layer may
    be told by a patch against ``bases``, layers of images here that have ``base_bytes`` in all.
    ``last_job`` is the deployment's newest job, 0 if it never had one.
    """

    serves: Outcome | None = None
    missing: tuple[MissingBlob, ...] = ()
    bases: tuple[BlobDigest, ...] = ()
    base_bytes: int = 0
    last_job: int = 0


class SketchedLayer(Struct, frozen=True, forbid_unknown_fields=True):
    """A missing layer: about how many bytes it has, and a sketch of the files that it has.

    A file of 512 bytes or more counts as the first four bytes of the BLAKE2b hash (of that length)
    of ``SIZE/NAME``, NAME being the last part of its path; ``sketch`` are the smallest, ascending.
    """

    size: Annotated[int, Meta(ge=0, le=1 << 62)]
    sketch: Annotated[str, Meta(pattern=f"^([0-9a-f]{{8}}){{0,{TOLD}}}$")]


class BasesRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Missing layers to find further bases for, beyond those that the offer's answer told."""

    layers: Annotated[tuple[SketchedLayer, ...], Meta(min_length=1, max_length=32)]
    bases: Annotated[tuple[BlobDigest, ...], Meta(max_length=32)] = ()


class Suggestion(Struct, frozen=True):
    """Layers here that missing ones may be told in terms of, as in `Shortfall`."""

    bases: tuple[BlobDigest, ...] = ()
    base_bytes: int = 0


class Enclosed(Struct, frozen=True, forbid_unknown_fields=True):
    """A small blob, as zstd frames, within another request: over a long way that spares one."""

    digest: BlobDigest
    content: bytes


class Assembly(Struct, frozen=True, forbid_unknown_fields=True):
    """An image to be put together from what the host holds and what was sent for it.

    ``patches`` are blobs, each of which makes one layer of others. Blobs that are ``enclosed``
    need not be sent before.
    """

    image: BlobDigest
    patches: Annotated[tuple[BlobDigest, ...], Meta(max_length=MAX_LAYERS)] = ()
    enclosed: Annotated[tuple[Enclosed, ...], Meta(max_length=MAX_LAYERS)] = ()


class SkeletonRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Layers of images here whose content somebody wants to know without having it."""

    layers: Annotated[tuple[BlobDigest, ...], Meta(min_length=1, max_length=32)]


class Received(Struct, frozen=True):
    """How much of a blob the spool holds, in bytes, and whether that is all of it, verified."""

    size: int
    complete: bool
