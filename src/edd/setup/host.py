"""Prepares a host in the order of need; a second run makes what is missing and keeps the rest."""

import os
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from edd.config import Config, annotated_config, load_config, parse_config
from edd.errors import CredentialError
from edd.model.caller import Role
from edd.setup import account
from edd.setup.addresses import LOOPBACK, detect_names, served_addresses
from edd.setup.service import (
    SYSTEMD_DIRECTORY,
    UNIT,
    installed_command,
    obstacle,
    unit_text,
)
from edd.trust.authority import Authority
from edd.trust.bundle import write_bundle
from edd.trust.files import PUBLIC, Access, locked, make_directory, write_atomically
from edd.trust.issuing import Grant
from edd.trust.names import IPAddress
from edd.trust.paths import DEFAULT_DIRECTORY, TrustPaths

ADMINISTRATOR = "admin"


class Wish(Struct, frozen=True):
    """What the person who runs `edd init` said; ``listen`` is as in the configuration."""

    directory: Path = DEFAULT_DIRECTORY
    names: tuple[str | IPAddress, ...] = ()
    addresses: tuple[str | IPAddress, ...] = ()
    listen: str = ""
    system: bool = True
    systemd_directory: Path = SYSTEMD_DIRECTORY


class Prepared(Struct, frozen=True):
    """What was made, what was there and kept, and what still stands in the way."""

    directory: str
    made: tuple[str, ...]
    kept: tuple[str, ...]
    addresses: tuple[str, ...]
    bundle: str
    config: str
    service: str
    warnings: tuple[str, ...]


