"""Why a request did not reach a host, told as one of the product's errors.

With TLS 1.3 a client's certificate is refused after its handshake ended (RFC 8446, 4.4.2.4): the
alert is met at the first read, as an SSL error in the middle of a connection.
"""

import errno
import re
import ssl
from collections.abc import Iterator

import aiohttp

from edd.errors import CredentialError, EddError, HostUnreachableError, UntrustedError

CONNECT_SECONDS = 10

_REASON = re.compile(r"\[SSL: ([A-Z0-9_]+)\]")

_EXPIRED, _TOO_NEW = 10, 9  # X509_V_ERR_* in OpenSSL's x509_vfy.h
_WRONG_NAME = frozenset({62, 64})

REFUSALS = {
    "CERTIFICATE_REQUIRED": "it asks for a client certificate and none was sent",
    "CERTIFICATE_EXPIRED": "this machine's certificate has expired",
    "CERTIFICATE_REVOKED": "this machine's certificate was revoked",
    "UNKNOWN_CA": "this machine's certificate was issued by an authority it does not trust",
    "UNSUPPORTED_CERTIFICATE": "this machine's certificate is not one for clients",
    "CERTIFICATE_UNKNOWN": "it does not accept this machine's certificate",
    "BAD_CERTIFICATE": "it does not accept this machine's certificate",
    "ACCESS_DENIED": "it does not accept this machine's certificate",
    "HANDSHAKE_FAILURE": "the two sides agree on no certificate or cipher",
}
"""What a host's TLS alert means, by the end of OpenSSL's name for it."""

_ERRNOS = {
    errno.ECONNREFUSED: "nothing listens on that port",
    errno.ENETUNREACH: "no network leads there",
    errno.EHOSTUNREACH: "no network leads there",
    errno.ETIMEDOUT: "it does not answer",
}


def explain(error: BaseException, place: str) -> EddError:
    """Return what stopped a request to ``place``, as an error with a sentence that names it."""
    for fault in _chain(error):
        if isinstance(fault, EddError):
            return fault
    words = str(error)
    for fault in _chain(error):
        # aiohttp's own subclass of it carries no code; the error it was made of does.
        if isinstance(fault, ssl.SSLCertVerificationError) and hasattr(fault, "verify_code"):
            return _unverified(fault, place)
    reason = _REASON.search(words)
    if reason is not None:
        return _refused(reason.group(1), place)
    return _unreachable(error, place)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None)
        error = (
            inner if isinstance(inner, BaseException) and inner is not error else error.__cause__
        )


def _unverified(fault: ssl.SSLCertVerificationError, place: str) -> CredentialError:
    if fault.verify_code in _WRONG_NAME:
        return CredentialError(
            f"{place} showed a certificate for another name: {fault.verify_message}.",
            advice="Use the name or address the host was set up with: edd host list.",
        )
    if fault.verify_code in (_EXPIRED, _TOO_NEW):
        when = "has expired" if fault.verify_code == _EXPIRED else "is not valid yet"
        return CredentialError(
            f"{place} showed a certificate that {when}.",
            advice="Renew it on the host (edd cert renew), or set this machine's clock right.",
        )
    return CredentialError(
        f"{place} is not the host of this bundle: its certificate comes from another authority"
        f" ({fault.verify_message}).",
        advice="See that the address is right, or take in a new bundle: edd host add.",
    )


def _refused(reason: str, place: str) -> EddError:
    for name, meaning in REFUSALS.items():
        if reason.endswith(name):
            return UntrustedError(f"{place} refused this machine: {meaning}.")
    if reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE"):
        return HostUnreachableError(
            f"{place} does not speak TLS.", advice="See that the port is the daemon's (8866)."
        )
    return HostUnreachableError(f"{place}: the TLS connection failed ({reason.lower()}).")


def _unreachable(error: BaseException, place: str) -> EddError:
    for fault in _chain(error):
        if isinstance(fault, PermissionError):
            return CredentialError(
                f"This user may not open {place}.",
                advice="Become root or a member of the group edd, or name a host: edd -H HOST.",
            )
        if isinstance(fault, FileNotFoundError):
            return HostUnreachableError(
                f"No daemon listens on {place}.",
                advice="Start it (systemctl start edd, or edd serve), or name a host: edd -H HOST.",
            )
    return HostUnreachableError(_cause(error, place))


def _cause(error: BaseException, place: str) -> str:
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return f"{place} cannot be reached: its name is not known."
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return f"{place} did not answer within {CONNECT_SECONDS} seconds."
    if isinstance(error, TimeoutError):
        return f"{place} fell silent."
    number = next((f.errno for f in _chain(error) if isinstance(f, OSError) and f.errno), None)
    if number in _ERRNOS:
        return f"{place} cannot be reached: {_ERRNOS[number]}."
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"{place} cannot be reached: {error.strerror or error.os_error}."
    return f"The connection to {place} was cut before it answered."
