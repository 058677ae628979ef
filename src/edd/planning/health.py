"""When a new container is good, and when waiting for it is over."""

from enum import Enum, auto

from msgspec import Struct

from edd.model.container import Container
from edd.model.deployment import Deployment


class Verdict(Enum):
    """What one look at a container says."""

    HEALTHY = auto()
    WAITING = auto()
    FAILED = auto()


class Judgement(Struct, frozen=True):
    """A verdict, and the reason for it in words."""

    verdict: Verdict
    reason: str = ""


def judge(
    container: Container | None, deployment: Deployment, steady: float, waited: float
) -> Judgement:
    """Judge a new container that runs without a pause since ``steady`` seconds.

    With a HEALTHCHECK Docker's verdict counts; without one, running for ``stable`` seconds
    does. A container that ended, restarted or vanished has failed, and so has one that is not
    good after ``health_timeout`` seconds; ``waited`` tells how long the wait has been.
    """
    if container is None:
        return failed("its container was removed")
    if trouble := trouble_of(container):
        return failed(trouble)
    if container.health == "healthy" or (
        container.health == "none" and steady >= deployment.stable
    ):
        return Judgement(Verdict.HEALTHY)
    if waited >= deployment.health_timeout:
        told = said(container) and f"; its last health check said: {said(container)}"
        return failed(f"it was not healthy within {deployment.health_timeout:g} s{told}")
    return Judgement(Verdict.WAITING)


def trouble_of(container: Container) -> str:
    """Say what is wrong with a container that was started; empty when nothing is."""
    if container.restarts or container.restarting:
        return f"it crashed with exit code {container.exit_code} and was restarted"
    if not container.running:
        return f"it ended with exit code {container.exit_code} {container.error}".rstrip()
    if container.health != "unhealthy":
        return ""
    return f"its health check failed: {said(container)}".removesuffix(": ")


def said(container: Container) -> str:
    """Return the end of what the last health check printed, on one line."""
    return " ".join(container.probe.output.split())[-200:] if container.probe else ""


def failed(reason: str) -> Judgement:
    """Return a failed judgement."""
    return Judgement(Verdict.FAILED, reason)
