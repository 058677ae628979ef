"""The reference pages of the commands and the exit codes, made from the commands themselves."""

from inspect import cleandoc

import click

from edd.cli.main import COMMANDS, SECTIONS, edd
from edd.cli.output import ERROR_EXITS, EXIT_CODES
from edd.errors import EddError, kinds_of

_MADE = "<!-- Made by docs/generate.py; edit the code it comes from. -->\n"

_INTRODUCTION = """
# Commands

Every command takes these options, before or after its name:

| option | meaning |
|---|---|
| `-H HOST`, `--host HOST` | the host to speak to, by its name in `edd host list`, or `local` |
| `-o json`, `--output json` | exactly one JSON document on standard output, also for a refusal |
| `--debug` | the traceback of an unexpected error (also `EDD_DEBUG=1`) |
| `-h`, `--help` | the command's help |

The host is the one of `-H`, else of the variable `EDD_HOST`, else this machine's own daemon if its
socket (`/run/edd/edd.sock`, or `EDD_SOCKET`) can be opened, else the one in use (`edd host use`),
else the only one known.

Results go to standard output, everything else to standard error: bars on a terminal, plain lines
elsewhere. Colours appear on a terminal only, and `NO_COLOR` switches them off. Control characters
in what a host or a container says are shown as text. How a command ends is told by its
[exit code](exit-codes.md).
"""

_ENDINGS = """
# Exit codes

| code | meaning |
|---|---|
"""

_ERRORS = """
## Errors

The same codes stand in the problem documents of the HTTP API and of `-o json`.

| error | exit code | meaning |
|---|---|---|
"""


def commands_page() -> str:
    """Return the reference of all commands, in the order of the help."""
    parts = [_MADE, _INTRODUCTION]
    root = click.Context(edd, info_name="edd")
    for section, names in SECTIONS.items():
        parts.append(f"\n## {section}\n")
        for name in names:
            command = edd.get_command(root, name)
            if command is None:
                raise LookupError(COMMANDS[name].target)
            parts += _command(command, click.Context(command, info_name=name, parent=root))
    return "".join(parts)


def exit_codes_page() -> str:
    """Return the table of exit codes, and of the errors that lead to them."""
    codes = [f"| {code} | {meaning} |\n" for code, meaning in EXIT_CODES.items()]
    kinds: list[type[EddError]] = [EddError, *kinds_of(EddError)]
    errors = [
        f"| `{kind.code}` | {ERROR_EXITS[kind.code]} | {_first_line(kind)} |\n" for kind in kinds
    ]
    return "".join([_MADE, _ENDINGS, *codes, _ERRORS, *errors])


def _command(command: click.Command, context: click.Context) -> list[str]:
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"\n### {context.command_path}\n\n```\n{usage}\n```\n\n{_help(command)}\n"]
    rows = [record for param in command.params if (record := _option(param, context))]
    if rows:
        parts.append("\n| option | meaning |\n|---|---|\n" + "".join(rows))
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                parts += _command(child, click.Context(child, info_name=name, parent=context))
    return parts


def _option(param: click.Parameter, context: click.Context) -> str:
    shared = (param.name or "").startswith("shared_")
    record = None if shared else param.get_help_record(context)
    if record is None:
        return ""
    if not record[1]:
        return ""  # an argument: its command's text speaks of it
    names, meaning = (part.replace("|", "\\|") for part in record)
    return f"| `{names}` | {meaning} |\n"


def _help(command: click.Command) -> str:
    """Return the help's paragraphs; what click keeps as it is becomes a block of code."""
    shown = []
    for paragraph in cleandoc(command.help or "").split("\n\n"):
        kept = paragraph.startswith("\b")
        lines = paragraph.removeprefix("\b").strip("\n").split("\n")
        if lines[0].lstrip().startswith("Example: "):
            lines = [lines[0].replace("Example: ", "", 1), *lines[1:]]
            shown.append("```\n" + "\n".join(line.strip() for line in lines) + "\n```")
        else:
            shown.append("```\n" + "\n".join(lines) + "\n```" if kept else "\n".join(lines))
    return "\n\n".join(shown)


def _first_line(kind: type[EddError]) -> str:
    return (kind.__doc__ or "").strip().partition("\n\n")[0].replace("\n    ", " ")
