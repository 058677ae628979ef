"""The host's certificate authority: makes, renews, lists and revokes. Keys never leave unasked.

Only `edd init` and `edd cert` use it; the daemon holds neither its key nor its library.
"""

from collections.abc import Collection

from cryptography import x509
from msgspec import Struct

from edd.errors import CredentialError
from edd.trust.bundle import VERSION, Bundle
from edd.trust.facts import rfc3339
from edd.trust.files import PRIVATE, PUBLIC, Access, locked, make_directory
from edd.trust.files import write_atomically as write
from edd.trust.issuing import (
    CLIENT_DAYS,
    MAX_DAYS,
    SERVER_DAYS,
    Grant,
    Identity,
    SigningKey,
    certificate_pem,
    certify_authority,
    certify_client,
    certify_server,
    grant_in,
    key_pem,
    names_in,
    new_key,
)
from edd.trust.names import IPAddress, check_client_name, check_deployments, join_address
from edd.trust.paths import TrustPaths
from edd.trust.pem import load_certificates, load_key
from edd.trust.register import Register

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class Issued(Struct, frozen=True):
    """A client certificate just made, and its key, in PEM."""

    grant: Grant
    certificate: str
    key: str
    not_after: str

    def __repr__(self) -> str:
        return f"Issued({self.grant!r}, not_after={self.not_after!r}, key=…)"


