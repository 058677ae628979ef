"""`edd console`: a host's web console in this machine's browser."""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click

from edd.cli.output import say, settings, show_json, stop, wants_json
from edd.cli.session import note_ending
from edd.cli.text import escape
from edd.cli.values import Whole
from edd.errors import InvalidRequestError

ENDINGS = {
    "unopened": "Nobody opened the link within a minute. Run edd console again.",
    "idle": "The console was not used for half an hour and is closed.",
    "reused": "The link was opened a second time, so the console is closed: somebody else may "
    "have seen the link. Run edd console again.",
}
"""What is said at each end, by its name."""

_FORWARD = """<!doctype html><meta charset="utf-8"><title>ED console</title>
<meta http-equiv="refresh" content="0;url={link}">"""


@click.command()
@click.argument("host", required=False)
@click.option("--no-open", is_flag=True, help="Print the link and open no browser.")
@click.option(
    "--port",
    type=Whole(min=0, max=65535),
    default=0,
    help="The port on 127.0.0.1; any free one unless it is given.",
)
def console(host: str | None, no_open: bool, port: int) -> None:
    """Open a host's web console in the browser.

    The pages are this machine's own and reach the host through this command, with this
    machine's certificate. The link works once, within a minute. The console ends with Ctrl-C,
    or when it was not used for half an hour.

    From a machine you reach by SSH: edd console --no-open --port 8900 there, and
    ssh -L 8900:127.0.0.1:8900 here; then open the link here.

    Example: edd console web
    """
    chosen = settings()
    if host and chosen.host and host != chosen.host:
        raise click.UsageError(f"Two hosts are named: {host[:80]} and {chosen.host[:80]}.")
    try:
        ending = _serve(host or chosen.host, port, opens=not no_open)
    except KeyboardInterrupt:
        stop(chosen.interrupted)  # how it is meant to end
    say(ENDINGS[ending])
    stop(0 if ending == "idle" else 1)


def _serve(host: str | None, port: int, *, opens: bool) -> str:
    # Imported here, since --help needs no HTTP.
    import asyncio  # noqa: PLC0415

    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415
    from edd.client.tunnel.door import keep_open  # noqa: PLC0415

    endpoint = choose_endpoint(host)
    note_ending(endpoint)
    try:
        return asyncio.run(
            keep_open(endpoint, port, lambda link: _announce(endpoint.name, link, opens=opens))
        )
    except OSError as error:
        raise InvalidRequestError(
            f"Port {port} of 127.0.0.1 cannot be used: {os.strerror(error.errno or 0)}.",
            kept="Nothing was opened.",
            advice="Name another one, or none: edd console takes any free port.",
        ) from error


def _announce(host: str, link: str, *, opens: bool) -> Callable[[], None]:
    """Print the link and lead a browser to it; return what tidies up behind that."""
    if wants_json():
        show_json({"host": host, "link": link})
    else:
        click.echo(f"Console of {escape(host)}: {link}")
        say("The link works once, within a minute. Ctrl-C ends the console.")
    sys.stdout.flush()
    return _open(link) if opens and _has_browser() else lambda: None


def _has_browser() -> bool:
    """Tell whether a browser with windows can be expected; one in this terminal is of no use."""
    return sys.platform == "darwin" or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
    )


def _open(link: str) -> Callable[[], None]:
    """Open ``link`` by way of a file of the user's own: everybody may read a command line."""
    import webbrowser  # noqa: PLC0415

    number, name = tempfile.mkstemp(prefix="edd-console-", suffix=".html")  # mode 0600
    file = Path(name)
    with os.fdopen(number, "w") as stream:
        stream.write(_FORWARD.format(link=link))
    webbrowser.open(file.as_uri())
    return lambda: file.unlink(missing_ok=True)
