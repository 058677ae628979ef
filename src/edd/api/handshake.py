"""The beginning of a TLS connection: the client shows who it is, or is told why it was refused.

asyncio's own servers hang up on a client that they refuse without the alert that says so (CPython
3.11 to 3.13).
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress

_PIECE = 1 << 16
_PIECES = 16
"""What a refused client may still send: it may have made its request before it was refused."""

_REASONS = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "it showed no certificate",
    "HTTP_REQUEST": "it does not speak TLS",
    "WRONG_VERSION_NUMBER": "it does not speak TLS",
    "TLSV1_ALERT_UNKNOWN_CA": "it does not take this host's certificate for a trusted one",
    "SSLV3_ALERT_BAD_CERTIFICATE": "it does not accept this host's certificate",
    "SSLV3_ALERT_CERTIFICATE_UNKNOWN": "it does not accept this host's certificate",
}
"""What OpenSSL's name of a failure means."""

_UNKNOWN = frozenset({2, 18, 19, 20, 21})
_EXPIRED, _REVOKED, _OTHER_USE = 10, 23, 26  # X509_V_ERR_* in OpenSSL's x509_vfy.h
_SHOWN = {
    _EXPIRED: "its certificate has expired",
    _REVOKED: "its certificate was revoked",
    _OTHER_USE: "its certificate is not one for clients",
    **dict.fromkeys(_UNKNOWN, "its certificate was issued by an authority that is not trusted"),
}


async def shake_hands(
    channel: socket.socket, context: ssl.SSLContext, patience: float
) -> ssl.SSLSocket:
    """Return ``channel`` as a TLS connection whose client is verified; it is closed otherwise.

    ``patience`` is in seconds.

    Raises OSError: the client was refused and told so, or did not come to an end in time.
    """
    link = context.wrap_socket(channel, server_side=True, do_handshake_on_connect=False)
    try:
        async with asyncio.timeout(patience):
            await _handshake(link)
    except BaseException:
        link.close()
        raise
    return link


def reason(error: BaseException) -> str:
    """Return in plain words why a client was not let in; nothing if it just went away.

    A probe of the port does that, and a client whose link broke.
    """
    if isinstance(error, ssl.SSLEOFError | ConnectionResetError | BrokenPipeError):
        return ""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _SHOWN.get(
            error.verify_code, f"its certificate is not valid ({error.verify_message})"
        )
    if isinstance(error, ssl.SSLError):
        return _REASONS.get(error.reason, f"TLS failed ({error.reason})")
    return str(error)


async def _handshake(link: ssl.SSLSocket) -> None:
    loop = asyncio.get_running_loop()
    while True:
        try:
            return link.do_handshake()
        except ssl.SSLWantReadError:
            await _once(loop.add_reader, loop.remove_reader, link)
        except ssl.SSLWantWriteError:
            await _once(loop.add_writer, loop.remove_writer, link)
        except ssl.SSLError:
            # OpenSSL has sent the alert. To close with something unread would take it back.
            await _hang_up(link)
            raise


async def _once(
    watch: Callable[..., None], unwatch: Callable[[int], bool], link: ssl.SSLSocket
) -> None:
    """Wait until ``link`` is ready."""
    ready = asyncio.Event()
    number = link.fileno()
    watch(number, ready.set)
    try:
        await ready.wait()
    finally:
        unwatch(number)


async def _hang_up(link: ssl.SSLSocket) -> None:
    """Say that nothing follows, and wait until the client has heard it and hangs up as well."""
    loop = asyncio.get_running_loop()
    with suppress(OSError):
        socket.socket.shutdown(link, socket.SHUT_WR)
        for _ in range(_PIECES):
            await _once(loop.add_reader, loop.remove_reader, link)
            if not socket.socket.recv(link, _PIECE):
                return
