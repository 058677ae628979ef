"""`edd cert`: who may reach this host, and until when. Run it on the host, as root."""

import sys
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from edd.cli import output, values
from edd.cli.fitting import fitted
from edd.cli.handout import Handout, Wishes, config_of
from edd.cli.init import ADDRESSES, DIRECTORY, NAMES, escape_lines
from edd.cli.text import escape, paint
from edd.errors import ConfigError, InvalidRequestError
from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.issuing import CLIENT_DAYS, MAX_DAYS, Grant
from edd.trust.names import server_name
from edd.trust.paths import TrustPaths
from edd.trust.register import IssuedCertificate

COLOURS = {"ends-soon": "yellow", "expired": "red", "revoked": "red", "superseded": "dim"}

DAYS = click.option(
    "--days",
    type=values.Whole(1, MAX_DAYS),
    default=CLIENT_DAYS,
    show_default=True,
    help="How long it is valid.",
)
OUT = click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where the bundle goes; - is standard output.  [NAME.json]",
)
PEM = click.option(
    "--pem",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Also write ca.crt, client.crt and client.key there, for curl and others.",
)
AT = click.option(
    "--at",
    multiple=True,
    metavar="HOST:PORT",
    callback=values.place,
    help="Where the bundle says the host is. Repeatable.  [the server certificate's names]",
)


@click.group()
def cert() -> None:
    """Issue, list, revoke and renew certificates of this host."""


@cert.command()
@click.argument("name", callback=values.client_name)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.DEPLOYER.value,
    show_default=True,
    help="What its owner may do: look, also deliver and operate, or everything.",
)
@click.option(
    "--deployment",
    "deployments",
    multiple=True,
    metavar="NAME",
    callback=values.deployment,
    help="Limit it to this deployment. Repeatable.  [all]",
)
@DAYS
@OUT
@PEM
@AT
@DIRECTORY
def issue(
    name: str,
    role: str,
    deployments: tuple[str, ...],
    days: int,
    directory: Path,
    **wishes: Any,
) -> None:
    """Issue a certificate to NAME and write the bundle to give to its owner.

    The key is in the bundle and nowhere else: pass it on by a safe way.

    Example: edd cert issue ci --role deployer --deployment website
    """
    authority = Authority.load(TrustPaths(directory))
    handout = Handout(authority, name, Wishes(**wishes))
    issued = authority.issue_client(Grant(name, Role(role), deployments), days)
    _warn_of_unknown(directory, deployments)
    handout.write(issued)


@cert.command("list")
@DIRECTORY
def list_certificates(directory: Path) -> None:
    """List the authority, the server's certificate and every one issued; warn of ends.

    Example: edd cert list -o json
    """
    entries = Authority.load(TrustPaths(directory)).register.entries()
    for entry in entries:
        if entry.state in {"ends-soon", "expired"}:
            output.say(f"warning: {escape(_warning(entry))}")
    output.show(entries, lambda: _table(entries))


@cert.command()
@click.argument("name", callback=values.client_name)
@DIRECTORY
def revoke(name: str, directory: Path) -> None:
    """Revoke every certificate that was issued to NAME.

    The daemon refuses it from the next `edd reload` on, on open connections as well.

    Example: edd cert revoke ci
    """
    authority = Authority.load(TrustPaths(directory))
    _check_issued(authority, name)
    serials = authority.revoke(name)
    _warn_of_other_list(authority.paths)
    output.show({"name": name, "revoked": serials}, lambda: escape_lines(_revoked(name, serials)))


def _revoked(name: str, serials: Collection[str]) -> list[str]:
    if not serials:
        return [f"Every certificate of {name} was revoked before."]
    count = "1 certificate" if len(serials) == 1 else f"{len(serials)} certificates"
    return [
        f"Revoked {count} of {name}.",
        "Run `edd reload`: until then the daemon lets it in.",
    ]


