"""The options every command takes, before or after its name: host, output and debug."""

from typing import Any

import click
from click.shell_completion import CompletionItem

from edd.cli.output import Settings

LOCAL = frozenset({"init", "serve", "cert", "config", "host", "completion"})
"""Commands about this machine: they accept ``-H`` but do not offer it in their help."""


def _remember(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    settings = ctx.find_root().ensure_object(Settings)
    if value and param.name is not None:
        setattr(settings, param.name.removeprefix("shared_"), value)


def chosen_host(ctx: click.Context) -> str | None:
    """Return the host that the command line being parsed names, also while it is completed."""
    return ctx.find_root().ensure_object(Settings).host


def complete_host(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the hosts known on this machine that begin so."""
    from edd.trust.hosts import HostList  # noqa: PLC0415 - not needed for --help

    try:
        names = HostList.of_user().names()
    except Exception:
        return []
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _shared(*names: str, **attributes: Any) -> click.Option:
    return click.Option(names, callback=_remember, expose_value=False, is_eager=True, **attributes)


def _options(local: bool) -> list[click.Option]:
    return [
        _shared(
            "-H",
            "--host",
            "shared_host",
            metavar="HOST",
            envvar="EDD_HOST",
            hidden=local,
            shell_complete=complete_host,
            help="The host to speak to, by its name in `edd host list`, or `local`.  [EDD_HOST]",
        ),
        _shared(
            "-o",
            "--output",
            "shared_output",
            type=click.Choice(["text", "json"]),
            help="Text for people (the default), or one JSON document on standard output.",
        ),
        _shared(
            "--debug",
            "shared_debug",
            is_flag=True,
            hidden=local,
            help="Show the traceback of an unexpected error.",
        ),
    ]


def share_options(
    command: click.Command, *, only_here: bool = False, local: bool = False
) -> click.Command:
    """Add the shared options to ``command`` and what is below it; its own names win.

    ``local`` commands accept the host, but do not offer it. ``EDD_HOST`` is read for the first
    command alone, so a flag given before a later one is never overruled by it.
    """
    taken = {name for param in command.params for name in (*param.opts, *param.secondary_opts)}
    local = local or command.name in LOCAL
    for option in _options(local):
        option.opts = [name for name in option.opts if name not in taken]
        if not only_here:
            option.envvar = None
        if option.opts:
            command.params.append(option)
    if isinstance(command, click.Group) and not only_here:
        for child in command.commands.values():
            share_options(child, local=local)
    return command
