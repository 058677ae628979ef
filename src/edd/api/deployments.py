"""Handlers about one deployment or all of them: each calls one operation."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from edd.api.call import Call
from edd.model.deployment import DeploymentStatus
from edd.model.job import Outcome
from edd.model.log import LogQuery
from edd.model.offer import Assembly
from edd.model.plan import Forecast, ForecastRequest, PullRequest, RollbackRequest
from edd.model.release import Release

MOMENT_RULE = r"^([0-9]{1,12}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,18}(Z|[+-][0-9]{2}:[0-9]{2}))$"


class LogsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which lines of the log: ``tail`` counts from the end, ``follow`` waits for more.

    ``since`` and ``until`` are seconds since 1970 or RFC 3339; with ``timestamps`` each line begins
    with its time in RFC 3339.
    """

    follow: Literal["0", "1", "false", "true"] = "0"
    tail: Annotated[int, Meta(ge=0, le=1_000_000)] | UnsetType = UNSET
    since: Annotated[str, Meta(pattern=MOMENT_RULE)] | UnsetType = UNSET
    until: Annotated[str, Meta(pattern=MOMENT_RULE)] | UnsetType = UNSET
    timestamps: Literal["0", "1", "false", "true"] = "0"


async def list_all(call: Call[None]) -> list[DeploymentStatus]:
    """List the deployments the caller may see."""
    return await call.operations.views.deployments(call.caller)


async def show(call: Call[None]) -> DeploymentStatus:
    """Show one deployment."""
    return await call.operations.views.deployment(call.name)


async def load(call: Call[None]) -> Outcome:
    """Deliver the archive in the body."""
    return await call.operations.deliveries.load(call.name, call.upload(), call.caller, call.report)


async def assemble(call: Call[Assembly]) -> Outcome:
    """Deliver the image whose missing parts were sent."""
    return await call.operations.deliveries.assemble(
        call.name, call.asked, call.caller, call.report
    )


async def pull(call: Call[PullRequest]) -> Outcome:
    """Deliver an image the engine pulls."""
    return await call.operations.deliveries.pull(
        call.name, call.asked.path, call.caller, call.report
    )


async def rollback(call: Call[RollbackRequest]) -> Outcome:
    """Return to a kept release."""
    return await call.operations.deliveries.rollback(
        call.name, call.asked.release, call.caller, call.report
    )


async def apply(call: Call[None]) -> Outcome:
    """Make the container anew if it is another than described."""
    return await call.operations.deliveries.apply(call.name, call.caller, call.report)


async def start(call: Call[None]) -> None:
    """Start the container."""
    await call.operations.lifecycle.start(call.name, call.caller)


async def stop(call: Call[None]) -> None:
    """Stop the container."""
    await call.operations.lifecycle.stop(call.name, call.caller)


async def restart(call: Call[None]) -> None:
    """Stop and start the container."""
    await call.operations.lifecycle.restart(call.name, call.caller)


async def remove(call: Call[None]) -> None:
    """Stop and remove the container."""
    await call.operations.lifecycle.remove(call.name, call.caller)


async def releases(call: Call[None]) -> list[Release]:
    """List the releases, newest first."""
    return await call.operations.views.releases(call.name)


async def logs(call: Call[LogsQuery]) -> AsyncIterator[bytes]:
    """Stream the container's output."""
    asked = call.asked
    query = LogQuery(
        follow=asked.follow in {"1", "true"},
        tail=None if isinstance(asked.tail, UnsetType) else asked.tail,
        since="" if isinstance(asked.since, UnsetType) else asked.since,
        until="" if isinstance(asked.until, UnsetType) else asked.until,
        timestamps=asked.timestamps in {"1", "true"},
    )
    return call.operations.views.logs(call.name, query)


async def plan(call: Call[ForecastRequest]) -> Forecast:
    """Say what a delivery would do."""
    return await call.operations.views.forecast(call.name, call.asked, call.caller)
