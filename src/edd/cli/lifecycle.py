"""Commands that change what runs, without delivering anything."""

from typing import TYPE_CHECKING

import click

from edd.cli.names import deployment_argument
from edd.cli.output import confirm, show
from edd.cli.session import ask
from edd.cli.text import escape

if TYPE_CHECKING:
    from edd.client.host import HostClient
    from edd.model.deployment import DeploymentStatus


@click.command()
@deployment_argument
def start(deployment: str) -> None:
    """Start a stopped deployment.

    Example: edd start website
    """
    _do("start", deployment)


@click.command()
@deployment_argument
def stop(deployment: str) -> None:
    """Stop a deployment; it stays stopped.

    Example: edd stop website
    """
    _do("stop", deployment)


@click.command()
@deployment_argument
def restart(deployment: str) -> None:
    """Stop and start a deployment's container.

    The container stays the same one: changed arguments count from the next delivery on.

    Example: edd restart website
    """
    _do("restart", deployment)


@click.command()
@deployment_argument
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
def remove(deployment: str, yes: bool) -> None:
    """Remove a deployment's container from its host.

    The deployment stays configured and its kept releases stay on the host: a push or a rollback
    brings it back. Volumes are not touched.

    Example: edd remove website --yes
    """
    confirm(f"Stop and remove the container of {escape(deployment)}?", yes=yes)
    ask(lambda host: host.remove(deployment))
    show({"deployment": deployment, "removed": True}, f"{escape(deployment)} was removed.")


@click.command()
def reload() -> None:
    """Make a host read its configuration again.

    Certificates and revocations are read again too. No connection is dropped but of those who are
    no longer let in; a configuration with mistakes is refused and the old one stays in use.

    Example: edd -H shop reload
    """
    ask(lambda host: host.reload())
    show({"reloaded": True}, "The host reads its configuration and certificates anew.")


def _do(verb: str, name: str) -> None:
    async def act(host: "HostClient") -> "DeploymentStatus":
        await {"start": host.start, "stop": host.stop, "restart": host.restart}[verb](name)
        return await host.deployment(name)

    status = ask(act)
    show(status, f"{escape(name)}: {escape(status.state)}")
