"""Which image of an archive is meant, and whether it is what the archive says it is.

Decisions only: everything was read and measured before.
"""

from msgspec import Struct

from edd.archive.candidates import Candidate, find_candidates
from edd.archive.contents import Blob, Contents, shown
from edd.archive.wanted import Wanted
from edd.errors import (
    AmbiguousArchiveError,
    ArchiveError,
    DigestMismatchError,
    WrongPlatformError,
)
from edd.model.image import ArchiveImage, repository_of


class Choice(Struct, frozen=True):
    """The image that goes to the engine."""

    image: ArchiveImage
    config: Blob
    layers: tuple[Blob, ...]


def choose(contents: Contents, wanted: Wanted) -> Choice:
    """Return the one image for ``wanted``, verified down to the layers that were hashed.

    Raises:
        ArchiveError: there is no image, or a part of it is missing or malformed.
        AmbiguousArchiveError: there are several, and none is named for the deployment.
        WrongPlatformError: there is none for the host's platform.
        DigestMismatchError: a layer is not the one the configuration announces.
    """
    contents.check_links()
    found = find_candidates(contents)
    if not found:
        raise ArchiveError(
            "The archive holds no image: neither manifest.json nor index.json names one."
        )
    return _verified(_one_of(found, wanted), contents)


def _one_of(found: list[Candidate], wanted: Wanted) -> Candidate:
    """Return the candidate that is meant: first by name, then by platform."""
    pool = [one for one in found if _is_named(one, wanted)] or found
    named = {one.names for one in pool}
    runnable = [one for one in pool if wanted.platform.runs(one.image.platform)]
    if len(named) > 1 and not all(_is_named(one, wanted) for one in pool):
        raise _ambiguous(pool, wanted)
    if not runnable:
        offered = sorted({str(one.image.platform) or "none it names" for one in pool})
        raise WrongPlatformError.between(wanted.platform, offered[:10])
    best = max(one.image.platform.variant for one in runnable)
    fitting = [one for one in runnable if one.image.platform.variant == best]
    if len(fitting) > 1:
        raise _ambiguous(fitting, wanted)
    return fitting[0]


def _ambiguous(pool: list[Candidate], wanted: Wanted) -> AmbiguousArchiveError:
    names = [" ".join(one.names) or one.config.measured.digest[:19] for one in pool[:10]]
    return AmbiguousArchiveError(
        f"The archive holds {len(pool)} images ({', '.join(shown(name) for name in names)}); "
        f"which one is {wanted.deployment}?",
        images=names,
    )


def _is_named(one: Candidate, wanted: Wanted) -> bool:
    repositories = {repository_of(name) for name in one.names}
    return wanted.repository in repositories or any(
        repository.rpartition("/")[2] == wanted.deployment for repository in repositories
    )


def _verified(chosen: Candidate, contents: Contents) -> Choice:
    """Return the choice, its layers found and equal to what its configuration announces."""
    diff_ids = chosen.image.rootfs.diff_ids
    if len(chosen.layers) != len(diff_ids):
        raise ArchiveError(
            f"The image has {len(chosen.layers)} layers, its configuration names {len(diff_ids)}."
        )
    layers = []
    for name, diff_id in zip(chosen.layers, diff_ids, strict=True):
        blob = contents.find(name)
        if blob is None:
            raise ArchiveError(f"The image's layer {shown(name)} is missing.")
        if not blob.measured.may_unpack_to(diff_id):
            raise DigestMismatchError(
                f"The layer {shown(name)} unpacks to {blob.measured.diff_id}.",
                announced=diff_id,
                found=blob.measured.diff_id,
            )
        layers.append(blob)
    size = sum(blob.measured.unpacked for blob in layers)
    image = ArchiveImage(chosen.config.measured.digest, chosen.image.platform, len(layers), size)
    return Choice(image, chosen.config, tuple(layers))
