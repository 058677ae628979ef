"""The images an archive describes, in either of its two languages or in both at once.

Docker's manifest.json names members; OCI's index.json leads from digest to digest.
"""

from collections.abc import Iterator

from msgspec import Struct

from edd.archive.contents import Blob, Contents, clean, shown
from edd.archive.documents import Descriptor, ImageConfig, OciDocument, Reading, SavedImage
from edd.errors import ArchiveError, DigestMismatchError
from edd.model.image import DIGEST

_IMAGE_CONFIGS = {
    "",
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
}
_NAME_ANNOTATIONS = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_MAX_NESTING = 4
_MAX_REFERENCES = 10_000
"""Entries followed in one archive's documents; small ones can refer to each other very often."""


class Candidate(Struct, frozen=True):
    """An image the archive describes: its names, configuration and layers' names, lowest first."""

    names: tuple[str, ...]
    config: Blob
    image: ImageConfig
    layers: tuple[str, ...]


def find_candidates(contents: Contents) -> list[Candidate]:
    """Return the images described, each configuration once with all its names.

    Raises:
        ArchiveError: a description cannot be read, or names a configuration that is missing.
        DigestMismatchError: a document or a described blob is not what its digest or size says.
    """
    search = _Search(contents)
    merged: dict[str, Candidate] = {}
    for one in (*search.saved_images(), *search.oci_images()):
        known = merged.get(one.config.measured.digest, one)
        names = tuple(dict.fromkeys((*known.names, *one.names)))
        merged[one.config.measured.digest] = Candidate(
            names, known.config, known.image, known.layers
        )
    return list(merged.values())


class _Search:
    """One walk through an archive's documents, with a bound on its steps."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._reading = Reading()
        self._steps = 0

    def saved_images(self) -> Iterator[Candidate]:
        """Yield the images of manifest.json (docker save and its imitators)."""
        manifest = self._contents.document("manifest.json")
        if manifest is None:
            return
        saved = self._reading.decode(manifest.content or b"", list[SavedImage], "manifest.json")
        for one in saved:
            self._step()
            path = clean(one.config)
            config = self._contents.document(path)
            if config is None:
                raise ArchiveError(f"The image's configuration {shown(path)} is missing.")
            _check_config_name(path, config)
            layers = tuple(clean(layer) for layer in one.layers or ())
            yield Candidate(tuple(one.repo_tags or ()), config, self._image(config), layers)

    def oci_images(self) -> Iterator[Candidate]:
        """Yield the images below index.json whose manifests are there; attestations are none."""
        index = self._contents.document("index.json")
        if index is None:
            return
        roots = self._reading.decode(index.content or b"", OciDocument, "index.json").manifests
        for root in roots or []:
            notes = root.annotations or {}
            names = tuple(dict.fromkeys(notes[key] for key in _NAME_ANNOTATIONS if key in notes))
            for manifest in self._manifests(root, _MAX_NESTING):
                candidate = self._oci_image(names, manifest)
                if candidate is not None:
                    yield candidate

    def _manifests(self, root: Descriptor, nesting: int) -> Iterator[OciDocument]:
        """Yield the image manifests that ``root`` leads to.

        One that is absent is passed over: `docker save` lists every platform and writes one.
        """
        self._step()
        if _is_attestation(root):
            return
        blob = self._described(root)
        if blob is None:
            return
        document = self._reading.decode(blob.content or b"", OciDocument, "A manifest")
        if document.config is not None:
            yield document
        elif not nesting:
            raise ArchiveError("The archive's indexes are nested too deep.")
        else:
            for child in document.manifests or []:
                yield from self._manifests(child, nesting - 1)

    def _oci_image(self, names: tuple[str, ...], manifest: OciDocument) -> Candidate | None:
        """Return the image a manifest describes, ``None`` for another kind of artifact."""
        config, layers = manifest.config, manifest.layers or []
        if config is None or config.media_type not in _IMAGE_CONFIGS:
            return None
        if not all(".tar" in layer.media_type for layer in layers):
            return None
        blob = self._described(config)
        if blob is None:
            raise ArchiveError(f"The image's configuration {shown(config.digest)} is missing.")
        for layer in layers:
            self._step()
            _check_size(self._contents.find(_path(layer)), layer)
        paths = tuple(_path(layer) for layer in layers)
        return Candidate(names, blob, self._image(blob), paths)

    def _described(self, descriptor: Descriptor) -> Blob | None:
        blob = self._contents.document(_path(descriptor))
        _check_size(blob, descriptor)
        return blob

    def _image(self, config: Blob) -> ImageConfig:
        return self._reading.decode(config.content or b"", ImageConfig, "The image's configuration")

    def _step(self) -> None:
        self._steps += 1
        if self._steps > _MAX_REFERENCES:
            raise ArchiveError("The archive's documents refer to each other too often.")


def _is_attestation(descriptor: Descriptor) -> bool:
    platform = descriptor.platform
    return "vnd.docker.reference.type" in (descriptor.annotations or {}) or (
        platform is not None and platform.os == platform.architecture == "unknown"
    )


def _check_config_name(name: str, config: Blob) -> None:
    """See that a configuration called ``<digest>.json`` is; other digest names were seen to."""
    announced = f"sha256:{name.rpartition('/')[2].removesuffix('.json')}"
    if DIGEST.fullmatch(announced) and announced != config.measured.digest:
        raise DigestMismatchError(
            f"The image's configuration {shown(name)} hashes to {config.measured.digest}.",
            announced=announced,
            found=config.measured.digest,
        )


def _check_size(blob: Blob | None, descriptor: Descriptor) -> None:
    if blob is not None and blob.measured.size != descriptor.size:
        raise DigestMismatchError(
            f"{descriptor.digest} has {blob.measured.size} bytes, not {descriptor.size}."
        )


def _path(descriptor: Descriptor) -> str:
    if not DIGEST.fullmatch(descriptor.digest):
        raise ArchiveError(
            f"The archive uses a digest that is no sha256: {shown(descriptor.digest)}."
        )
    return f"blobs/sha256/{descriptor.digest.removeprefix('sha256:')}"
