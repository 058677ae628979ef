"""PEM files read with errors that a person can act on."""

import re
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from edd.errors import CredentialError
from edd.trust.files import INIT, read_bounded
from edd.trust.issuing import SigningKey

_CRL = re.compile(rb"-----BEGIN X509 CRL-----.+?-----END X509 CRL-----\n?", re.DOTALL)


def load_certificates(path: Path) -> tuple[x509.Certificate, ...]:
    """Return the certificates in ``path``, at least one.

    Raises:
        CredentialError: it is missing, unreadable or holds none.
    """
    content = read_bounded(path, INIT)
    try:
        return tuple(x509.load_pem_x509_certificates(content))
    except ValueError as error:
        raise CredentialError(
            f"{path} holds no certificate in PEM.", advice="Bring it back from a backup."
        ) from error


def load_key(path: Path) -> SigningKey:
    """Return the private key in ``path``.

    Raises:
        CredentialError: it is missing, unreadable, encrypted or no key that can sign.
    """
    content = read_bounded(path, INIT)
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CredentialError(
            f"{path} holds no unencrypted private key in PEM.",
            advice="Bring it back from a backup, or decrypt it with openssl pkey.",
        ) from error
    if not isinstance(key, SigningKey):
        raise CredentialError(f"The key in {path} must be an EC, RSA or Edwards curve key.")
    return key


def load_crls(path: Path) -> tuple[x509.CertificateRevocationList, ...]:
    """Return the revocation lists in ``path``; none when there is no such file.

    Raises:
        CredentialError: it is unreadable, or holds something that is no such list.
    """
    if not path.exists():
        return ()
    blocks = _CRL.findall(read_bounded(path, INIT))
    try:
        return tuple(x509.load_pem_x509_crl(block) for block in blocks)
    except ValueError as error:
        raise CredentialError(
            f"{path} holds a revocation list that cannot be read.",
            advice="Bring it back from a backup: what it revoked would be forgotten otherwise.",
        ) from error
