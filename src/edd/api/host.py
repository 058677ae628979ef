"""Handlers about the host as a whole: each calls one operation."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from edd.api.call import Call
from edd.api.metrics import exposition
from edd.model.caller import Role
from edd.model.deployment import NAME_RULE
from edd.model.host import AuditEntry, Check, HostInfo
from edd.model.job import Job, JobStep
from edd.model.metric import Metric

Limit = Annotated[int, Meta(ge=1, le=1000)]


class JobsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which jobs: those of one deployment, and at most ``limit`` of them."""

    deployment: Annotated[str, Meta(pattern=NAME_RULE, max_length=128)] | UnsetType = UNSET
    limit: Limit = 50


class AuditQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """How many entries, counted from the newest."""

    limit: Limit = 100


async def info(call: Call[None]) -> HostInfo:
    """Describe the host."""
    return await call.operations.views.info(call.caller)


async def doctor(call: Call[None]) -> list[Check]:
    """Examine the host; a limited caller reads nothing of its configuration."""
    checks = await call.operations.views.doctor()
    return [_discreet(check) for check in checks] if call.caller.deployments else checks


async def jobs(call: Call[JobsQuery]) -> list[Job]:
    """List jobs, newest first; a caller limited to deployments sees theirs only."""
    wanted, limit = call.asked.deployment, call.asked.limit
    if not isinstance(wanted, UnsetType):
        call.require(wanted)
        return await call.operations.views.jobs(wanted, limit)
    places: list[str | None] = [*sorted(call.caller.deployments)] or [None]
    found = [
        job for deployment in places for job in await call.operations.views.jobs(deployment, limit)
    ]
    return sorted(found, key=lambda job: job.id, reverse=True)[:limit]


async def job(call: Call[None]) -> Job:
    """Show one job."""
    found = await call.operations.views.job(call.number)
    call.require(found.deployment)
    return found


async def steps(call: Call[None]) -> list[JobStep]:
    """List the steps a job has begun, in their order."""
    call.require((await call.operations.views.job(call.number)).deployment)
    return await call.operations.views.steps(call.number)


async def audit(call: Call[AuditQuery]) -> list[AuditEntry]:
    """List what changed something, was refused or asked the engine, newest first."""
    return await call.operations.audit.entries(call.asked.limit)


async def reload(call: Call[None]) -> None:
    """Read configuration, certificates and revocations again."""
    await call.operations.reload()


async def metrics(call: Call[None]) -> str:
    """Measure the host for Prometheus; a limited caller's answer has no other deployment in it."""
    measured = await call.operations.views.metrics()
    return exposition(_visible(metric, call) for metric in measured)


async def description(call: Call[None]) -> bytes:
    """Describe this API."""
    return call.document()


def _discreet(check: Check) -> Check:
    """Return a check without words that may name other deployments, their ports or their number."""
    if check.name != "configuration":
        return check
    return Check(check.name, check.state, "told in full to callers who may see all deployments")


def _visible(metric: Metric, call: Call[None]) -> Metric:
    samples = [
        sample
        for sample in metric.samples
        if call.caller.may(Role.VIEWER, sample[0].get("deployment"))
    ]
    return Metric(metric.name, metric.help, metric.kind, samples)
