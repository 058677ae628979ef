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
