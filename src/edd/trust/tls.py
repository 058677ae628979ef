"""TLS contexts for both ends: mutual, TLS 1.2 at least, nothing that outlives a revocation.

Only the standard library is used, so that the daemon stays small.
"""

import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from msgspec import Struct

from edd.errors import CredentialError
from edd.trust.bundle import Bundle
from edd.trust.files import read_bounded
from edd.trust.paths import TrustPaths

_TLS12_CIPHERS = "ECDHE+AESGCM:ECDHE+CHACHA20"
_MAKE = "Make it with `edd init`, or correct the path in the host's configuration."


class TlsFiles(Struct, frozen=True):
    """The PEM files a server needs; without ``crl`` nothing can be revoked."""

    key: Path
    certificates: Path
    client_authorities: Path
    crl: Path | None = None

    @classmethod
    def below(cls, directory: Path) -> "TlsFiles":
        """Return the files that `edd init` writes under ``directory``."""
        paths = TrustPaths(directory)
        return cls(
            paths.server_key,
            paths.server_certificate,
            paths.client_authorities,
            paths.client_crl,
        )


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that admits only clients of ``files.client_authorities``, none revoked.

    No session can be resumed by ticket: a ticket would carry a client past its revocation.

    Raises:
        CredentialError: a file is missing, unreadable or does not fit; says which and what to do.
    """
    context = browser_context(files)
    context.verify_mode = ssl.CERT_REQUIRED
    _load_authorities(context, files.client_authorities)
    if files.crl is not None:
        _load_crl(context, files.crl)
    return context


def browser_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a context that asks for no certificate: who comes is found out by other means.

    Raises:
        CredentialError: as `server_context`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    _harden(context)
    context.options |= ssl.OP_NO_TICKET
    # A client without AES instructions puts ChaCha20 first; all that is left on offer is good.
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    _load_certificate(context, files)
    return context


def client_context(bundle: Bundle) -> ssl.SSLContext:
    """Return a context that presents ``bundle`` and trusts the host's CA and no other.

    Raises:
        CredentialError: the bundle's certificate is over, or its parts do not fit together.
    """
    _check_not_over(bundle)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    _harden(context)
    advice = "Ask the host's administrator for a new one: edd cert issue NAME."
    try:
        context.load_verify_locations(cadata=bundle.ca)
        with _on_disk(bundle) as path:
            context.load_cert_chain(path, password=_no_password(path, advice))
    except ssl.SSLError as error:
        raise CredentialError(
            f"The bundle of {bundle.name} cannot be used: {_reason(error)}.", advice=advice
        ) from error
    return context


def _harden(context: ssl.SSLContext) -> None:
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_TLS12_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION


def _load_certificate(context: ssl.SSLContext, files: TlsFiles) -> None:
    for path in (files.certificates, files.key):
        read_bounded(path, _MAKE)
    try:
        context.load_cert_chain(files.certificates, files.key, _no_password(files.key, _MAKE))
    except ssl.SSLError as error:
        raise CredentialError(
            f"The certificate {files.certificates} and the key {files.key} cannot be used: "
            f"{_reason(error)}.",
            advice="Both must be PEM and belong together: edd cert renew --server.",
            path=str(files.certificates),
        ) from error


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    read_bounded(path, _MAKE)
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        _refuse_file(path, "certificates of the authorities that clients may come from", error)
    if not context.cert_store_stats()["x509_ca"]:
        raise CredentialError(
            f"{path} holds no certificate of an authority.", advice=_MAKE, path=str(path)
        )


def _load_crl(context: ssl.SSLContext, path: Path) -> None:
    read_bounded(path, "Write an empty one with `edd init`.")
    before = context.cert_store_stats()["crl"]
    try:
        context.load_verify_locations(path)
    except ssl.SSLError as error:
        _refuse_file(path, "revocation lists", error)
    if context.cert_store_stats()["crl"] == before:
        raise CredentialError(
            f"{path} holds no revocation list, so every client would be refused.",
            advice="Write an empty one with `edd init`.",
            path=str(path),
        )
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF


def _refuse_file(path: Path, what: str, error: ssl.SSLError) -> NoReturn:
    raise CredentialError(
        f"{path} cannot be used: {_reason(error)}.",
        advice=f"It must hold {what}, in PEM.",
        path=str(path),
    ) from error


def _reason(error: ssl.SSLError) -> str:
    reason: str | None = error.reason
    if reason == "KEY_VALUES_MISMATCH":
        return "the key does not belong to the certificate"
    if reason in {"NO_START_LINE", "NO_CERTIFICATE_OR_CRL_FOUND", None}:
        return "it is not PEM text of the right kind"
    return str(reason).replace("_", " ").lower()


def _no_password(path: Path, advice: str) -> Callable[[], str]:
    def refuse() -> str:
        raise CredentialError(
            f"The key in {path} is encrypted, and nobody is there to type its password.",
            advice=advice,
        )

    return refuse


def _check_not_over(bundle: Bundle) -> None:
    if not bundle.not_after:
        return
    try:
        end = datetime.fromisoformat(bundle.not_after)
    except ValueError:
        return
    if end.tzinfo and end < datetime.now(UTC):
        raise CredentialError(
            f"The certificate of {bundle.name} ended on {bundle.not_after}.",
            advice=f"Ask the host's administrator for a new one: edd cert renew {bundle.name}.",
        )


@contextmanager
def _on_disk(bundle: Bundle) -> Iterator[Path]:
    """Keep certificate and key in a private file meanwhile: `ssl` loads them from files only."""
    with tempfile.NamedTemporaryFile("w", prefix="edd-", suffix=".pem", encoding="ascii") as file:
        file.write(f"{bundle.certificate}\n{bundle.key}\n")
        file.flush()
        yield Path(file.name)
