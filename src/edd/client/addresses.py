"""Several addresses of one host: the first that takes a connection is used."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import aiohttp

from edd.client.failures import CONNECT_SECONDS

T = TypeVar("T")

PATIENCE = 3.0
"""Seconds an address gets before the next one is tried."""


async def first_reached(urls: Sequence[str], ask: Callable[[str, float], Awaitable[T]]) -> T:
    """Return what ``ask`` gets from the first of ``urls`` that takes a connection.

    It is given a URL and the seconds that connecting may take. Where none takes one, the first
    that only kept still is asked once more with more time, else the very first.
    """
    silent: list[str] = []
    for url in urls if len(urls) > 1 else ():
        try:
            return await ask(url, PATIENCE)
        except aiohttp.ConnectionTimeoutError:
            silent.append(url)
        except aiohttp.ClientConnectorError as error:
            if not takes_none(error):
                raise
    return await ask((silent or urls)[0], CONNECT_SECONDS)


def takes_none(error: BaseException) -> bool:
    """Tell whether an address took no connection at all."""
    if isinstance(error, aiohttp.ClientSSLError):
        return False
    return isinstance(
        error, aiohttp.ConnectionTimeoutError | aiohttp.ClientConnectorError
    ) and not broke_off(error)


def broke_off(error: BaseException) -> bool:
    """Tell whether a link broke before the handshake over it was done."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else None
    return isinstance(cause, ConnectionResetError | ConnectionAbortedError | BrokenPipeError)
