"""A bundle: one file with all that a person or a program needs to reach a host."""

import re
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from edd.errors import CredentialError
from edd.model.caller import Role
from edd.trust.files import PRIVATE, read_bounded, write_atomically
from edd.trust.names import check_client_name, check_deployments, split_address

VERSION = 1
MAX_BYTES = 64 << 10
_MAX_ADDRESSES = 64
_ADVICE = "Ask the host's administrator for a new one: edd cert issue NAME."
_BASE64 = r"[A-Za-z0-9+/=\r\n]+"
_CERTIFICATES = re.compile(
    rf"(?:-----BEGIN CERTIFICATE-----\r?\n{_BASE64}-----END CERTIFICATE-----\s*)+"
)
_KEY = re.compile(rf"-----BEGIN ((?:EC |RSA )?PRIVATE KEY)-----\r?\n{_BASE64}-----END \1-----\s*")


class Bundle(Struct, frozen=True, forbid_unknown_fields=True):
    """A client's certificate and key (PEM), the host's addresses, and the CA that vouches for it.

    ``addresses`` are ``HOST:PORT``, the likeliest first; ``not_after`` is RFC 3339 in UTC and
    repeats what the certificate says.
    """

    version: int
    name: str
    role: Role
    deployments: tuple[str, ...]
    addresses: tuple[str, ...]
    ca: str
    certificate: str
    key: str
    not_after: str = ""

    def __repr__(self) -> str:
        return f"Bundle({self.name!r}, {self.role.value}, addresses={self.addresses!r}, key=…)"


def encode_bundle(bundle: Bundle) -> bytes:
    """Return the bundle as the JSON text that `decode_bundle` reads."""
    return msgspec.json.format(msgspec.json.encode(bundle), indent=2) + b"\n"


def decode_bundle(content: bytes, source: str = "The bundle") -> Bundle:
    """Return the bundle in ``content``; ``source`` names it in errors.

    Raises:
        CredentialError: it is larger than 64 KiB, no bundle, of a later version or has bad values.
    """
    if len(content) > MAX_BYTES:
        raise CredentialError(f"{source} is larger than any bundle.", advice=_ADVICE)
    try:
        _check_version(msgspec.json.decode(content), source)
        bundle = msgspec.json.decode(content, type=Bundle)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise CredentialError(f"{source} is not a bundle: {error}.", advice=_ADVICE) from error
    _check_values(bundle, source)
    return bundle


def read_bundle(path: Path) -> Bundle:
    """Return the bundle in the file ``path``.

    Raises:
        CredentialError: see `decode_bundle`; or the file cannot be read.
    """
    return decode_bundle(read_bounded(path, _ADVICE, MAX_BYTES), str(path))


def write_bundle(path: Path, bundle: Bundle) -> None:
    """Write ``bundle`` to ``path``, readable by its owner only."""
    write_atomically(path, encode_bundle(bundle), PRIVATE)


def _check_version(value: Any, source: str) -> None:
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise CredentialError(
            f"{source} is of version {version}; this edd reads version {VERSION}.",
            advice="Upgrade edd on this machine.",
        )


def _check_values(bundle: Bundle, source: str) -> None:
    problem = ""
    if bundle.version != VERSION:
        problem = f"its version is {bundle.version}"
    elif not 0 < len(bundle.addresses) <= _MAX_ADDRESSES:
        problem = f"it must have 1 to {_MAX_ADDRESSES} addresses"
    elif not all(map(_CERTIFICATES.fullmatch, (bundle.ca, bundle.certificate))):
        problem = "ca and certificate must be PEM certificates"
    elif not _KEY.fullmatch(bundle.key):
        problem = "key must be a PEM private key"
    if problem:
        raise CredentialError(f"{source} is not a bundle: {problem}.", advice=_ADVICE)
    check_client_name(bundle.name)
    check_deployments(bundle.deployments)
    for address in bundle.addresses:
        split_address(address)