@cert.command()
@click.argument("name", required=False, callback=values.client_name)
@click.option("--server", is_flag=True, help="Renew the server's certificate.")
@NAMES
@ADDRESSES
@DAYS
@OUT
@PEM
@AT
@DIRECTORY
def renew(
    name: str | None,
    server: bool,
    names: tuple[str, ...],
    addresses: tuple[str, ...],
    days: int,
    directory: Path,
    **wishes: Any,
) -> None:
    """Issue a new certificate to NAME with the role it had, or renew the server's.

    The old one of NAME stays valid until it ends. The server's keeps its key, and its names unless
    others are given.

    Example: edd cert renew --server --name web1.example.org
    """
    if server is (name is not None):
        raise click.UsageError("Give either NAME or --server.")
    if (names or addresses) and not server:
        raise click.UsageError("--name and --address go with --server.")
    authority = Authority.load(TrustPaths(directory))
    if name is None:
        _renew_server(authority, (*names, *addresses))
        return
    _check_issued(authority, name)
    handout = Handout(authority, name, Wishes(**wishes))
    handout.write(authority.renew_client(name, days))


def _check_issued(authority: Authority, name: str) -> None:
    if not authority.register.of(name):
        raise InvalidRequestError(
            f"No certificate was issued to {name}.", advice="List them: edd cert list."
        )


def _renew_server(authority: Authority, names: tuple[str, ...]) -> None:
    from edd.setup.addresses import LOOPBACK  # noqa: PLC0415 - needed here alone

    wanted = tuple(map(server_name, names))
    kept = authority.renew_server(tuple(dict.fromkeys([*wanted, *LOOPBACK])) if wanted else ())
    path = authority.paths.server_certificate
    output.show(
        {"certificate": str(path), "names": [str(name) for name in kept]},
        lambda: escape_lines(
            [f"Renewed {path} for {', '.join(map(str, kept))}.", "Run `edd reload` to show it."]
        ),
    )


def _warn_of_unknown(directory: Path, deployments: tuple[str, ...]) -> None:
    """Say so when a deployment is not in the configuration; it may be added later."""
    with suppress(ConfigError):
        config = config_of(directory)
        for name in deployments:
            if config is not None and config.deployment(name) is None:
                output.say(f"warning: the configuration names no deployment {name} yet.")


def _warn_of_other_list(paths: TrustPaths) -> None:
    """Say so when the daemon would never see the revocation list that was written."""
    config = config_of(paths.directory)
    if config is not None and config.mutual_tls_crl != paths.client_crl.absolute():
        output.say(
            f"warning: the configuration sets mutual_tls_crl = "
            f"{str(config.mutual_tls_crl or '')!r}, so the daemon does not read "
            f"{escape(str(paths.client_crl))} and still lets it in."
        )


def _warning(entry: IssuedCertificate) -> str:
    verb = "ended" if entry.state == "expired" else f"ends in {entry.days} days,"
    mend = {"server": " Renew it: edd cert renew --server.", "authority": ""}.get(
        entry.kind, f" Renew it: edd cert renew {entry.name}."
    )
    return f"the {entry.kind} certificate of {entry.name} {verb} on {entry.not_after}.{mend}"


def _table(entries: list[IssuedCertificate]) -> str:
    heads = ("KIND", "NAME", "ROLE", "DEPLOYMENTS", "SERIAL", "FROM", "UNTIL", "DAYS", "STATE")
    return fitted(heads, [_row(entry) for entry in entries], ("FROM", "SERIAL"))


def _row(entry: IssuedCertificate) -> tuple[str, ...]:
    colourful = entry.state in COLOURS
    reach = ",".join(entry.deployments) or ("all" if entry.kind == "client" else "-")
    return (
        entry.kind,
        escape(entry.name),
        entry.role or "-",
        escape(reach),
        entry.serial[:12],
        entry.not_before[:10],
        entry.not_after[:10],
        str(entry.days),
        paint(entry.state, COLOURS[entry.state], sys.stdout) if colourful else entry.state,
    )