class Authority:
    """The authority whose files lie under ``paths``; get one from `create` or `load`."""

    def __init__(self, paths: TrustPaths, identity: Identity) -> None:
        self.paths = paths
        self.identity = identity
        self.register = Register(paths, identity)

    @classmethod
    def create(cls, paths: TrustPaths, name: str) -> "Authority":
        """Make an authority called ``name``; one that exists is never replaced.

        A key without a certificate is what a crash leaves; it gets one.

        Raises:
            CredentialError: there is one already, or the directory cannot be written.
        """
        if paths.ca_certificate.exists():
            raise CredentialError(
                f"{paths.ca_certificate} exists.", advice="An authority is never replaced."
            )
        make_directory(paths.tls, Access(0o755))
        key = load_key(paths.ca_key) if paths.ca_key.exists() else None
        identity = certify_authority(name[:64], key)
        if key is None:
            write(paths.ca_key, key_pem(identity.key), PRIVATE)
        write(paths.ca_certificate, certificate_pem(identity.certificate), PUBLIC)
        return cls(paths, identity)

    @classmethod
    def load(cls, paths: TrustPaths) -> "Authority":
        """Return the authority that `create` left in ``paths``.

        Raises:
            CredentialError: a file is missing or unreadable, or they do not belong together.
        """
        certificate = load_certificates(paths.ca_certificate)[0]
        key = load_key(paths.ca_key)
        if certificate.public_key() != key.public_key():
            raise CredentialError(
                f"{paths.ca_key} does not belong to {paths.ca_certificate}.",
                advice="Bring back the key from a backup; without it nothing can be issued.",
            )
        return cls(paths, Identity(certificate, key))

    @property
    def certificate(self) -> str:
        """The authority's certificate, in PEM."""
        return certificate_pem(self.identity.certificate).decode("ascii")

    def issue_server(
        self,
        names: tuple[str | IPAddress, ...],
        group: int | None = None,
        days: int = SERVER_DAYS,
    ) -> None:
        """Write a certificate for a server called ``names``, and its key for ``group`` to read.

        A key that is there already stays, so that a crash cannot part it from its certificate.
        """
        _check_days(days)
        with locked(self.paths.tls):
            key = self._server_key(group)
            made = certify_server(self.identity, key.public_key(), names, days)
            write(self.paths.server_certificate, certificate_pem(made), PUBLIC)

    def renew_server(
        self, names: tuple[str | IPAddress, ...] = (), group: int | None = None
    ) -> tuple[str | IPAddress, ...]:
        """Write a new server certificate, for its old names unless given others; return them.

        Raises:
            CredentialError: another authority issued the present one.
        """
        present = load_certificates(self.paths.server_certificate)[0]
        if present.issuer != self.identity.certificate.subject:
            raise CredentialError(
                f"{self.paths.server_certificate} was not issued by this host's authority.",
                advice="Renew it where it came from, then run `edd reload`.",
            )
        names = names or names_in(present)
        self.issue_server(names, group)
        return names

    def issue_client(self, grant: Grant, days: int = CLIENT_DAYS) -> Issued:
        """Return a new certificate and key for ``grant``. Only the certificate is kept here.

        Raises:
            CredentialError: the name cannot be one, or holds a valid certificate already.
        """
        _check_days(days)
        check_client_name(grant.name)
        grant = Grant(grant.name, grant.role, check_deployments(grant.deployments))
        with locked(self.paths.tls):
            present = self.register.valid(grant.name)
            if present is not None:
                raise CredentialError(
                    f"{grant.name} has a certificate until {_end(present)}.",
                    advice=f"For a longer time: edd cert renew {grant.name}. For another role or "
                    f"other deployments, first: edd cert revoke {grant.name}.",
                )
            return self._issue(grant, days)

    def renew_client(self, name: str, days: int = CLIENT_DAYS) -> Issued:
        """Return a new certificate and key with ``name``'s old grant; the old one stays valid.

        Raises:
            CredentialError: nothing was issued to ``name``, or its last certificate is revoked.
        """
        _check_days(days)
        with locked(self.paths.tls):
            newest = self.register.known(name)[0]
            if newest.serial_number in self.register.revoked():
                raise CredentialError(
                    f"The certificate of {name} is revoked.",
                    advice=f"To let it in again: edd cert issue {name}.",
                )
            return self._issue(grant_in(newest), days)

    def revoke(self, name: str) -> tuple[str, ...]:
        """Revoke every certificate ever issued to ``name``; return the serials newly revoked.

        It takes effect when the daemon reloads.

        Raises:
            CredentialError: nothing was issued to ``name``.
        """
        with locked(self.paths.tls):
            before = self.register.revoked()
            serials = [c.serial_number for c in self.register.known(name)]
            fresh = [serial for serial in serials if serial not in before]
            self.register.revoke(fresh)
        return tuple(f"{serial:X}" for serial in fresh)

    def ensure_crl(self) -> bool:
        """Write an empty revocation list when this authority has none; tell whether it did."""
        with locked(self.paths.tls):
            if self.register.has_list():
                return False
            self.register.revoke(())
            return True

    def server_names(self) -> tuple[str | IPAddress, ...]:
        """Return the names and addresses that the server's certificate is for."""
        return names_in(load_certificates(self.paths.server_certificate)[0])

    def addresses(self, port: int, asked: Collection[str | IPAddress] = ()) -> tuple[str, ...]:
        """Return where clients may find the server, by its certificate and ``port``.

        Loopback names are left out unless they were ``asked`` for or there are no others;
        so are wildcards.
        """
        names = [name for name in map(str, self.server_names()) if not name.startswith("*")]
        wanted = set(map(str, asked))
        distant = [name for name in names if name not in _LOOPBACK or name in wanted]
        return tuple(join_address(name, port) for name in distant or names)

    def bundle(self, issued: Issued, addresses: tuple[str, ...]) -> Bundle:
        """Return all that the owner of ``issued`` needs to reach the server at ``addresses``."""
        return Bundle(
            version=VERSION,
            name=issued.grant.name,
            role=issued.grant.role,
            deployments=issued.grant.deployments,
            addresses=addresses,
            ca=self.server_authority(),
            certificate=issued.certificate,
            key=issued.key,
            not_after=issued.not_after,
        )

    def server_authority(self) -> str:
        """Return what clients must trust to know the server.

        Raises:
            CredentialError: another authority certified the server, and it is not in server-ca.crt.
        """
        server = load_certificates(self.paths.server_certificate)[0]
        if server.issuer == self.identity.certificate.subject:
            return self.certificate
        if not self.paths.server_authority.exists():
            raise CredentialError(
                f"{self.paths.server_certificate} was not issued by this host's authority.",
                advice="Put the certificate of the authority that did into "
                f"{self.paths.server_authority}, so that it becomes a part of bundles.",
            )
        known = load_certificates(self.paths.server_authority)
        return b"".join(map(certificate_pem, known)).decode("ascii")

    def _issue(self, grant: Grant, days: int) -> Issued:
        key = new_key()
        made = certify_client(self.identity, key.public_key(), grant, days)
        self.register.add(grant.name, made)
        return Issued(
            grant,
            certificate_pem(made).decode("ascii"),
            key_pem(key).decode("ascii"),
            _end(made),
        )

    def _server_key(self, group: int | None) -> SigningKey:
        if self.paths.server_key.exists():
            return load_key(self.paths.server_key)
        key = new_key()
        write(self.paths.server_key, key_pem(key), Access(0o640, group))
        return key


def _check_days(days: int) -> None:
    if not 0 < days <= MAX_DAYS:
        raise CredentialError(f"A certificate lasts 1 to {MAX_DAYS} days, not {days}.")


def _end(certificate: x509.Certificate) -> str:
    return rfc3339(certificate.not_valid_after_utc.timestamp())
