"""What the host's authority has issued, and what of it is revoked. No keys are kept here."""

import time
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from msgspec import Struct

from edd.errors import CredentialError
from edd.trust.facts import WARNING_DAYS, days_left, rfc3339
from edd.trust.files import PUBLIC, Access, make_directory, write_atomically
from edd.trust.issuing import (
    Grant,
    Identity,
    certificate_pem,
    grant_in,
    list_revoked,
    names_in,
    revoked_entry,
)
from edd.trust.names import check_client_name
from edd.trust.paths import TrustPaths
from edd.trust.pem import load_certificates, load_crls


class IssuedCertificate(Struct, frozen=True):
    """A certificate as `edd cert list` shows it; times are RFC 3339 in UTC.

    ``kind`` is ``authority``, ``server`` or ``client``; ``state`` is ``valid``, ``ends-soon`` (30
    days or fewer left), ``expired``, ``revoked``, or ``superseded`` (valid, but a newer exists).
    """

    kind: str
    name: str
    serial: str
    not_before: str
    not_after: str
    days: int
    state: str
    role: str = ""
    deployments: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


class Register:
    """The certificates under ``paths.issued`` and the revocation list of ``identity``."""

    def __init__(self, paths: TrustPaths, identity: Identity) -> None:
        self._paths = paths
        self._identity = identity

    def of(self, name: str) -> tuple[x509.Certificate, ...]:
        """Return what was issued to ``name``, newest first; nothing when there is nothing."""
        path = self._record(name)
        return load_certificates(path) if path.exists() else ()

    def known(self, name: str) -> tuple[x509.Certificate, ...]:
        """Return what was issued to ``name``, newest first.

        Raises:
            CredentialError: nothing was.
        """
        found = self.of(name)
        if not found:
            raise CredentialError(
                f"No certificate was issued to {name}.", advice="See edd cert list."
            )
        return found

    def valid(self, name: str) -> x509.Certificate | None:
        """Return a certificate of ``name`` that is neither over nor revoked, if there is one."""
        revoked = self.revoked()
        usable = [
            certificate
            for certificate in self.of(name)
            if certificate.serial_number not in revoked and _days(certificate) >= 0
        ]
        return usable[0] if usable else None

    def add(self, name: str, certificate: x509.Certificate) -> None:
        """Enter ``certificate`` before the older ones of ``name``; those that are over leave."""
        kept = [certificate, *(older for older in self.of(name) if _days(older) >= 0)]
        make_directory(self._paths.issued, Access(0o755))
        write_atomically(self._record(name), b"".join(map(certificate_pem, kept)), PUBLIC)

    def revoked(self) -> frozenset[int]:
        """Return the serial numbers that the host's authority has revoked."""
        own = self._own_list()
        return frozenset() if own is None else frozenset(entry.serial_number for entry in own)

    def has_list(self) -> bool:
        """Tell whether there is a revocation list of the host's authority."""
        return self._own_list() is not None

    def revoke(self, serials: Iterable[int]) -> None:
        """Write the next revocation list, with ``serials`` added; other authorities' lists stay."""
        own = self._own_list()
        entries = [] if own is None else list(own)
        entries += [revoked_entry(serial) for serial in serials]
        made = list_revoked(self._identity, entries, _number(own) + 1)
        others = [crl for crl in load_crls(self._paths.client_crl) if not self._is_own(crl)]
        content = b"".join(map(certificate_pem, [made, *others]))
        write_atomically(self._paths.client_crl, content, PUBLIC)

    def entries(self) -> list[IssuedCertificate]:
        """Return the authority, the server, then all clients by name, each one's newest first."""
        found = [describe("authority", self._identity.certificate)]
        if self._paths.server_certificate.exists():
            server = load_certificates(self._paths.server_certificate)[0]
            found.append(describe("server", server))
        for path in sorted(self._paths.issued.glob("[!.]*.crt")):
            found += self._clients(load_certificates(path))
        return found

    def _clients(self, certificates: tuple[x509.Certificate, ...]) -> list[IssuedCertificate]:
        revoked = self.revoked()
        found = []
        for place, certificate in enumerate(certificates):
            state = "revoked" if certificate.serial_number in revoked else ""
            found.append(describe("client", certificate, state, superseded=place > 0))
        return found

    def _own_list(self) -> x509.CertificateRevocationList | None:
        lists = [crl for crl in load_crls(self._paths.client_crl) if self._is_own(crl)]
        return max(lists, key=_number, default=None)

    def _is_own(self, crl: x509.CertificateRevocationList) -> bool:
        if crl.issuer != self._identity.certificate.subject:
            return False
        return crl.is_signature_valid(self._identity.key.public_key())

    def _record(self, name: str) -> Path:
        return self._paths.issued / f"{check_client_name(name)}.crt"


def describe(
    kind: str, certificate: x509.Certificate, state: str = "", *, superseded: bool = False
) -> IssuedCertificate:
    """Return ``certificate`` as lists show it; ``state`` when it is known already."""
    days = _days(certificate)
    grant = _grant(certificate) if kind == "client" else None
    return IssuedCertificate(
        kind=kind,
        name=grant.name if grant else _common_name(certificate),
        serial=f"{certificate.serial_number:X}",
        not_before=rfc3339(certificate.not_valid_before_utc.timestamp()),
        not_after=rfc3339(certificate.not_valid_after_utc.timestamp()),
        days=days,
        state=state or _state(days, superseded=superseded),
        role=grant.role.value if grant else "",
        deployments=grant.deployments if grant else (),
        names=tuple(map(str, names_in(certificate))),
    )


def _state(days: int, *, superseded: bool) -> str:
    if days < 0:
        return "expired"
    if superseded:
        return "superseded"
    return "ends-soon" if days <= WARNING_DAYS else "valid"


def _days(certificate: x509.Certificate) -> int:
    return days_left(certificate.not_valid_after_utc.timestamp(), time.time())


def _common_name(certificate: x509.Certificate) -> str:
    return ", ".join(str(attribute.value) for attribute in certificate.subject)


def _grant(certificate: x509.Certificate) -> Grant | None:
    try:
        return grant_in(certificate)
    except ValueError:
        return None


def _number(crl: x509.CertificateRevocationList | None) -> int:
    if crl is None:
        return 0
    try:
        return crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    except x509.ExtensionNotFound:
        return 0
