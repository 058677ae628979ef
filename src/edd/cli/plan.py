"""`edd plan`: a delivery told before it happens."""

from typing import TYPE_CHECKING

import click

from edd.cli.names import deployment_argument
from edd.cli.output import show
from edd.cli.session import ask
from edd.cli.text import escape, facts, size

if TYPE_CHECKING:
    from edd.client.host import HostClient
    from edd.model.plan import Forecast


@click.command()
@click.argument("image")
@deployment_argument
def plan(image: str, deployment: str) -> None:
    """Tell what a push would do, and change nothing.

    The bytes to send, the disk it needs, the steps, how long the deployment is away and why, the
    release it becomes, and what a rollback would return to. IMAGE as for `edd push`, but not -.

    Example: edd plan website:latest website
    """
    from edd.client.images import describe  # noqa: PLC0415 - not needed for --help

    async def forecast(host: "HostClient") -> "Forecast":
        return await host.plan(deployment, await describe(image))

    found = ask(forecast)
    show(found, lambda: told(found))


def told(found: "Forecast") -> str:
    """Return the forecast as people read it."""
    if found.unchanged:
        return f"{escape(found.deployment)}: nothing to do, release {found.current} is this image."
    disk = f"{size(found.disk.needed)} needed, {size(found.disk.free)} free"
    current = f"release {found.current}" if found.current else "nothing was delivered yet"
    pairs = [
        ("now", current),
        ("becomes", f"release {found.next}"),
        ("send", f"{size(found.send_bytes)} at most, of {size(found.image_bytes)}"),
        ("disk", disk),
        ("steps", " > ".join(escape(step) for step in found.steps)),
        ("away", _away(found)),
        ("rollback to", f"release {found.rollback_to}" if found.rollback_to else "nothing yet"),
        ("prunes", ", ".join(f"release {number}" for number in found.prunes)),
        *(("problem", escape(problem)) for problem in found.problems),
    ]
    return facts(pairs)


def _away(found: "Forecast") -> str:
    if found.downtime:
        return escape(found.downtime)
    if found.current is None:
        return "nothing serves yet"
    return "never: the new container starts before the old one stops"
