"""Certificates and revocation lists as values: what goes into each. No files here.

The extensions follow RFC 5280 closely enough for OpenSSL's strict mode, which Python 3.13 turns on
for ordinary clients.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from msgspec import Struct

from edd.model.caller import Role
from edd.trust.callers import DEPLOYMENT_URN, ROLE_URN
from edd.trust.names import IPAddress

SigningKey = (
    ec.EllipticCurvePrivateKey
    | rsa.RSAPrivateKey
    | ed25519.Ed25519PrivateKey
    | ed448.Ed448PrivateKey
)
"""ED makes P-256 keys; an authority brought along may have another."""

CA_DAYS = 3650
SERVER_DAYS = 825
CLIENT_DAYS = 365
MAX_DAYS = CA_DAYS
_SKEW = timedelta(days=1)
"""Certificates begin a day early: small hosts start with a clock that is behind."""

_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class Identity(Struct, frozen=True):
    """A certificate and the private key that belongs to it."""

    certificate: x509.Certificate
    key: SigningKey


class Grant(Struct, frozen=True):
    """What a client certificate says of its owner; no deployments means all of them."""

    name: str
    role: Role
    deployments: tuple[str, ...] = ()


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a new P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def certify_authority(name: str, key: SigningKey | None = None) -> Identity:
    """Return an authority called ``name``, valid for ten years, with no other below it.

    Without ``key`` it gets a new one.
    """
    key = key or new_key()
    subject = _named(name)
    builder = _builder(subject, subject, key.public_key(), _days_from_now(CA_DAYS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    return Identity(builder.sign(key, _hash_for(key)), key)


def certify_server(
    authority: Identity,
    key: CertificatePublicKeyTypes,
    names: Sequence[str | IPAddress],
    days: int = SERVER_DAYS,
) -> x509.Certificate:
    """Return a certificate for a server reached by ``names``; good for servers only."""
    entries = [
        x509.DNSName(name) if isinstance(name, str) else x509.IPAddress(name) for name in names
    ]
    first = str(names[0])
    return _leaf(authority, key, _Leaf(first[:64], entries, ExtendedKeyUsageOID.SERVER_AUTH, days))


def certify_client(
    authority: Identity, key: CertificatePublicKeyTypes, grant: Grant, days: int = CLIENT_DAYS
) -> x509.Certificate:
    """Return a certificate that carries ``grant`` in URI alternative names; clients only."""
    uris = [f"{ROLE_URN}{grant.role.value}"]
    uris += [f"{DEPLOYMENT_URN}{name}" for name in grant.deployments]
    entries = [x509.UniformResourceIdentifier(uri) for uri in uris]
    return _leaf(authority, key, _Leaf(grant.name, entries, ExtendedKeyUsageOID.CLIENT_AUTH, days))


def list_revoked(
    authority: Identity, entries: Iterable[x509.RevokedCertificate], number: int
) -> x509.CertificateRevocationList:
    """Return revocation list ``number`` of ``authority``.

    It ends with the authority itself: OpenSSL refuses every client once a list is over, and
    nothing renews it on a host where nobody revokes.
    """
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.certificate.subject)
        .last_update(datetime.now(UTC) - _SKEW)
        .next_update(authority.certificate.not_valid_after_utc)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_issuer_id(authority), critical=False)
    )
    for entry in entries:
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(authority.key, _hash_for(authority.key))


def revoked_entry(serial: int) -> x509.RevokedCertificate:
    """Return the entry that revokes ``serial`` from now on."""
    builder = x509.RevokedCertificateBuilder().serial_number(serial)
    return builder.revocation_date(datetime.now(UTC)).build()


def grant_in(certificate: x509.Certificate) -> Grant:
    """Return what a client certificate of ours grants.

    Raises:
        ValueError: it is not one of ours.
    """
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    uris = _alternative_names(certificate).get_values_for_type(x509.UniformResourceIdentifier)
    roles = [uri.removeprefix(ROLE_URN) for uri in uris if uri.startswith(ROLE_URN)]
    if len(names) != 1 or len(roles) != 1:
        raise ValueError("not a client certificate of this host")
    deployments = [u.removeprefix(DEPLOYMENT_URN) for u in uris if u.startswith(DEPLOYMENT_URN)]
    return Grant(str(names[0].value), Role(roles[0]), tuple(deployments))


def names_in(certificate: x509.Certificate) -> tuple[str | IPAddress, ...]:
    """Return the DNS names and IP addresses of a server certificate, in their order."""
    entries = list(_alternative_names(certificate))
    return tuple(
        entry.value
        for entry in entries
        if isinstance(entry, x509.DNSName | x509.IPAddress)
        and isinstance(entry.value, str | IPv4Address | IPv6Address)
    )


def certificate_pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """Return a certificate or a revocation list as PEM."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def key_pem(key: SigningKey) -> bytes:
    """Return a private key as unencrypted PKCS 8 in PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


class _Leaf(Struct, frozen=True):
    name: str
    entries: Sequence[x509.GeneralName]
    purpose: x509.ObjectIdentifier
    days: int


def _leaf(authority: Identity, key: CertificatePublicKeyTypes, leaf: _Leaf) -> x509.Certificate:
    end = min(_days_from_now(leaf.days), authority.certificate.not_valid_after_utc)
    builder = _builder(_named(leaf.name), authority.certificate.subject, key, end)
    builder = (
        builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([leaf.purpose]), critical=False)
        .add_extension(x509.SubjectAlternativeName(leaf.entries), critical=False)
        .add_extension(_issuer_id(authority), critical=False)
    )
    return builder.sign(authority.key, _hash_for(authority.key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: CertificatePublicKeyTypes, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - _SKEW)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _days_from_now(days: int) -> datetime:
    return datetime.now(UTC) + timedelta(days=days)


def _usage(*allowed: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in allowed for usage in _USAGES})


def _issuer_id(authority: Identity) -> x509.AuthorityKeyIdentifier:
    try:
        extension = authority.certificate.extensions.get_extension_for_class(
            x509.SubjectKeyIdentifier
        )
    except x509.ExtensionNotFound:
        public = authority.certificate.public_key()
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(public)  # type: ignore[arg-type]
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(extension.value)


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return x509.SubjectAlternativeName([])


def _hash_for(key: SigningKey) -> hashes.SHA256 | None:
    """Return the hash to sign with; Edwards curves bring their own (RFC 8410)."""
    edwards = isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey)
    return None if edwards else hashes.SHA256()
