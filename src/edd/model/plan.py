"""Plans as values: the steps of a rollout, what they cost, and what a host would say of them."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from edd.model.offer import MAX_LAYERS, BlobDigest, LayerOffer


class Step(StrEnum):
    """What a rollout does, in the words its journal and `edd plan` use."""

    LOAD = "load"
    PULL = "pull"
    CREATE = "create"
    STOP_OLD = "stop-old"
    SWAP_NAMES = "swap-names"
    START_NEW = "start-new"
    WAIT_HEALTHY = "wait-healthy"
    COMMIT = "commit"
    TAG_LATEST = "tag-latest"
    REMOVE_OLD = "remove-old"
    PRUNE = "prune"


class RolloutPlan(Struct, frozen=True):
    """The steps that lead to the wanted release, and why the deployment is away meanwhile.

    ``downtime`` is empty when the new container starts before the old one stops.
    """

    steps: tuple[Step, ...]
    downtime: str = ""


class OldContainer(Struct, frozen=True):
    """The container a rollout replaces, and whether it served."""

    id: str
    running: bool


class Rollout(Struct, frozen=True):
    """A rollout under way: all that is needed to perform it, undo it, or finish it later.

    ``release`` is the number that becomes current, ``reference`` its image's tag, ``container``
    the name it will bear, and ``mark`` a word no other rollout has, which labels its container.
    ``returns`` is set for a rollback: the release it leaves becomes withdrawn, and undoing it
    keeps the image.
    """

    deployment: str
    release: int
    reference: str
    container: str
    mark: str
    plan: RolloutPlan
    old: OldContainer | None = None
    returns: bool = False

    @property
    def next_container(self) -> str:
        """The name of the new container until it takes the old one's."""
        return beside(self.container)[0]

    @property
    def previous_container(self) -> str:
        """The name of the old container once the new one has taken its own."""
        return beside(self.container)[1]


def beside(container: str) -> tuple[str, str]:
    """Return the names that a deployment's new and old container have during a rollout."""
    return f"{container}.next", f"{container}.previous"


class DiskNeed(Struct, frozen=True):
    """Bytes a delivery needs on a disk, and bytes free there."""

    needed: int
    free: int


class Forecast(Struct, frozen=True):
    """What a delivery would do: its answer to `edd plan`, with nothing changed by asking.

    ``missing`` are the layers that the host lacks, each once; ``send_bytes`` is what they come to,
    before they are packed.
    """

    deployment: str
    unchanged: bool
    send_bytes: int
    image_bytes: int
    disk: DiskNeed
    steps: tuple[Step, ...]
    downtime: str
    current: int | None
    next: int
    rollback_to: int | None
    prunes: tuple[int, ...] = ()
    problems: tuple[str, ...] = ()
    missing: tuple[BlobDigest, ...] = ()


class ForecastRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An image somebody thinks of delivering: its config digest, size in bytes, and layers.

    Without ``layers`` it would be sent as a whole.
    """

    image: str = ""
    bytes: Annotated[int, Meta(ge=0, le=1 << 62)] = 0
    layers: Annotated[tuple[LayerOffer, ...], Meta(max_length=MAX_LAYERS)] = ()


class RollbackRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The release to return to; none means the one that served before."""

    release: int | None = None


IMAGE_RULE = r"^[A-Za-z0-9][A-Za-z0-9._/:@-]*$"
"""What may stand in an image reference (OCI distribution spec, pulling manifests), no more."""


class PullRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The image reference to pull; the key is ED's first protocol's word."""

    path: Annotated[str, Meta(pattern=IMAGE_RULE, max_length=512)]
