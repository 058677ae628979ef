"""Certificates for tests: a host's own authority, and the kinds of client it must not let in."""

import ssl
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.gate import Gate
from edd.trust.issuing import (
    Grant,
    certificate_pem,
    certify_authority,
    certify_client,
    certify_server,
    key_pem,
    new_key,
)
from edd.trust.paths import TrustPaths
from edd.trust.tls import TlsFiles


class Pki:
    """An authority below a directory, and client contexts by the name they were issued to."""

    def __init__(self, directory: Path) -> None:
        self.paths = TrustPaths(directory)
        self.authority = Authority.create(self.paths, "test host")
        self.authority.issue_server(("localhost",))
        self.authority.ensure_crl()
        self.paths.client_authorities.write_text(self.authority.certificate)
        self.files = TlsFiles.below(directory)

    @cached_property
    def gate(self) -> Gate:
        """Return one gate for all servers: each costs a process. Reload it after a revocation."""
        return Gate(self.files)

    def client(self, name: str, role: Role, *deployments: str) -> ssl.SSLContext:
        issued = self.authority.issue_client(Grant(name, role, deployments))
        return self.context(issued.certificate, issued.key)

    def another(self, name: str, role: Role) -> ssl.SSLContext:
        """Return a client whose name may have a certificate already."""
        key = new_key()
        made = certify_client(self.authority.identity, key.public_key(), Grant(name, role))
        return self._of(made, key)

    def context(self, certificate: str = "", key: str = "") -> ssl.SSLContext:
        """Return a client's context; without a certificate it presents none."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=self.authority.certificate)
        if certificate:
            file = self.paths.directory / "client.pem"
            file.write_text(certificate + key)
            context.load_cert_chain(file)
        return context

    def foreign(self) -> ssl.SSLContext:
        """Return a client that another authority of the same name made an administrator."""
        identity = certify_authority("test host")
        key = new_key()
        return self._of(certify_client(identity, key.public_key(), ADMIN), key)

    def expired(self) -> ssl.SSLContext:
        key = new_key()
        made = certify_client(self.authority.identity, key.public_key(), ADMIN, days=0)
        return self._of(made, key)

    def server_only(self) -> ssl.SSLContext:
        key = new_key()
        return self._of(certify_server(self.authority.identity, key.public_key(), ["web"]), key)

    def roleless(self) -> ssl.SSLContext:
        """Return a client certified by the right authority, for clients, with no role in it."""
        key, identity = new_key(), self.authority.identity
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nobody")]))
            .issuer_name(identity.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(identity.key, hashes.SHA256())
        )
        return self._of(made, key)

    def _of(self, certificate: x509.Certificate, key: object) -> ssl.SSLContext:
        pem = certificate_pem(certificate).decode()
        return self.context(pem, key_pem(key).decode())  # type: ignore[arg-type]


ADMIN = Grant("root", Role.ADMIN)
