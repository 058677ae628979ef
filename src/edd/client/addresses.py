"""Several addresses of one host: the first that takes a connection is used."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from yarl import URL

PATIENCE = 3.0
"""Seconds an address gets before the next one is tried."""


async def first_reachable(urls: Sequence[str]) -> str:
    """Return the first of ``urls`` that takes a TCP connection; the very first if none does."""
    if len(urls) > 1:
        for url in urls:
            if await _reachable(URL(url)):
                return url
    return urls[0]


async def _reachable(url: URL) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            _, writer = await asyncio.open_connection(url.host, url.port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True
