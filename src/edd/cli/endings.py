"""How a command line ends badly: the block a person reads, the document a program reads, the code.

Nobody sees a traceback who did not ask for one.
"""

import errno
import os
import re
import sys
import traceback
from typing import Any, TextIO

import click

from edd.cli.output import Settings, exit_code, show_json
from edd.cli.text import escape, indent, paint
from edd.errors import DiskFullError, EddError

UNEXPECTED, BROKEN_PIPE = 9, 141

_BREAK = re.compile(r"\s*\n\s*")


def problem(error: EddError) -> dict[str, Any]:
    """Return ``error`` in the form the daemon's problem details have."""
    kind = f"urn:edd:error:{error.code}"
    words = {"detail": error.detail, "kept": error.kept, "advice": error.advice}
    return {**error.data, "type": kind, "code": error.code, **words}


def describe(error: EddError) -> str:
    """Return ``error`` as a block of text: log lines, what happened, what was kept, what to do."""
    lines = [*_log(error), paint("error: ", "red", sys.stderr) + escape(error.detail)]
    items = [_item(item) for item in _listed(error.data.get("problems"))]
    told = bool(items) and items[0] in error.detail
    lines += [f"  - {escape(item)}" for item in items[told:]]
    for label, words in (("kept:  ", error.kept), ("to do: ", error.advice)):
        if words:
            lines.append(paint(label, "bold", sys.stderr) + escape(words))
    return "\n".join(lines)


def _item(problem: Any) -> str:
    """Return a problem as one line; over HTTP it comes as an object of its parts."""
    if not isinstance(problem, dict):
        return str(problem)
    path, words, suggestion = (
        str(problem.get(part) or "") for part in ("path", "problem", "suggestion")
    )
    told = ": ".join(filter(None, (path, words)))
    return f"{told} (did you mean {suggestion}?)" if suggestion else told or str(problem)


def _log(error: EddError) -> list[str]:
    log = error.data.get("log")
    lines = log.splitlines() if isinstance(log, str) else [str(line) for line in _listed(log)]
    if not lines:
        return []
    return ["The container's last lines:", *(indent(escape(line)) for line in lines), ""]


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []


def fail(error: BaseException, chosen: Settings) -> int:
    """Print why a command ended and return its exit code.

    Only ``--debug`` or ``EDD_DEBUG=1`` shows a traceback, and only of what nobody foresaw.
    """
    if chosen.ended_by or isinstance(error, KeyboardInterrupt | EOFError | click.Abort):
        return _report_interrupted(chosen)
    if isinstance(error, EddError):
        return _report(problem(error), describe(error), exit_code(error), chosen)
    if isinstance(error, click.ClickException):
        return _report_usage(error, chosen)
    if isinstance(error, OSError):
        return _report_unwritten(error, chosen)
    if isinstance(error, SystemExit):
        return error.code if isinstance(error.code, int) else UNEXPECTED
    return _report_unexpected(error, chosen)


def _report(document: dict[str, Any], words: str, code: int, chosen: Settings) -> int:
    try:
        if chosen.output == "json":
            show_json(document)
        click.echo(words, err=True, color=True)
    except BrokenPipeError:
        return leave_quietly()
    return code


def _report_unwritten(error: OSError, chosen: Settings) -> int:
    """Tell of a full disk on this machine, as a rule the one to which the output goes."""
    if isinstance(error, BrokenPipeError):
        return leave_quietly()
    if error.errno != errno.ENOSPC:
        return _report_unexpected(error, chosen)
    if error.filename is None:
        silence(sys.stdout)
    found = DiskFullError(
        f"There is no room left on this machine's disk for {error.filename or 'the output'}.",
        kept="",
        advice="Free space, and see what was done, with `edd jobs`, before you run it again.",
    )
    return _report(problem(found), describe(found), exit_code(found), chosen)


def _report_interrupted(chosen: Settings) -> int:
    code, words = "ctrl-c", "Interrupted."
    if chosen.ended_by:
        code, words = chosen.ended_by.name.lower(), f"Ended by {chosen.ended_by.name}."
    return _report({"code": code, "detail": words}, words, chosen.interrupted, chosen)


def _report_usage(error: click.ClickException, chosen: Settings) -> int:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return error.exit_code
    context = getattr(error, "ctx", None)
    # click lists choices on lines of their own
    message = _BREAK.sub(" ", error.format_message())
    words = [paint("error: ", "red", sys.stderr) + escape(message)]
    if context is not None:
        words.append(f"{context.get_usage()}\nTry: {context.command_path} --help")
    document = {"code": "usage", "detail": message}
    return _report(document, "\n".join(words), error.exit_code, chosen)


def _report_unexpected(error: BaseException, chosen: Settings) -> int:
    if chosen.debug or os.environ.get("EDD_DEBUG"):
        click.echo("".join(traceback.format_exception(error)), err=True)
    what = escape(f"{type(error).__name__}: {error}".splitlines()[0])
    hint = "" if chosen.debug else " (run it again with --debug to see where)"
    words = paint("unexpected error: ", "red", sys.stderr) + what + hint
    return _report({"code": "unexpected", "detail": what}, words, UNEXPECTED, chosen)


def leave_quietly() -> int:
    """Return the exit code for a broken pipe, and let nothing more be written anywhere."""
    silence(sys.stdout, sys.stderr)
    return BROKEN_PIPE


def silence(*streams: TextIO) -> None:
    """Let nothing more be written to streams that nobody reads; what is written goes nowhere."""
    # The interpreter flushes both streams at exit and would complain about the broken pipe.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in streams:
        try:
            os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue
    os.close(nowhere)
