"""`edd logs`: a container's output, as it is into a file, made harmless on a terminal."""

import codecs
import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import click

from edd.cli.names import deployment_argument
from edd.cli.output import settings, show_json, stop, wants_json
from edd.cli.session import ask
from edd.cli.text import colours, moment
from edd.cli.values import Whole
from edd.model.log import LogQuery

if TYPE_CHECKING:
    from edd.client.host import HostClient

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d{1,9})([smhd])")

# ECMA-48: control sequences (CSI), strings (OSC, DCS, APC, PM, SOS) up to their end, other escapes.
_SEQUENCE = re.compile(
    r"\x1b\[(?P<colour>[0-9;:]*m)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|\x1b"
    r"|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z")
_LONGEST = 4096


class Screen:
    """Makes a stream of bytes fit to be seen: text and colours stay, all other control goes."""

    def __init__(self, *, colour: bool) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._colour = colour
        self._rest = ""

    def clean(self, piece: bytes, *, last: bool = False) -> str:
        """Return what may be shown; the start of an unfinished sequence is kept for later."""
        text = self._rest + self._decoder.decode(piece, last)
        text, self._rest = (text, "") if last else _split(text)
        return _SEQUENCE.sub(self._harmless, text)

    def _harmless(self, found: re.Match[str]) -> str:
        return found.group() if self._colour and found.group("colour") is not None else ""


def _split(text: str) -> tuple[str, str]:
    """Return what is whole, and the start of a sequence that more text may finish."""
    found = _UNFINISHED.search(text, max(0, len(text) - _LONGEST))
    return (text, "") if found is None else (text[: found.start()], found.group())


def moment_stamp(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    """Return ``10m``, ``2h`` or an RFC 3339 time as RFC 3339 in UTC; empty stays empty."""
    if not value:
        return ""
    try:
        at = _moment(value)
        stamp = at and at.astimezone(UTC).isoformat(timespec="milliseconds")
    except OverflowError:  # no calendar reaches so far
        stamp = None
    if not stamp:
        raise click.BadParameter("use 30s, 10m, 2h, 1d, or a time such as 2026-05-01T12:00:00Z.")
    return stamp.replace("+00:00", "Z")


def _moment(value: str) -> datetime | None:
    span = _SPAN.fullmatch(value)
    if span is None:
        return moment(value)
    return datetime.now(UTC) - timedelta(seconds=int(span.group(1)) * _UNITS[span.group(2)])


@click.command()
@deployment_argument
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come, until Ctrl-C.")
@click.option("-n", "--tail", type=Whole(0, 1_000_000), help="Only the last N lines.")
@click.option("--since", callback=moment_stamp, metavar="TIME", help="Only since: 10m, 2h, a time.")
@click.option("--until", callback=moment_stamp, metavar="TIME", help="Only until: 10m, 2h, a time.")
@click.option("-t", "--timestamps", is_flag=True, help="Begin each line with its time, in UTC.")
def logs(
    deployment: str, follow: bool, tail: int | None, since: str, until: str, timestamps: bool
) -> None:
    """Print what a deployment's container wrote.

    Standard output and standard error of the container. Into a file or a pipe it goes byte by
    byte; on a terminal colours stay and every other control sequence is taken out.

    Example: edd logs -f --tail 100 website
    """
    query = LogQuery(follow, tail, since, until, timestamps)
    if wants_json():
        if follow:
            raise click.UsageError("A followed log never ends, so it is no JSON document.")
        show_json({"deployment": deployment, "log": _collect(deployment, query)})
        return
    try:
        ask(lambda host: _copy(host, deployment, query))
    except KeyboardInterrupt:
        if not follow:
            raise
        stop(settings().interrupted)  # how a followed log ends


def _collect(deployment: str, query: LogQuery) -> str:
    async def read(host: "HostClient") -> str:
        pieces = [piece async for piece in host.logs(deployment, query)]
        return b"".join(pieces).decode("utf-8", "replace")

    return ask(read)


async def _copy(host: "HostClient", deployment: str, query: LogQuery) -> None:
    out = sys.stdout
    if not out.isatty():
        async for piece in host.logs(deployment, query):
            out.buffer.write(piece)
            out.buffer.flush()
        return
    screen = Screen(colour=colours(out))
    async for piece in host.logs(deployment, query):
        click.echo(screen.clean(piece), nl=False, color=True)
    click.echo(
        screen.clean(b"", last=True) + ("\x1b[0m" if colours(out) else ""), nl=False, color=True
    )
