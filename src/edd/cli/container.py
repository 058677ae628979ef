"""Commands inside a deployment's container: docker's own, by the deployment's name."""

import re
from typing import TYPE_CHECKING, Any

import click

from edd.cli.docker import run_docker
from edd.cli.names import complete, deployment_argument
from edd.cli.session import ask
from edd.errors import EngineRefusedError, NotDeployedError
from edd.trust.names import is_deployment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edd.client.host import HostClient
    from edd.model.deployment import DeploymentStatus

CONTAINER_RULE = r"[a-zA-Z0-9][a-zA-Z0-9_.-]+"
"""What Docker lets a container be called."""

_THEIRS: dict[str, Any] = {"ignore_unknown_options": True, "allow_interspersed_args": False}
"""What stands behind the deployment is the command's, options too."""


@click.command("exec", context_settings=_THEIRS)
@click.option("-i", "--interactive", is_flag=True, help="Pass standard input on.")
@click.option("-t", "--tty", is_flag=True, help="Give the command a terminal.")
@click.option("-u", "--user", metavar="USER", help="Run it as another user, or USER:GROUP.")
@click.option("-w", "--workdir", metavar="FOLDER", help="Run it in another folder.")
@click.option(
    "-e", "--env", multiple=True, metavar="NAME=VALUE", help="Set a variable. Repeatable."
)
@deployment_argument
@click.argument("words", nargs=-1, required=True, type=click.UNPROCESSED, metavar="COMMAND...")
@click.pass_context
def execute(ctx: click.Context, /, deployment: str, words: tuple[str, ...], **chosen: Any) -> None:
    """Run a command in a deployment's container.

    It ends with the command's own exit code. Needs docker here, and the role admin there.

    \b
    Example: edd exec -it website sh
             edd exec website cat /etc/hostname
             edd exec -i website tar -x -C /srv < files.tar
    """  # noqa: D301 - \b is click's mark for lines that stay apart
    flags = [f"--{name}" for name in ("interactive", "tty") if chosen[name]]
    flags += [f"--{name}={chosen[name]}" for name in ("user", "workdir") if chosen[name]]
    flags += [f"--env={pair}" for pair in chosen["env"]]
    words = words[1:] if words[0] == "--" else words
    if not words:
        raise click.UsageError("A COMMAND is missing behind the DEPLOYMENT.")
    [container] = _containers([deployment])
    ctx.exit(run_docker(["exec", *flags, "--", container, *words]))


@click.command()
@click.argument("source")
@click.argument("target")
@click.option("-a", "--archive", is_flag=True, help="Keep owners as they are.")
@click.option("-L", "--follow-link", is_flag=True, help="Copy what links in SOURCE lead to.")
@click.pass_context
def cp(ctx: click.Context, /, source: str, target: str, **chosen: bool) -> None:
    """Copy files out of a deployment's container or into it.

    One of SOURCE and TARGET is DEPLOYMENT:PATH, the other a path here or - for a tar archive on
    standard input or output. Needs docker here, and the role admin there.

    \b
    Example: edd cp website:/var/log/app.log .
             edd cp page.html website:/www/
    """  # noqa: D301
    inside = [_inside(word) for word in (source, target)]
    if sum(place is not None for place in inside) != 1:
        raise click.UsageError("One of SOURCE and TARGET must be DEPLOYMENT:PATH.")
    flags = [f"--{name.replace('_', '-')}" for name, wanted in chosen.items() if wanted]
    [container] = _containers([place[0] for place in inside if place])
    words = [
        f"{container}:{place[1]}" if place else word
        for place, word in zip(inside, (source, target), strict=True)
    ]
    ctx.exit(run_docker(["cp", *flags, "--", *words]))


@click.command()
@click.argument("deployments", nargs=-1, metavar="[DEPLOYMENT]...", shell_complete=complete)
@click.option("--once", is_flag=True, help="Print one look and end.")
@click.pass_context
def stats(ctx: click.Context, deployments: tuple[str, ...], once: bool) -> None:
    """Show what deployments use, as it changes.

    Processor, memory, network and disk, of all that have a container if none is named. Needs
    docker here, and the role deployer there.

    \b
    Example: edd stats website
             edd stats --once
    """  # noqa: D301
    flags = ["--no-stream"] if once else []
    ctx.exit(run_docker(["stats", *flags, "--", *_containers(deployments)]))


def _containers(names: "Sequence[str]") -> list[str]:
    """Return the containers of deployments, of all if none is named.

    Raises NotDeployedError where there is none.
    """

    async def look(host: "HostClient") -> "dict[str, DeploymentStatus]":
        if names:
            return {name: await host.deployment(name) for name in names}
        return {status.name: status for status in await host.deployments()}

    found = {name: _container(status) for name, status in ask(look).items()}
    for name in names:
        if not found[name]:
            raise NotDeployedError(f"{name} has no container on this host.")
    containers = [container for container in found.values() if container]
    if not containers:
        raise NotDeployedError("No deployment that you may see has a container.")
    return containers


def _container(status: "DeploymentStatus") -> str:
    """Return the container's name, which a host could make up to be an option of docker's."""
    if not status.image:
        return ""
    if not re.fullmatch(CONTAINER_RULE, status.container):
        raise EngineRefusedError(
            f"The host calls a container {status.container[:80]!r}, which none can be called."
        )
    return status.container


def _inside(word: str) -> tuple[str, str] | None:
    name, colon, path = word.partition(":")
    return (name, path) if colon and is_deployment(name) else None
