"""`edd plan`: a delivery told before it happens."""

from typing import TYPE_CHECKING

import click

from edd.cli.names import deployment_argument
from edd.cli.output import show
from edd.cli.session import ask
from edd.cli.text import escape, facts
from edd.model.size import human_size

if TYPE_CHECKING:
    from edd.client.foretelling import Foretold
    from edd.client.host import HostClient
    from edd.model.plan import Forecast


@click.command()
@click.argument("image")
@deployment_argument
def plan(image: str, deployment: str) -> None:
    """Tell what a push would do, and change nothing.

    The layers to send and how, the disk it needs, the steps, how long the deployment is away and
    why, the release it becomes, and what a rollback would return to. IMAGE as for `edd push`, but
    not -.

    Example: edd plan website:latest website
    """
    from edd.client.foretelling import foretell  # noqa: PLC0415 - not needed for --help

    async def foretold(host: "HostClient") -> "Foretold":
        return await foretell(host, deployment, image)

    found = ask(foretold)
    show(found.document(), lambda: told(found.forecast, found.layers))


def told(found: "Forecast", layers: "dict[str, int]") -> str:
    """Return the forecast as people read it; ``layers`` are counted by how they would travel."""
    if found.unchanged:
        return f"{escape(found.deployment)}: nothing to do, release {found.current} is this image."
    disk = f"{human_size(found.disk.needed)} needed, {human_size(found.disk.free)} free"
    current = f"release {found.current}" if found.current else "nothing was delivered yet"
    pairs = [
        ("now", current),
        ("becomes", f"release {found.next}"),
        ("send", _sent(found, layers)),
        ("disk", disk),
        ("steps", " > ".join(escape(step) for step in found.steps)),
        ("away", _away(found)),
        ("rollback to", f"release {found.rollback_to}" if found.rollback_to else "nothing yet"),
        ("prunes", ", ".join(f"release {number}" for number in found.prunes)),
        *(("problem", escape(problem)) for problem in found.problems),
    ]
    return facts(pairs)


def _sent(found: "Forecast", layers: "dict[str, int]") -> str:
    much = f"{human_size(found.send_bytes)} at most, of {human_size(found.image_bytes)}"
    if not layers:
        return f"all of it, {much}"
    patches = f", {layers['patchable']} perhaps as a patch" if layers["patchable"] else ""
    return f"{len(found.missing)} of {sum(layers.values())} layers{patches}, {much}"


def _away(found: "Forecast") -> str:
    if found.downtime:
        return escape(found.downtime)
    if "stop-old" not in found.steps:
        return "nothing serves now"
    return "never: the new container starts before the old one stops"
