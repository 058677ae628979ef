"""`edd init`: makes a machine a host that takes deliveries."""

from pathlib import Path

import click

from edd.cli import output, values
from edd.cli.text import escape
from edd.setup.host import Preparation, Prepared, Wish
from edd.setup.service import SYSTEMD_DIRECTORY
from edd.trust.names import server_name
from edd.trust.paths import DEFAULT_DIRECTORY

DIRECTORY = click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DIRECTORY,
    show_default=True,
    help="Where the host keeps its configuration and certificates.",
)
NAMES = click.option(
    "--name",
    "names",
    multiple=True,
    metavar="NAME",
    callback=values.dns_name,
    help="A DNS name of this host. Repeatable.",
)
ADDRESSES = click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="IP",
    callback=values.ip_address,
    help="An IP address of this host, as seen by those who push to it. Repeatable.",
)


@click.command()
@DIRECTORY
@NAMES
@ADDRESSES
@click.option(
    "--listen",
    default="",
    metavar="PORT",
    callback=values.listening,
    help="PORT or HOST:PORT to serve. [8866]",
)
@click.option(
    "--no-system",
    is_flag=True,
    help="Write files only: no system user and no systemd unit.",
)
@click.option(
    "--systemd-dir",
    type=click.Path(path_type=Path, file_okay=False),
    default=SYSTEMD_DIRECTORY,
    show_default=True,
    help="Where the unit goes.",
)
def init(
    directory: Path,
    names: tuple[str, ...],
    addresses: tuple[str, ...],
    listen: str,
    no_system: bool,
    systemd_dir: Path,
) -> None:
    """Prepare this machine to receive deliveries.

    Makes a certificate authority, the server's certificate, an administrator's bundle, an annotated
    configuration, a system user and a systemd unit. Names and addresses are detected unless given.
    Whatever exists is kept: run it again at any time.

    Example: edd init --name web1.example.org
    """
    wish = Wish(
        directory=directory.absolute(),
        names=tuple(map(server_name, names)),
        addresses=tuple(map(server_name, addresses)),
        listen=listen,
        system=not no_system,
        systemd_directory=systemd_dir.absolute(),
    )
    prepared = Preparation(wish).run()
    for warning in prepared.warnings:
        output.say(f"warning: {escape(warning)}")
    output.show(prepared, lambda: escape_lines(_text(prepared)))


def escape_lines(lines: list[str]) -> str:
    """Return ``lines`` one below another, each harmless on a terminal."""
    return "\n".join(map(escape, lines))


def _text(prepared: Prepared) -> list[str]:
    lines = [f"made  {what}" for what in prepared.made]
    lines += [f"kept  {what}" for what in prepared.kept]
    return [*lines, "", "Next:", *_next_steps(prepared)]


def _next_steps(prepared: Prepared) -> list[str]:
    start = "systemctl enable --now edd"
    if not prepared.service:
        start = f"edd serve --config {prepared.config}"
    return [
        f"  1. Name what this host shall run: edit {prepared.config}",
        f"  2. Start the daemon:              {start}",
        f"  3. Copy {prepared.bundle} to your workstation, and there:",
        "                                    edd host add NAME admin.json",
        f"     It says the host is at {', '.join(prepared.addresses)}",
    ]
