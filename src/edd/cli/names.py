"""The DEPLOYMENT argument, completed from the host that is meant."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import click
from click.shell_completion import CompletionItem

from edd.cli.options import chosen_host

Command = TypeVar("Command", bound=Callable[..., Any])

PATIENCE = 1.0
"""Seconds a completion may take; a shell that hangs is worse than one that offers nothing."""


def deployment_argument(command: Command) -> Command:
    """Give ``command`` a DEPLOYMENT argument."""
    return click.argument("deployment", metavar="DEPLOYMENT", shell_complete=complete)(command)


def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the host's deployments that begin so; nothing if it does not say so in time."""
    try:
        names = asyncio.run(_names(chosen_host(ctx)))
    except Exception:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


async def _names(wanted: str | None) -> list[str]:
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415
    from edd.client.host import HostClient  # noqa: PLC0415

    async with asyncio.timeout(PATIENCE), HostClient(choose_endpoint(wanted)) as host:
        return [status.name for status in await host.deployments()]
