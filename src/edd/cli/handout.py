"""What `edd cert` hands out: a bundle, and PEM files for other programs."""

import tempfile
from pathlib import Path

import click
from msgspec import Struct

from edd.cli import output
from edd.cli.text import escape
from edd.config import DEFAULTS, Config, load_config
from edd.errors import CredentialError, InvalidRequestError
from edd.trust.authority import Authority, Issued
from edd.trust.bundle import Bundle, encode_bundle, read_bundle, write_bundle
from edd.trust.files import PRIVATE, PUBLIC, Access, make_directory, write_atomically
from edd.trust.names import check_client_name, join_address, split_address

STANDARD_OUTPUT = Path("-")


class Wishes(Struct, frozen=True):
    """What the options ``--out``, ``--pem`` and ``--at`` said."""

    out: Path | None
    pem: Path | None
    at: tuple[str, ...]


class Handout:
    """Where a certificate goes once it is issued; what would go wrong is found out before."""

    def __init__(self, authority: Authority, name: str, wishes: Wishes) -> None:
        check_client_name(name)
        self.authority = authority
        self.out = wishes.out or Path(f"{name}.json")
        self.pem = wishes.pem
        self.addresses = _addresses(authority, wishes.at)
        _check_free(self.out, name)
        if self.out != STANDARD_OUTPUT:
            _check_writable(self.out, self.out.parent)
        if self.pem is not None:
            _check_writable(self.pem, _nearest(self.pem))
        authority.server_authority()

    def write(self, issued: Issued) -> None:
        """Write the bundle, and the PEM files if asked for, and say so."""
        bundle = self.authority.bundle(issued, self.addresses)
        try:
            self._write_files(bundle)
        except CredentialError as error:
            error.kept = f"The certificate of {bundle.name} was issued, but its key is lost."
            error.advice = f"Mend that, then issue it anew: edd cert renew {bundle.name}."
            raise
        if self.out == STANDARD_OUTPUT:
            click.echo(encode_bundle(bundle), nl=False)
            return
        summary = {
            "name": bundle.name,
            "role": bundle.role,
            "deployments": bundle.deployments,
            "not_after": bundle.not_after,
            "addresses": bundle.addresses,
            "bundle": str(self.out),
        }
        output.show(summary, lambda: "\n".join(map(escape, self._text(bundle))))

    def _write_files(self, bundle: Bundle) -> None:
        if self.pem is not None:
            _write_pem(self.pem, bundle)
        if self.out != STANDARD_OUTPUT:
            write_bundle(self.out, bundle)

    def _text(self, bundle: Bundle) -> list[str]:
        reach = ", ".join(bundle.deployments) or "all deployments"
        lines = [
            f"{bundle.name}: {bundle.role} of {reach}, until {bundle.not_after}.",
            f"Its bundle is {self.out}; on the workstation: edd host add NAME {self.out.name}",
        ]
        if self.pem is not None:
            lines.append(f"For curl: --cacert, --cert and --key are in {self.pem}.")
        return lines


def _addresses(authority: Authority, at: tuple[str, ...]) -> tuple[str, ...]:
    if at:
        return tuple(join_address(*split_address(address)) for address in at)
    config = config_of(authority.paths.directory) or DEFAULTS
    return authority.addresses(config.listen.port)


def config_of(directory: Path) -> Config | None:
    """Return the configuration in ``directory``, if there is one."""
    for path in (directory / "config.toml", directory / "config.json"):
        if path.exists():
            return load_config(path).config
    return None


def _check_free(path: Path, name: str) -> None:
    """Refuse to overwrite anything but an older bundle of the same name."""
    if path == STANDARD_OUTPUT or not path.exists():
        return
    try:
        same = read_bundle(path).name == name
    except CredentialError:
        same = False
    if not same:
        raise CredentialError(f"{path} exists.", advice="Choose another file with --out.")


def _check_writable(path: Path, directory: Path) -> None:
    """Prove that files can be made in ``directory``, since nothing issued can be taken back."""
    try:
        with tempfile.TemporaryFile(dir=directory):
            return
    except PermissionError as error:
        advice = "Run the command as root, or choose a directory that you may write to."
        raise CredentialError(
            f"{path} cannot be written: {error.strerror}.", advice=advice
        ) from error
    except OSError as error:
        why = error.strerror if directory.exists() else f"there is no directory {directory}"
        raise InvalidRequestError(
            f"{path} cannot be written: {why}.", advice="Choose another place."
        ) from error


def _nearest(directory: Path) -> Path:
    """Return ``directory``, or the closest one above it that is there."""
    absolute = directory.absolute()
    return next(path for path in (absolute, *absolute.parents) if path.exists())


def _write_pem(directory: Path, bundle: Bundle) -> None:
    make_directory(directory, Access(0o700))
    write_atomically(directory / "ca.crt", bundle.ca.encode(), PUBLIC)
    write_atomically(directory / "client.crt", bundle.certificate.encode(), PUBLIC)
    write_atomically(directory / "client.key", bundle.key.encode(), PRIVATE)
