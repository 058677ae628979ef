"""`edd session`: browsers that reach a host's console without a certificate of their own."""

import sys
from typing import TYPE_CHECKING

import click

from edd.cli.fitting import fitted
from edd.cli.output import say, settings, show, wants_json
from edd.cli.session import ask
from edd.cli.text import age, escape, span
from edd.cli.values import NUMBER
from edd.errors import InvalidRequestError

if TYPE_CHECKING:
    from edd.client.host import HostClient
    from edd.model.password import SignIn
    from edd.model.session import Session, SessionLink

_LONGEST_LINE = 4096


@click.group()
def session() -> None:
    """Let phones into a host's console.

    Or another browser without a certificate: by a link that works once, or by a password.
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


@session.command()
@click.option("--read-only", is_flag=True, help="Who comes by it may look, and change nothing.")
@click.option("--remove", is_flag=True, help="Take it away; who came by it is out at once.")
def password(read_only: bool, remove: bool) -> None:
    """Set a password that lets browsers in, together with the name of your certificate.

    They may then do what your certificate may, while that is good. The password is asked for
    twice; where there is no terminal it is the first line of standard input. It has 12 characters
    at least. An earlier one, and all that came by it, is over.

    Example: edd -H shop session password --read-only
    """
    if remove and read_only:
        raise click.UsageError("--remove leaves no password that could be --read-only.")
    if remove:
        ask(lambda client: client.remove_password())
        say("No password lets browsers in for you any more.")
        return
    typed = _typed()
    made, host = ask(lambda client: _set(client, typed, read_only=read_only))
    place = f"port {made.port} of this host" if _is_local() else f"https://{host}:{made.port}"
    show(made, lambda: f"Sign in as {escape(made.name)} at {place}")


@session.command("list")
def list_all() -> None:
    """List the browsers that were let in for you; as an administrator, for all.

    Example: edd session list
    """
    found = ask(lambda client: client.sessions())
    heads = ("SESSION", "FOR", "ROLE", "BY", "FROM", "SINCE", "IDLE", "BROWSER")
    show(found, lambda: fitted(heads, map(_row, found)) if found else "No browser is in.")


@session.command()
@click.argument("number", type=NUMBER)
def end(number: int) -> None:
    """End a session: its browser is out at once, and so are its terminals.

    Example: edd session end 3
    """
    ask(lambda client: client.end_session(number))
    say(f"Session {number} is over.")


def _row(one: "Session") -> tuple[str, ...]:
    since, idle = age(one.since), span(one.idle)
    who = (str(one.id), escape(one.caller), escape(one.role), one.by)
    return (*who, escape(one.address), since, idle, escape(one.agent))


def _is_local() -> bool:
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415 - --help needs none

    return choose_endpoint(settings().host).socket is not None


def _refuse_local() -> None:
    if _is_local():
        raise InvalidRequestError(
            "On the host itself nobody knows by which name a phone reaches it.",
            advice="Make the link on a workstation that has a bundle of this host.",
        )


async def _made(client: "HostClient", *, read_only: bool) -> "tuple[SessionLink, str]":
    """Return a link, and by which name or address this machine reaches the host."""
    made = await client.session_link(read_only=read_only)
    return made, _address(client)


async def _set(client: "HostClient", typed: str, *, read_only: bool) -> "tuple[SignIn, str]":
    return await client.put_password(typed, read_only=read_only), _address(client)


def _address(client: "HostClient") -> str:
    return f"[{client.address}]" if ":" in client.address else client.address


def _typed() -> str:
    """Return a password that was typed twice, or the first line of standard input."""
    if sys.stdin.isatty():
        words = "Password, 12 characters or more"
        return str(click.prompt(words, hide_input=True, confirmation_prompt=True, err=True))
    line = sys.stdin.buffer.readline(_LONGEST_LINE)
    try:
        return line.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise InvalidRequestError(
            "The password on standard input is not UTF-8.", kept="Nothing was sent."
        ) from None


def _picture(text: str) -> str:
    """Return ``text`` as a QR code of half-block characters."""
    import io  # noqa: PLC0415

    import segno  # noqa: PLC0415

    out = io.StringIO()
    segno.make_qr(text, error="l").terminal(out, compact=True)
    return out.getvalue().rstrip("\n")
