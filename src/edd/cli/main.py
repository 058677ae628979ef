"""The two entry points and the tree of commands.

A command's module is imported only when it runs, so that `edd --help` needs nothing but click.
"""

import difflib
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import click
from click.shell_completion import CompletionItem

from edd.cli import endings, interrupts
from edd.cli.options import share_options
from edd.cli.output import Settings


class Entry(NamedTuple):
    """Where a command lives (``module:name`` below `edd.cli`) and its line in the help."""

    target: str
    help: str


SECTIONS: dict[str, dict[str, Entry]] = {
    "Deliver": {
        "push": Entry("push:push", "Deliver an image to a deployment of a host."),
        "pull": Entry("push:pull", "Let the host pull a public image itself and run it."),
        "plan": Entry("plan:plan", "Tell what a push would do, and change nothing."),
        "releases": Entry("views:releases", "List what was delivered to a deployment."),
        "rollback": Entry("push:rollback", "Return to an earlier release."),
        "apply": Entry("apply:apply", "Make containers anew that are not as described."),
    },
    "Operate": {
        "ps": Entry("views:ps", "List a host's deployments."),
        "show": Entry("views:show", "Show one deployment."),
        "logs": Entry("logs:logs", "Print what a deployment's container wrote."),
        "start": Entry("lifecycle:start", "Start a stopped deployment."),
        "stop": Entry("lifecycle:stop", "Stop a deployment; it stays stopped."),
        "restart": Entry("lifecycle:restart", "Stop and start a deployment's container."),
        "exec": Entry("container:execute", "Run a command in a deployment's container."),
        "cp": Entry("container:cp", "Copy files out of a deployment's container or into it."),
        "stats": Entry("container:stats", "Show what deployments use, as it changes."),
        "docker": Entry(
            "docker:docker", "Run the docker command of this machine with the engine of a host."
        ),
        "remove": Entry("lifecycle:remove", "Remove a deployment's container from its host."),
    },
    "Observe": {
        "info": Entry("views:info", "Show a host: engine, disk, certificates, who you are there."),
        "doctor": Entry("doctor:doctor", "Check this machine and a host; say how to mend each."),
        "jobs": Entry("views:jobs", "List what a host did, newest first."),
        "audit": Entry("views:audit", "List who asked a host for what, newest first."),
        "console": Entry("console:console", "Open a host's web console in the browser."),
        "session": Entry("sessions:session", "Let phones into a host's console."),
    },
    "On a workstation": {
        "host": Entry(
            "host:host", "Keep the hosts that this machine can reach, one bundle for each."
        ),
        "completion": Entry("completion:completion", "Print a completion script for a shell."),
    },
    "On a host": {
        "init": Entry("init:init", "Prepare this machine to receive deliveries."),
        "serve": Entry("serve:serve", "Run the daemon."),
        "reload": Entry("lifecycle:reload", "Make a host read its configuration again."),
        "cert": Entry("cert:cert", "Issue, list, revoke and renew certificates of this host."),
        "config": Entry("config:config", "Check and show a host's configuration."),
        "db": Entry("db:db", "Read or change records, as `db` of SME Server does."),
    },
}

COMMANDS = {name: entry for section in SECTIONS.values() for name, entry in section.items()}


class LazyGroup(click.Group):
    """A group that imports a command when it is asked for, and gives it the shared options."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command; none if there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].target.partition(":")
        command: click.Command = getattr(import_module(f"edd.cli.{module}"), attribute)
        return share_options(command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; click itself would look for similar ones among those imported."""
        name = args[0]
        if name not in COMMANDS and name[:1].isalnum() and not ctx.resilient_parsing:
            near = difflib.get_close_matches(name, COMMANDS, 1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {name[:80]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; click itself would take a reader that ended first for a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            return endings.leave_quietly()

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete a command's name from the table, so that no command is imported for it."""
        found = [
            CompletionItem(name, help=entry.help)
            for name, entry in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands by section, from the table alone."""
        for title, entries in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, entry.help) for name, entry in entries.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: edd push website:latest website",
)
@click.version_option(
    None, "-V", "--version", package_name="ed-daemon", message="%(prog)s %(version)s"
)
def edd() -> None:
    """Deliver containers to machines you own, without a registry."""


share_options(edd, only_here=True)


def run(arguments: Sequence[str], program: str = "edd") -> int:
    """Run one command line and return its exit code; nothing is ever raised."""
    settings = Settings.guess(arguments)
    with interrupts.heard(settings):
        try:
            code = edd.main(list(arguments), prog_name=program, standalone_mode=False, obj=settings)
            sys.stdout.flush()
        except BaseException as error:
            return endings.fail(error, settings)
    return code if isinstance(code, int) else 0


def fill_streams() -> None:
    """Put the null device in place of each standard stream that was closed: ``edd ps >&-``.

    Else the next file or connection to be opened would take its number.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, number)
            if nowhere != number:
                os.close(nowhere)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def main() -> None:
    """Run `edd` with the process's arguments."""
    fill_streams()
    sys.exit(run(sys.argv[1:]))


def serve() -> None:
    """Run `ed-daemon`, which is `edd serve` with the same options."""
    fill_streams()
    sys.exit(run(["serve", *sys.argv[1:]]))
