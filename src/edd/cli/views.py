"""Commands that show what a host knows and change nothing."""

import sys
from typing import TYPE_CHECKING

import click

from edd.cli import values
from edd.cli.fitting import fitted
from edd.cli.names import complete, deployment_argument
from edd.cli.output import show as put
from edd.cli.session import ask
from edd.cli.text import age, digest, escape, facts, moment, paint, span
from edd.model.size import human_size

if TYPE_CHECKING:
    from edd.client.host import HostClient
    from edd.model.deployment import DeploymentStatus
    from edd.model.host import HostInfo
    from edd.model.job import Job, JobStep
    from edd.model.release import Release

COLOURS = {
    "running": "green",
    "succeeded": "green",
    "current": "green",
    "healthy": "green",
    "ok": "green",
    "stopped": "yellow",
    "starting": "yellow",
    "pending": "yellow",
    "warning": "yellow",
    "interrupted": "yellow",
    "unhealthy": "red",
    "failed": "red",
    "none": "dim",
    "superseded": "dim",
    "withdrawn": "dim",
}


def state(word: str) -> str:
    """Return a state in the colour that its kind has everywhere."""
    return paint(escape(word), COLOURS.get(word, "bold"), sys.stdout) if word else "-"


@click.command()
def ps() -> None:
    """List a host's deployments.

    A job that is under way is named beside the state.

    \b
    Example: edd ps
             edd -H shop ps -o json
    """  # noqa: D301 - \b is click's mark for lines that stay apart
    found = ask(lambda host: host.deployments())
    heads = ("NAME", "STATE", "HEALTH", "RELEASE", "IMAGE", "SINCE")
    empty = (
        "This host has no deployments that you may see:"
        " its administrator names them in its configuration, then `edd reload`."
    )
    put(found, lambda: fitted(heads, map(_status_row, found)) if found else empty)


def _status_row(status: "DeploymentStatus") -> tuple[str, ...]:
    return (
        escape(status.name),
        _state(status) + _restarts(status) + (f" (job {status.job})" if status.job else ""),
        _health(status),
        str(status.release or "-"),
        escape(digest(status.image)) or "-",
        age(status.since),
    )


def _state(status: "DeploymentStatus") -> str:
    """Return the state; where nothing was delivered, or all was removed, nothing is stopped."""
    return state(status.state) if status.image else "no container"


def _restarts(status: "DeploymentStatus") -> str:
    """Return how often its container was started again, which it is for having ended."""
    count = status.restarts
    return f", restarted {count} time{'s' if count > 1 else ''}" if count else ""


def _health(status: "DeploymentStatus") -> str:
    return state(status.health) if status.image else "-"


@click.command()
@deployment_argument
def show(deployment: str) -> None:
    """Show one deployment.

    Example: edd show website
    """
    status = ask(lambda host: host.deployment(deployment))
    pairs = [
        ("name", escape(status.name)),
        ("state", _state(status) + _restarts(status)),
        ("health", _health(status)),
        *_failing(status),
        ("release", str(status.release or "none")),
        ("image", escape(status.image)),
        ("container", escape(status.container)),
        ("since", _when(status.since)),
        ("job", f"{status.job} is at work (edd jobs {status.job})" if status.job else ""),
    ]
    put(status, lambda: facts(pairs))


def _failing(status: "DeploymentStatus") -> list[tuple[str, str]]:
    """Return how the last health check failed and what it printed, if it did."""
    if status.probe is None or not status.probe.exit_code:
        return []
    said = status.probe.output.splitlines()
    code = f"exit code {status.probe.exit_code}"
    return [("last check", code), *(("it said", escape(line)) for line in said)]


@click.command()
@deployment_argument
def releases(deployment: str) -> None:
    """List what was delivered to a deployment.

    Newest first. A rollback reaches those whose image is kept.

    Example: edd releases website
    """
    found = ask(lambda host: host.releases(deployment))
    heads = ("RELEASE", "STATE", "KEPT", "IMAGE", "SIZE", "BY", "WHEN", "REMARK")
    rows = [
        (
            str(release.number),
            state(release.state),
            "yes" if release.kept else "no",
            escape(digest(release.image)),
            human_size(release.size) if release.size else "-",
            escape(release.caller),
            age(release.created_at),
            _remark(release),
        )
        for release in found
    ]
    drop = ("IMAGE", "SIZE", "BY")
    put(found, lambda: fitted(heads, rows, drop) if rows else "Nothing was delivered yet.")


