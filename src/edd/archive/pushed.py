"""Manifests as registry clients push them: which image is meant, and what its layers are called.

Decisions only. What is read here names files elsewhere, so every digest is checked for its form.
"""

from collections.abc import Sequence

from edd.archive.documents import Descriptor, ImageConfig, OciDocument, Reading
from edd.errors import ArchiveError, WrongPlatformError
from edd.model.image import DIGEST, Digest, Platform
from edd.model.offer import MAX_LAYERS

STATEMENT = "application/vnd.in-toto+json"


def read_manifest(content: bytes) -> OciDocument:
    """Return an image's manifest, or an index of several, of Docker's kind or OCI's.

    Raises:
        ArchiveError: it is neither, or has more layers than any image.
    """
    document = Reading().decode(content, OciDocument, "The manifest")
    if document.manifests is None and (document.config is None or document.layers is None):
        raise ArchiveError("The manifest is no image's: it lacks a configuration or layers.")
    named = parts(document)
    if len(named) > MAX_LAYERS + 1:
        raise ArchiveError(f"The manifest has more than {MAX_LAYERS} parts.")
    if not all(map(DIGEST.fullmatch, named)):
        raise ArchiveError("The manifest names a part by what is no SHA-256 digest.")
    return document


def parts(document: OciDocument) -> list[Digest]:
    """Return every blob that a manifest names, or every manifest that an index does."""
    found = [*(document.manifests or ()), *(document.layers or ())]
    if document.config is not None:
        found.append(document.config)
    return [each.digest for each in found]


def is_attestation(document: OciDocument) -> bool:
    """Tell whether a manifest is what BuildKit says of an image, in an index beside that image."""
    layers = document.layers or ()
    return bool(layers) and all(layer.media_type == STATEMENT for layer in layers)


def choose_manifest(manifests: Sequence[Descriptor], host: Platform) -> Digest:
    """Return the manifest of the image for ``host``; of several variants the highest it runs.

    One manifest alone may leave its platform out.

    Raises WrongPlatformError when there is none.
    """
    told = [(_platform(each), each.digest) for each in manifests]
    if len(told) == 1 and not told[0][0].os:
        return told[0][1]
    fitting = [(platform, digest) for platform, digest in told if host.runs(platform)]
    if not fitting:
        offered = sorted({str(platform) for platform, _ in told})[:10]
        raise WrongPlatformError.between(host, offered)
    return max(fitting, key=lambda one: one[0].variant)[1]


def packed_layers(document: OciDocument, config: ImageConfig) -> list[tuple[Digest, Digest]]:
    """Return each layer's digest as it was pushed and its diff ID, lowest first.

    Raises ArchiveError when manifest and configuration tell of different layers.
    """
    pushed = [layer.digest for layer in document.layers or ()]
    layers = config.rootfs.diff_ids
    if len(pushed) != len(layers):
        raise ArchiveError(
            f"The manifest has {len(pushed)} layers, its configuration names {len(layers)}."
        )
    return list(zip(pushed, layers, strict=True))


def _platform(descriptor: Descriptor) -> Platform:
    told = descriptor.platform
    return Platform(told.os, told.architecture, told.variant) if told else Platform("", "")
