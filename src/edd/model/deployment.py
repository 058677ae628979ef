"""Deployments: named places on a host where one release runs at a time."""

from typing import Literal

from msgspec import Struct

from edd.model.container import Probe
from edd.model.description import Access, Mount, Network
from edd.model.ports import PublishedPorts

NAME_RULE = r"^[a-z0-9]+(?:[_-]+[a-z0-9]+)*$"
"""A deployment's name is also a container's and an image repository's, hence the small alphabet."""

RESERVED = frozenset(
    {
        *("deployments", "info", "jobs", "audit", "metrics", "openapi.json", "reload", "doctor"),
        "sessions",
    }
)
"""Names that would hide a route, since ``/v1/NAME`` is short for ``/v1/deployments/NAME``."""


Desired = Literal["", "running", "stopped", "removed"]
"""What was last asked for: by a delivery, `start`, `stop` or `remove`; empty before the first."""


class Deployment(Struct, frozen=True):
    """What the host's administrator said about one deployment.

    Times are in seconds, ``memory`` is in bytes, ``cpus`` in processors; none is no limit.
    ``args`` are words of `docker run` beside what the typed options say. One that is not
    ``enabled`` is kept down.
    """

    name: str
    args: tuple[str, ...] = ()
    ports: tuple[PublishedPorts, ...] = ()
    access: Access = Access.PRIVATE
    network: Network = Network.BRIDGE
    mounts: tuple[Mount, ...] = ()
    memory: int | None = None
    cpus: float | None = None
    keep: int = 5
    health_timeout: float = 120.0
    stable: float = 5.0
    start_first: bool = False
    enabled: bool = True


class DeploymentStatus(Struct, frozen=True):
    """A deployment as it stands now.

    ``image`` is empty when nothing was delivered. ``health`` is Docker's word: ``starting``,
    ``healthy``, ``unhealthy``, or ``none`` where no health check looks; ``unknown`` while Docker
    does not tell. ``job`` is the one that is under way. ``restarts`` is how often Docker started
    its container again after it had ended by itself; it is 0, and ``since`` empty, while Docker
    is busy with the container. ``probe``, its last health check, is told of one deployment alone.
    ``desired`` is what was last asked for.
    """

    name: str
    state: Literal["running", "stopped"]
    image: str
    health: str
    release: int | None = None
    container: str = ""
    since: str = ""
    job: int | None = None
    restarts: int = 0
    probe: Probe | None = None
    desired: Desired = ""
