"""`edd apply`: what runs is as the host's configuration describes it now."""

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from edd.cli.names import complete
from edd.cli.outcomes import plain, sentence, watched
from edd.cli.output import say, show
from edd.cli.session import ask
from edd.cli.text import escape

if TYPE_CHECKING:
    from edd.client.host import HostClient
    from edd.model.job import Outcome, Report
    from edd.model.plan import Forecast


@click.command()
@click.argument("deployments", nargs=-1, metavar="[DEPLOYMENT]...", shell_complete=complete)
@click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing.")
def apply(deployments: tuple[str, ...], dry_run: bool) -> None:
    """Make containers anew that are not as described.

    The release that serves gets a container as the host's configuration says now, and that takes
    over once it is healthy; if it is not, the old one serves again. What is as described is left
    alone. Without DEPLOYMENT all are looked at that are meant to run; the first failure ends it.

    \b
    Example: edd apply website
             edd apply --dry-run
    """  # noqa: D301 - \b is click's mark for lines that stay apart
    names = deployments or ask(_running)
    told: list[dict[str, Any]] = []
    lines: list[str] = []
    for name in names:
        if dry_run:
            forecast = ask(partial(_foretold, name))
            told.append(_facts(name, forecast))
            lines.append(_expectation(name, forecast))
        else:
            outcome = watched(partial(_applied, name))
            told.append({"deployment": name, **plain(outcome)})
            lines.append(_told(name, outcome))
    show(told, lambda: "\n".join(lines))
    if not names:
        say("Nothing is meant to run here.")


async def _running(host: "HostClient") -> tuple[str, ...]:
    found = await host.deployments()
    return tuple(one.name for one in found if one.desired == "running")


async def _applied(name: str, host: "HostClient", report: "Report") -> "Outcome":
    return await host.apply(name, report)


async def _foretold(name: str, host: "HostClient") -> "Forecast":
    from edd.model.plan import ForecastRequest  # noqa: PLC0415 - not needed for --help

    serving = await host.deployment(name)
    return await host.plan(name, ForecastRequest(image=serving.image))


def _facts(name: str, forecast: "Forecast") -> dict[str, Any]:
    changes = not forecast.unchanged
    return {"deployment": name, "changes": changes, "downtime": forecast.downtime}


def _expectation(name: str, forecast: "Forecast") -> str:
    if forecast.unchanged:
        return f"{escape(name)}: as described"
    away = f"; away: {escape(forecast.downtime)}" if forecast.downtime else "; never away"
    return f"{escape(name)}: its container would be made anew{away}"


def _told(name: str, outcome: "Outcome") -> str:
    return (
        f"{escape(name)}: as described"
        if outcome.outcome == "unchanged"
        else sentence(name, outcome)
    )
