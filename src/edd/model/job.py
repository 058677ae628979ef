"""Jobs: operations that change something, from their first journalled step to their end."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class JobKind(StrEnum):
    """The operations that run as jobs."""

    LOAD = "load"
    PULL = "pull"
    ROLLBACK = "rollback"
    APPLY = "apply"
    START = "start"
    STOP = "stop"
    RESTART = "restart"
    REMOVE = "remove"


class JobState(StrEnum):
    """Where a job stands."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """The daemon or the engine died under it; what it had begun was undone or completed."""


class Job(Struct, frozen=True):
    """One operation on one deployment. Times are RFC 3339 in UTC; ``release`` is its number.

    ``log`` is what the container of a delivery that failed wrote last, told of one job alone.
    """

    id: int
    kind: JobKind
    deployment: str
    caller: str
    state: JobState
    started_at: str
    finished_at: str = ""
    step: str = ""
    release: int | None = None
    code: str = ""
    detail: str = ""
    log: str = ""


class JobStep(Struct, frozen=True):
    """A step as the journal holds it; it was written before the step took effect."""

    step: str
    at: str


class Progress(Struct, frozen=True, tag="progress", tag_field="event"):
    """Something a person waiting for a job would like to read; ``done`` and ``total`` in bytes.

    The first one of a load or a pull names its ``job``, to ask for when the link breaks.
    """

    step: str
    message: str
    done: int | None = None
    total: int | None = None
    job: int | None = None


class Outcome(Struct, frozen=True, tag="outcome", tag_field="event"):
    """How a delivery ended well: ``outcome`` is ``success`` or ``unchanged``.

    ``downtime`` is how long no container of the deployment ran, in seconds.
    """

    outcome: str
    state: str
    health: str
    release: int | None = None
    image: str = ""
    job: int | None = None
    downtime: float = 0.0
    message: str = ""


class Failure(Struct, frozen=True, tag="failure", tag_field="event"):
    """The last event of a delivery that failed: the same problem a plain answer would carry."""

    problem: dict[str, Any] = field(default_factory=dict)


Event = Progress | Outcome | Failure

Report = Callable[[Progress], None]
"""Takes progress as it happens; it must return at once and never raise."""
