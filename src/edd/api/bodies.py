"""Request bodies: nothing is asked for before it is read, and everything read is bounded."""

import asyncio
from collections.abc import AsyncIterator, Callable

from aiohttp import HttpVersion11, StreamReader, web

from edd.api.limits import USUAL, Limits
from edd.errors import TooLargeError, TruncatedArchiveError

NOT_ARCHIVES = ("application/json", "multipart/", "text/")
"""Types that are no archive. `curl --data-binary` says x-www-form-urlencoded unasked: let pass."""


_TURNS = 3
"""Turns of the loop that a reader waits for more to arrive, of 256 KiB at most each."""

_TOGETHER = 8 << 20
_MOST = 1 << 20
_LEAST = 1 << 16
"""Bytes that all bodies may hold, and the most and the least that one may."""

LEAST_AHEAD = _LEAST // 2
"""Bytes of a body that nobody takes yet; with twice as many the connection stops reading. What a
connection reads at once, up to 256 KiB, may come on top."""

_UNDER_WAY: set[StreamReader] = set()
"""Bodies that are being read."""


def share() -> int:
    """Return how many bytes each body may hold while others are read beside it."""
    return max(_LEAST, min(_MOST, _TOGETHER // max(1, len(_UNDER_WAY))))


def let_go(request: web.BaseRequest) -> None:
    """Count a body no more, since its request was answered.

    A body that was refused half-way may be held for long by what tells of the refusal.
    """
    _UNDER_WAY.discard(request.content)


async def hold_continue(_request: web.Request) -> None:
    """Send no ``100 Continue`` yet (aiohttp would): an early refusal then costs the sender nothing.

    An expectation other than that one is ignored, as RFC 9110 section 10.1.1 allows.
    """


def awaits_continue(request: web.BaseRequest) -> bool:
    """Tell whether the sender waits for ``100 Continue`` and has sent nothing so far."""
    expected = request.headers.get("Expect", "").lower() == "100-continue"
    return expected and request.version >= HttpVersion11 and request.content.total_bytes == 0


async def chunks_of(
    request: web.BaseRequest, silence: float, begin: Callable[[], None] = lambda: None
) -> AsyncIterator[bytes]:
    """Yield the body as it arrives, some 1 MiB at a time; ``begin`` is called at the first read.

    With more than eight bodies at one time the pieces are smaller, down to what arrives at once.

    Raises:
        TruncatedArchiveError: the sender went away, kept still for ``silence`` seconds, or broke
            off in the middle of a chunk.
    """
    await _continue(request)
    begin()
    _UNDER_WAY.add(request.content)
    try:
        request.content.set_read_chunk_size(share() // 2)
        while chunk := await _read(request, silence, share()):
            yield chunk
    finally:
        let_go(request)


async def read_json(request: web.BaseRequest, limits: Limits = USUAL) -> bytes:
    """Return a whole small body.

    Raises:
        TooLargeError: it has more than ``limits.json`` bytes; no more than that was read.
        TruncatedArchiveError: as for `chunks_of`.
    """
    body = bytearray()
    if (request.content_length or 0) <= limits.json:
        async for chunk in chunks_of(request, limits.silence):
            body += chunk
            if len(body) > limits.json:
                break
        else:
            return bytes(body)
    raise TooLargeError(
        f"The body of this request may have {limits.json} bytes.",
        kept="Nothing was changed.",
        advice="",
    )


def refuse_wrong_type(request: web.BaseRequest, *, json: bool) -> None:
    """Answer 415 from the headers alone when the body cannot be what the route takes."""
    if not request.body_exists:
        return
    sent = request.content_type if "Content-Type" in request.headers else ""
    coded = request.headers.get("Content-Encoding", "identity").lower() != "identity"
    if json and (coded or sent not in {"", "application/json"}):
        raise web.HTTPUnsupportedMediaType(text="Send JSON with Content-Type: application/json.")
    if not json and sent.startswith(NOT_ARCHIVES):
        raise web.HTTPUnsupportedMediaType(
            text=f"{sent} is no image archive. Send one with Content-Type: application/x-tar."
        )


async def _continue(request: web.BaseRequest) -> None:
    if awaits_continue(request):
        try:
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        except ConnectionError:
            raise TruncatedArchiveError("The sender went away before it sent a byte.") from None
        # The interim response does not count as the beginning of the real one.
        request.writer.output_size = 0


async def _read(request: web.BaseRequest, silence: float, enough: int) -> bytes:
    content = request.content
    try:
        async with asyncio.timeout(silence):
            pieces = [await content.readany()]
        # A piece costs what follows as much as four do: take what else is here by now.
        for _ in range(_TURNS):
            if sum(map(len, pieces)) >= enough:
                break
            await asyncio.sleep(0)
            if content.exception() is None:
                pieces.append(content.read_nowait())
        return b"".join(pieces)
    except TimeoutError:
        raise TruncatedArchiveError(f"The sender kept still for {silence:.0f} seconds.") from None
    except asyncio.CancelledError:
        # aiohttp also puts this into the stream of a request that a shutdown breaks off.
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        raise TruncatedArchiveError("The daemon stopped before the body was complete.") from None
    except (ConnectionError, RuntimeError, web.RequestPayloadError):
        raise TruncatedArchiveError("The sender went away before the end of the body.") from None
