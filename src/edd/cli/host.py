"""`edd host`: the hosts that this workstation can reach."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from edd.cli import output, values
from edd.cli.fitting import fitted
from edd.cli.options import complete_host
from edd.cli.text import escape
from edd.client.endpoint import local_goes_first
from edd.errors import CredentialError, SourceError
from edd.trust.bundle import MAX_BYTES, Bundle, decode_bundle, read_bundle
from edd.trust.hosts import HostList
from edd.trust.names import join_address, split_address
from edd.trust.tls import client_context


@click.group()
def host() -> None:
    """Keep the hosts that this machine can reach, one bundle for each."""


@host.command()
@click.argument("name", callback=values.client_name)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option(
    "--address",
    "addresses",
    multiple=True,
    metavar="HOST:PORT",
    callback=values.place,
    help="Where the host is, in place of what the bundle says. Repeatable.",
)
def add(name: str, file: Path, addresses: tuple[str, ...]) -> None:
    """Take in the bundle FILE (- is standard input) and call its host NAME.

    The first host becomes the one in use. A bundle that NAME had before is replaced. A
    copy is kept in ~/.config/edd; FILE may go.

    Example: edd host add web1 admin.json
    """
    bundle = _read(file)
    if addresses:
        given = tuple(join_address(*split_address(address)) for address in addresses)
        bundle = msgspec.structs.replace(bundle, addresses=given)
    client_context(bundle)
    hosts = HostList.of_user()
    verb = "Replaced" if name in hosts.names() else "Added"
    used = hosts.add(name, bundle)
    output.show(
        _summary(name, bundle, used=used) | {"replaced": verb == "Replaced"},
        lambda: "\n".join(map(escape, _added(name, bundle, verb=verb, used=used))),
    )


@host.command("list")
def list_hosts() -> None:
    """List the hosts; the one in use has a star.

    Example: edd host list -o json
    """
    hosts = HostList.of_user()
    found = [_entry(hosts, name) for name in hosts.names()]
    output.show(found, lambda: _table(found))
    for entry in found:
        if entry["used"] and local_goes_first():
            output.say(escape(f"note: {entry['name']} {_in_use(entry['name'])}"))


@host.command()
@click.argument("name", shell_complete=complete_host)
def use(name: str) -> None:
    """Let commands go to the host NAME when they name none.

    Example: edd host use web1
    """
    HostList.of_user().use(name)
    output.show({"name": name, "used": True}, escape(f"{name} {_in_use(name)}"))


@host.command()
@click.argument("name", shell_complete=complete_host)
def remove(name: str) -> None:
    """Forget the host NAME and the key to it.

    Its certificate stays valid until it ends or `edd cert revoke` on the host revokes it.

    Example: edd host remove web1
    """
    HostList.of_user().remove(name)
    output.show({"name": name, "removed": True}, escape(f"Forgot {name} and its key."))


def _added(name: str, bundle: Bundle, *, verb: str, used: bool) -> list[str]:
    next_step = f"It {_in_use(name)}" if used else f"To use it: edd host use {name}"
    return [f"{verb} {name} ({bundle.role}, {bundle.addresses[0]}).", next_step]


def _in_use(name: str) -> str:
    """Return what being in use means for ``name``: where a daemon runs, that one goes first."""
    if not local_goes_first():
        return "is in use."
    return (
        "is in use, but this machine's own daemon goes first here: "
        f"name the other with -H {name} or EDD_HOST={name}."
    )


def _read(file: Path) -> Bundle:
    if str(file) == "-":
        content = sys.stdin.buffer.read(MAX_BYTES + 1)
        if not content.strip():
            raise click.UsageError("Standard input is empty: pipe the bundle in.")
        return decode_bundle(content)
    if not file.exists():
        raise SourceError(
            f"There is no file {file}.",
            kept="Nothing was changed.",
            advice="Name the bundle that `edd cert issue` or `edd init` wrote on the host.",
        )
    return read_bundle(file)


def _entry(hosts: HostList, name: str) -> dict[str, Any]:
    """Describe a host; one whose file is spoilt is listed with what is wrong with it."""
    used = hosts.current() == name
    try:
        return _summary(name, hosts.load(name), used=used)
    except CredentialError as error:
        return {"name": name, "used": used, "error": error.detail}


def _summary(name: str, bundle: Bundle, *, used: bool) -> dict[str, Any]:
    return {
        "name": name,
        "used": used,
        "user": bundle.name,
        "role": bundle.role,
        "deployments": bundle.deployments,
        "addresses": bundle.addresses,
        "not_after": bundle.not_after,
    }


def _table(found: list[dict[str, Any]]) -> str:
    if not found:
        return "No host is known yet: edd host add NAME FILE"
    heads = ("", "NAME", "AS", "ROLE", "DEPLOYMENTS", "ADDRESSES", "UNTIL")
    return fitted(heads, [_row(entry) for entry in found], ("DEPLOYMENTS", "UNTIL"))


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    mark = "*" if entry["used"] else ""
    if "error" in entry:
        return (mark, escape(entry["name"]), "-", "-", "-", escape(entry["error"]), "-")
    reach = ",".join(entry["deployments"]) or "all"
    addresses = " ".join(entry["addresses"])
    until = entry["not_after"][:10]
    return (
        mark,
        *map(escape, (entry["name"], entry["user"], entry["role"], reach, addresses, until)),
    )
