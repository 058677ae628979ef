"""`edd session`: browsers that reach a host's console without a certificate of their own."""

from typing import TYPE_CHECKING

import click

from edd.cli.fitting import fitted
from edd.cli.output import say, settings, show, wants_json
from edd.cli.session import ask
from edd.cli.text import age, escape, span
from edd.cli.values import Whole
from edd.errors import InvalidRequestError

if TYPE_CHECKING:
    from edd.client.host import HostClient
    from edd.model.session import Session, SessionLink


@click.group()
def session() -> None:
    """Let phones into a host's console.

    Or another browser without a certificate: by a link that works once.
    """


@session.command()
@click.option("--read-only", is_flag=True, help="It may look, and change nothing.")
def link(read_only: bool) -> None:
    """Print a link that lets one browser in, and the same to be photographed.

    The browser may then do what your certificate may, for twelve hours at most. The link works
    once, within five minutes. The host must listen for browsers: console_listen in its
    configuration.

    Example: edd -H shop session link --read-only
    """
    _refuse_local()
    made, host = ask(lambda client: _made(client, read_only=read_only))
    place = f"https://{host}:{made.port}/login#link={made.secret}"

    def told() -> str:
        return f"{_picture(place)}\n{escape(place)}"

    show({"link": place, "seconds": made.seconds}, told)
    if not wants_json():
        say(f"The link works once, within {span(made.seconds)}. See who is in: edd session list")


@session.command("list")
def list_all() -> None:
    """List the browsers that were let in for you; as an administrator, for all.

    Example: edd session list
    """
    found = ask(lambda client: client.sessions())
    heads = ("SESSION", "FOR", "ROLE", "FROM", "SINCE", "IDLE", "BROWSER")
    show(found, lambda: fitted(heads, map(_row, found)) if found else "No browser is in.")


@session.command()
@click.argument("number", type=Whole(min=1))
def end(number: int) -> None:
    """End a session: its browser is out at once, and so are its terminals.

    Example: edd session end 3
    """
    ask(lambda client: client.end_session(number))
    say(f"Session {number} is over.")


def _row(one: "Session") -> tuple[str, ...]:
    since, idle = age(one.since), span(one.idle)
    role, address = escape(one.role), escape(one.address)
    return (str(one.id), escape(one.caller), role, address, since, idle, escape(one.agent))


def _refuse_local() -> None:
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415 - --help needs none

    if choose_endpoint(settings().host).socket is not None:
        raise InvalidRequestError(
            "On the host itself nobody knows by which name a phone reaches it.",
            advice="Make the link on a workstation that has a bundle of this host.",
        )


async def _made(client: "HostClient", *, read_only: bool) -> "tuple[SessionLink, str]":
    """Return a link, and by which name or address this machine reaches the host."""
    made = await client.session_link(read_only=read_only)
    return made, f"[{client.address}]" if ":" in client.address else client.address


def _picture(text: str) -> str:
    """Return ``text`` as a QR code of half-block characters."""
    import io  # noqa: PLC0415

    import segno  # noqa: PLC0415

    out = io.StringIO()
    segno.make_qr(text, error="l").terminal(out, compact=True)
    return out.getvalue().rstrip("\n")