@click.command()
@click.argument("number", metavar="[JOB]", type=values.NUMBER, required=False)
@click.option(
    "-d",
    "--deployment",
    callback=values.deployment,
    shell_complete=complete,
    help="Only of this one.",
)
@click.option("-n", "--limit", default=20, show_default=True, type=values.Whole(1, 1000))
def jobs(number: int | None, deployment: str | None, limit: int) -> None:
    """List what a host did, newest first.

    With a JOB number: that job and the steps it took.

    \b
    Example: edd jobs --deployment website
             edd jobs 42
    """  # noqa: D301
    if number is not None:
        _show_job(number)
        return
    found = ask(lambda host: host.jobs(deployment or "", limit))
    heads = ("JOB", "KIND", "DEPLOYMENT", "STATE", "STEP", "RELEASE", "BY", "STARTED", "TOOK")
    rows = map(_job_row, found)
    empty = f"No jobs of {escape(deployment)}." if deployment else "No jobs yet."
    put(found, lambda: fitted(heads, rows, ("RELEASE", "STEP")) if found else empty)


def _job_row(job: "Job") -> tuple[str, ...]:
    return (
        str(job.id),
        escape(job.kind),
        escape(job.deployment),
        state(job.state),
        escape(job.step) or "-",
        str(job.release or "-"),
        escape(job.caller),
        age(job.started_at),
        _took(job),
    )


def _took(job: "Job") -> str:
    began, ended = moment(job.started_at), moment(job.finished_at)
    return span((ended - began).total_seconds()) if began and ended else "-"


def _show_job(number: int) -> None:
    async def both(host: "HostClient") -> "tuple[Job, list[JobStep]]":
        return await host.job(number), await host.steps(number)

    job, steps = ask(both)
    pairs = [
        ("job", f"{job.id}: {escape(job.kind)} of {escape(job.deployment)}"),
        ("state", state(job.state)),
        ("release", str(job.release or "")),
        ("by", escape(job.caller)),
        ("started", _when(job.started_at)),
        ("took", _took(job)),
        ("error", escape(job.detail)),
        *(("log", escape(line)) for line in job.log.splitlines()),
        *(("step", f"{escape(step.at)}  {escape(step.step)}") for step in steps),
    ]
    put({"job": job, "steps": steps}, lambda: facts(pairs))


@click.command()
@click.option("-n", "--limit", default=50, show_default=True, type=values.Whole(1, 1000))
def audit(limit: int) -> None:
    """List who asked a host for what, newest first.

    What changed something, was refused, or asked the engine itself. Needs the administrator's role.

    Example: edd audit --limit 10
    """
    found = ask(lambda host: host.audit(limit))
    heads = ("WHEN", "BY", "ACTION", "DEPLOYMENT", "STATUS", "CODE", "TIMES")
    rows = [
        (
            escape(entry.at),
            escape(entry.caller) or "-",
            escape(entry.action),
            escape(entry.deployment) or "-",
            str(entry.status),
            escape(entry.code) or "-",
            str(entry.times),
        )
        for entry in found
    ]
    put(found, lambda: fitted(heads, rows, ("TIMES", "CODE")) if rows else "Nothing yet.")


@click.command()
def info() -> None:
    """Show a host: engine, disk, certificates, who you are there.

    Example: edd -H shop info
    """
    found = ask(lambda host: host.info())
    put(found, lambda: facts(_info(found)))


def _info(host: "HostInfo") -> list[tuple[str, str]]:
    engine = host.engine
    words, running = "cannot be reached", ""
    if engine is not None:
        running = f", {host.running} running"
        words = f"Docker {engine.version}, {engine.os}/{engine.architecture}, {engine.store} store"
    disk = ""
    if host.disk_total:
        disk = f"{human_size(host.disk_free)} free of {human_size(host.disk_total)}"
    return [
        ("host", escape(host.name)),
        ("version", escape(host.version)),
        ("engine", escape(words)),
        ("disk", disk),
        ("deployments", f"{host.deployments}{running}"),
        ("up for", span(host.uptime)),
        ("you are", escape(f"{host.caller} ({host.role})")),
        *(
            ("certificate", escape(f"{one.name}: {one.days} days left, until {one.not_after}"))
            for one in host.certificates
        ),
    ]


def _when(stamp: str) -> str:
    return f"{escape(stamp)} ({age(stamp)})" if stamp else ""


def _remark(release: "Release") -> str:
    """Return the first line of what became of a release, without the name the row has anyway."""
    line = release.detail.strip().partition("\n")[0]
    return escape(line.removeprefix(f"Release {release.number} of {release.deployment} "))