class Preparation:
    """One run of `edd init`."""

    def __init__(self, wish: Wish) -> None:
        self.wish = wish
        self.paths = TrustPaths(wish.directory)
        self.made: list[str] = []
        self.kept: list[str] = []
        self.warnings: list[str] = []

    def run(self) -> Prepared:
        """Prepare the host and tell what was done.

        Raises:
            EddError: something could not be made; what was made before stays, run it again.
        """
        if self.wish.system:
            self._account()
        make_directory(self.wish.directory, Access(0o755))
        with locked(self.wish.directory):
            addresses = self._files()
        if self.wish.system:
            self._service()
        return self._report(addresses)

    def _files(self) -> tuple[str, ...]:
        """Make what belongs into the directory; return the addresses that the bundle names."""
        config = self._config()
        authority = self._authority()
        self._server(authority, config)
        self._clients(authority)
        return self._administrator(authority, config)

    def _account(self) -> None:
        label = f"system user {account.ACCOUNT}"
        if account.exists():
            self.kept.append(label)
        elif account.may_create():
            account.create()
            self.made.append(label)
        else:
            self.warnings.append(
                f"There is no user {account.ACCOUNT}, and useradd cannot be used here."
            )

    def _config(self) -> Config:
        path = self._config_path()
        if path.exists():
            self.kept.append(str(path))
            self._let_group_read(path)
            return self._checked(load_config(path).config)
        text = annotated_config(**self._settings())
        write_atomically(path, text.encode(), self._for_group())
        self.made.append(str(path))
        return parse_config(text)

    def _checked(self, config: Config) -> Config:
        """Return what is kept, and say so where it listens elsewhere than was wished for."""
        wished = parse_config(annotated_config(listen=self.wish.listen or str(config.listen)))
        if wished.listen != config.listen:
            self.warnings.append(
                f"The configuration keeps listen = {config.listen}. For another, edit it."
            )
        return config

    def _config_path(self) -> Path:
        """Return the configuration there is, else config.toml; never make a second one."""
        toml, json = (self.wish.directory / f"config.{kind}" for kind in ("toml", "json"))
        return json if json.exists() and not toml.exists() else toml

    def _settings(self) -> dict[str, object]:
        settings: dict[str, object] = {}
        if self.wish.listen:
            settings["listen"] = self.wish.listen
        if self.wish.directory != DEFAULT_DIRECTORY:
            settings["tls_key"] = self.paths.server_key
            settings["tls_certs"] = self.paths.server_certificate
            settings["mutual_tls_ca_certs"] = self.paths.client_authorities
            settings["mutual_tls_crl"] = self.paths.client_crl
        return settings

    def _authority(self) -> Authority:
        path = self.paths.ca_certificate
        if path.exists():
            self.kept.append(str(path))
            return Authority.load(self.paths)
        key = self.paths.ca_key
        (self.kept if key.exists() else self.made).append(str(key))
        made = Authority.create(self.paths, f"ED CA of {socket.gethostname()}")
        self.made.append(str(path))
        return made

    def _server(self, authority: Authority, config: Config) -> None:
        certificate, key = self.paths.server_certificate, self.paths.server_key
        if certificate.exists() and not key.exists():
            raise CredentialError(
                f"{key} is missing, but {certificate} is there.",
                advice="Bring the key back, or remove the certificate and run `edd init` again.",
            )
        if certificate.exists():
            self.kept += [str(certificate), str(key)]
            self._let_group_read(key)
            if not {*self.wish.names, *self.wish.addresses} <= set(authority.server_names()):
                self.warnings.append(
                    "The server certificate keeps its names. For others: edd cert renew --server."
                )
            return
        (self.kept if key.exists() else self.made).append(str(key))
        authority.issue_server(self._names(config.listen.host), account.group_id())
        self.made.append(str(certificate))

    def _names(self, listening: str) -> tuple[str | IPAddress, ...]:
        addresses = self.wish.addresses or served_addresses(listening)
        names = self.wish.names or (detect_names() if addresses else ())
        return tuple(dict.fromkeys([*names, *addresses, *LOOPBACK]))

    def _clients(self, authority: Authority) -> None:
        path = self.paths.client_authorities
        self._once(path, lambda: write_atomically(path, authority.certificate.encode(), PUBLIC))
        made = authority.ensure_crl()
        (self.made if made else self.kept).append(str(self.paths.client_crl))

    def _administrator(self, authority: Authority, config: Config) -> tuple[str, ...]:
        path = self.paths.admin_bundle
        addresses = authority.addresses(
            config.listen.port, (*self.wish.names, *self.wish.addresses)
        )
        if authority.register.valid(ADMINISTRATOR) is None:
            authority.server_authority()
            issued = authority.issue_client(Grant(ADMINISTRATOR, Role.ADMIN))
            write_bundle(path, authority.bundle(issued, addresses))
            self.made.append(str(path))
        elif path.exists():
            self.kept.append(str(path))
        else:
            self.warnings.append(
                f"{path} was taken away; another one: edd cert renew {ADMINISTRATOR}."
            )
        return addresses

    def _service(self) -> None:
        path = self.wish.systemd_directory / UNIT
        command = installed_command()
        if blocked := obstacle(command):
            self.warnings.append(f"The user {account.ACCOUNT} cannot run {command}: {blocked}")
        if account.group_id("docker") is None:
            self.warnings.append("There is no group docker yet: install Docker Engine first.")
        if not self.wish.systemd_directory.is_dir():
            self.warnings.append(
                f"{self.wish.systemd_directory} does not exist, so no service was installed; "
                "run `edd serve` under the service manager of this machine."
            )
            return
        text = unit_text(command, self.wish.directory)
        self._once(path, lambda: write_atomically(path, text.encode(), PUBLIC))

    def _once(self, path: Path, make: Callable[[], None]) -> None:
        if path.exists():
            self.kept.append(str(path))
            return
        make()
        self.made.append(str(path))

    def _for_group(self) -> Access:
        return Access(0o640, account.group_id())

    def _let_group_read(self, path: Path) -> None:
        """Give a file of root's group to the daemon's: the user may have come after the file."""
        group = account.group_id()
        if group is not None and os.geteuid() == 0 and path.stat().st_gid == 0:
            with suppress(OSError):
                os.chown(path, -1, group)

    def _report(self, addresses: tuple[str, ...]) -> Prepared:
        unit = self.wish.systemd_directory / UNIT
        return Prepared(
            directory=str(self.wish.directory),
            made=tuple(self.made),
            kept=tuple(self.kept),
            addresses=addresses,
            bundle=str(self.paths.admin_bundle),
            config=str(self._config_path()),
            service=str(unit) if self.wish.system and unit.exists() else "",
            warnings=tuple(self.warnings),
        )
