"""Prints as JSON what PEM files hold; run as a process of its own by `facts`."""

import re
import sys
from pathlib import Path

import msgspec
from cryptography import x509

from edd.errors import CredentialError
from edd.trust.facts import CertificateFacts, CrlFacts, FileFacts
from edd.trust.files import read_bounded

_BLOCK = re.compile(rb"-----BEGIN (CERTIFICATE|X509 CRL)-----.+?-----END \1-----", re.DOTALL)


def read_file(path: Path) -> FileFacts:
    """Return what ``path`` holds, or the reason why that cannot be told."""
    try:
        return _read(path)
    except CredentialError as error:
        return FileFacts(str(path), error=error.detail)
    except ValueError as error:
        return FileFacts(str(path), error=f"not a valid certificate or revocation list ({error}).")


def _read(path: Path) -> FileFacts:
    certificates, crls = [], []
    for block in _BLOCK.finditer(read_bounded(path)):
        if block[1] == b"X509 CRL":
            crls.append(_crl_facts(x509.load_pem_x509_crl(block[0])))
        else:
            certificates.append(certificate_facts(x509.load_pem_x509_certificate(block[0])))
    if not certificates and not crls:
        return FileFacts(str(path), error="there is no certificate or revocation list in it.")
    return FileFacts(str(path), tuple(certificates), tuple(crls))


def certificate_facts(certificate: x509.Certificate) -> CertificateFacts:
    """Return the few facts about ``certificate`` that the daemon needs."""
    return CertificateFacts(
        subject=name_of(certificate.subject),
        issuer=name_of(certificate.issuer),
        serial=f"{certificate.serial_number:X}",
        not_before=certificate.not_valid_before_utc.timestamp(),
        not_after=certificate.not_valid_after_utc.timestamp(),
        names=_names(certificate),
    )


def _names(certificate: x509.Certificate) -> tuple[str, ...]:
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    addresses = map(str, found.get_values_for_type(x509.IPAddress))
    return (*found.get_values_for_type(x509.DNSName), *addresses)


def _crl_facts(crl: x509.CertificateRevocationList) -> CrlFacts:
    ends = crl.next_update_utc
    return CrlFacts(
        issuer=name_of(crl.issuer),
        next_update=None if ends is None else ends.timestamp(),
        revoked=tuple(f"{entry.serial_number:X}" for entry in crl),
    )


def name_of(name: x509.Name) -> str:
    """Return the values of a distinguished name, spelt as `revocation.name_text` spells them."""
    return ", ".join(str(attribute.value) for attribute in name)


if __name__ == "__main__":
    facts = [read_file(Path(argument)) for argument in sys.argv[1:]]
    sys.stdout.buffer.write(msgspec.json.encode(facts))
