"""Answers that go on, at the reader's pace, until either side has had enough."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

from aiohttp import web

GRACE = 0.3
"""Seconds the source has for its first bytes, or its refusal, before the headers go out."""

LOOK = 0.5
"""Seconds between two looks at whether a silent stream still has a reader."""


async def stream(
    request: web.BaseRequest, source: AsyncIterator[bytes], media: str, closing: asyncio.Event
) -> web.StreamResponse:
    """Answer with what ``source`` yields until it ends, the reader leaves or ``closing`` is set.

    ``media`` is the answer's type. A failure passes through, before the first byte and after it:
    there whoever sends the answer breaks the connection off, so that the reader does not take the
    part for the whole.
    """
    pending = asyncio.ensure_future(_next(source))
    try:
        await asyncio.wait({pending}, timeout=GRACE)
        if pending.done():
            pending.result()
        response = web.StreamResponse(headers={"Content-Type": media})
        await response.prepare(request)
        while (chunk := await _before_leaving(request, pending, closing)) is not None:
            if not await _written(response, chunk):
                return response
            pending = asyncio.ensure_future(_next(source))
        with suppress(ConnectionError):
            await response.write_eof()
        return response
    finally:
        pending.cancel()
        await asyncio.wait({pending})
        if not pending.cancelled():
            pending.exception()
        await _close(source)


async def _next(source: AsyncIterator[bytes]) -> bytes | None:
    return await anext(source, None)


async def _before_leaving(
    request: web.BaseRequest, pending: "asyncio.Future[bytes | None]", closing: asyncio.Event
) -> bytes | None:
    while not pending.done():
        if request.transport is None or closing.is_set():
            return None
        await asyncio.wait({pending}, timeout=LOOK)
    return pending.result()


async def _written(response: web.StreamResponse, chunk: bytes) -> bool:
    """Write ``chunk``; False when the reader has left."""
    try:
        await response.write(chunk)
    except ConnectionError:
        return False
    return True


async def _close(source: AsyncIterator[bytes]) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        await close()
