"""Containers as the engine reports them, as far as ED reads them."""

from msgspec import Struct


class Probe(Struct, frozen=True):
    """How a health check ended; ``output`` is the last 500 characters of what it printed.

    One that Docker broke off for its time has the exit code -1.
    """

    exit_code: int
    output: str


class Container(Struct, frozen=True):
    """One container; ``health`` is Docker's word, ``none`` without a HEALTHCHECK.

    ``probe`` is its last health check, ``stop_timeout`` the seconds that it was told to be given
    for its end. A listing knows nothing of what has a default.
    """

    id: str
    name: str
    image: str
    labels: dict[str, str]
    running: bool
    restarting: bool
    status: str
    health: str
    exit_code: int = 0
    restarts: int = 0
    started_at: str = ""
    error: str = ""
    probe: Probe | None = None
    stop_timeout: int | None = None


DEPLOYMENT_LABEL = "edd.deployment"
RELEASE_LABEL = "edd.release"
ROLLOUT_LABEL = "edd.rollout"
"""Bears the mark of the rollout that made the container."""
ARGS_LABEL = "edd.args"
"""Bears a hash of the `docker run` words the container was made from."""


def is_of(container: Container, deployment: str) -> bool:
    """Tell whether ED made ``container`` for a deployment, going by its label."""
    return container.labels.get(DEPLOYMENT_LABEL) == deployment
