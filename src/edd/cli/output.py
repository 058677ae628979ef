"""What commands print: results on standard output, refusals on standard error, exit codes.

With ``-o json`` standard output carries exactly one JSON document, a result or a problem.
"""

import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import click

from edd.errors import EddError

EXIT_CODES = {
    0: "Done.",
    1: "The operation failed; what served before still serves. `edd doctor`: a check failed.",
    2: "The command line, a request or a configuration is wrong.",
    3: "There is no such deployment, release, job, image or file.",
    4: "Not allowed: a certificate, its role, or a bundle of this machine.",
    5: "Another job holds the deployment, or the configuration keeps it down.",
    6: "The archive was refused.",
    7: "The host's disk has no room.",
    8: "The host or its engine cannot be reached.",
    9: "Something unexpected, most likely a defect: run it again with --debug and report it.",
    129: "Ended by SIGHUP: its terminal was closed.",
    130: "Interrupted with Ctrl-C.",
    141: "The program that read the output ended first.",
    143: "Ended by SIGTERM.",
}
"""Every exit code and its meaning; the reference page is generated from here."""

ERROR_EXITS = {
    "failed": 1,
    "engine-refused": 1,
    "start-failed": 1,
    "unhealthy": 1,
    "invalid-config": 2,
    "invalid-request": 2,
    "not-listening": 2,
    "unknown-deployment": 3,
    "unknown-release": 3,
    "unknown-object": 3,
    "unknown-job": 3,
    "unknown-session": 3,
    "not-deployed": 3,
    "no-such-source": 3,
    "untrusted": 4,
    "forbidden": 4,
    "foreign-origin": 4,
    "invalid-credential": 4,
    "too-many-tries": 4,
    "deployment-busy": 5,
    "disabled": 5,
    "invalid-archive": 6,
    "truncated-archive": 6,
    "digest-mismatch": 6,
    "wrong-platform": 6,
    "several-images": 6,
    "too-large": 6,
    "disk-full": 7,
    "engine-unreachable": 8,
    "host-unreachable": 8,
}
"""The exit code of each error, by its code."""


@dataclass
class Settings:
    """What the shared options said, and which signal came; it lives as long as one command line."""

    host: str | None = None
    output: str = "text"
    debug: bool = False
    ended_by: signal.Signals | None = None

    @property
    def interrupted(self) -> int:
        """The exit code of a command that was interrupted, with Ctrl-C unless a signal came."""
        return 128 + (self.ended_by or signal.SIGINT)

    @classmethod
    def guess(cls, arguments: Sequence[str]) -> "Settings":
        """Return settings for errors that come before the options are parsed."""
        line = " ".join(arguments)
        json = any(form in line for form in ("-o json", "-ojson", "--output json", "--output=json"))
        return cls(output="json" if json else "text")


def settings() -> Settings:
    """Return the running command's settings; the defaults outside of one."""
    context = click.get_current_context(silent=True)
    return Settings() if context is None else context.find_root().ensure_object(Settings)


def wants_json() -> bool:
    """Tell whether standard output is to carry one JSON document."""
    return settings().output == "json"


def show(value: Any, text: Callable[[], str] | str) -> None:
    """Print a result: ``value`` as JSON, or the text. An empty text prints nothing."""
    if wants_json():
        show_json(value)
        return
    words = text if isinstance(text, str) else text()
    if words:
        click.echo(words, color=True)


def show_json(value: Any) -> None:
    """Print ``value`` (plain data or model structs) as one indented JSON document."""
    import msgspec  # noqa: PLC0415 - not needed for --help

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def say(words: str) -> None:
    """Print a passing remark to standard error, where it disturbs no result."""
    click.echo(words, err=True, color=True)


def confirm(question: str, *, yes: bool) -> None:
    """Return if the user agrees; without a terminal only ``--yes`` counts as agreement."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is nobody to ask here: add --yes to do it.")
    if not click.confirm(question, err=True):
        say("Nothing was changed.")
        raise click.exceptions.Exit(1)


def stop(code: int) -> NoReturn:
    """End the command with an exit code after its result was printed."""
    raise click.exceptions.Exit(code)


def exit_code(error: EddError) -> int:
    """Return the documented exit code of ``error``; unknown codes count as failed operations."""
    return ERROR_EXITS.get(error.code, 1)
