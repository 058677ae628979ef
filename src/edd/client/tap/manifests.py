"""Which pushed blob is which layer: manifests name them in the order of the diff IDs."""

from collections.abc import Collection, Iterable, Sequence

import msgspec
from msgspec import Struct

from edd.distribution import Manifest
from edd.model.image import Digest


class Packed(Struct, frozen=True):
    """The blobs of one platform's image: its configuration, and its layers from the lowest up."""

    config: Digest
    layers: tuple[Digest, ...]

    @property
    def digests(self) -> set[Digest]:
        """The digests of all."""
        return {self.config, *self.layers}

    def needed(self, diff_ids: Sequence[Digest], wanted: Collection[Digest]) -> set[Digest]:
        """Return the blobs that hold the configuration and the ``wanted`` layers."""
        pairs = zip(diff_ids, self.layers, strict=True)
        return {self.config} | {blob for diff_id, blob in pairs if diff_id in wanted}


class _Descriptor(Struct):
    digest: Digest


class _Manifest(Struct):
    config: _Descriptor | None = None
    layers: list[_Descriptor] = []


class _RootFs(Struct):
    diff_ids: list[Digest]


class _Config(Struct):
    rootfs: _RootFs


def candidates(manifests: Iterable[Manifest], layers: int) -> list[Packed]:
    """Return those of ``manifests`` that describe an image of so many layers.

    An index may name several platforms and attestations, whose layers are documents.
    """
    found = [msgspec.json.decode(manifest.content, type=_Manifest) for manifest in manifests]
    return [
        Packed(one.config.digest, tuple(layer.digest for layer in one.layers))
        for one in found
        if one.config is not None and len(one.layers) == layers
    ]


def diff_ids_in(config: bytes) -> list[Digest]:
    """Return the diff IDs in an image's configuration; none if it is another document."""
    try:
        return msgspec.json.decode(config, type=_Config).rootfs.diff_ids
    except msgspec.DecodeError:
        return []
