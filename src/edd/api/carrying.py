"""A stream of the engine over a WebSocket, both ways, at the slower one's pace.

The first message is JSON in text that tells how to read what follows: ``{"stream": "raw"}``, or
``"framed"``, where each message begins with a byte for where the container wrote it (1 output, 2
errors). The engine's refusal is a first message too, ``{"error": …, "status": …}``, and the last
one. All else is binary, bytes as the container wrote them, split anywhere. What the client sends in
binary is input; the text ``eof`` ends that. After the text ``pause`` it gets no more output until
``resume``, but for what is on its way.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

import msgspec
from aiohttp import WSCloseCode, web

from edd.api.hearing import Hearing
from edd.api.presence import until_first
from edd.api.sources import RefusedError, Source, Stream, begin
from edd.errors import EddError

if TYPE_CHECKING:
    from edd.operations.gateway import Gateway

LARGEST = {"GET": 1 << 12, "POST": 1 << 17}
"""Bytes of a message that a client may send: what is only read takes no input."""

AHEAD = 1 << 16
"""Bytes that wait for the client before the engine is read no further."""

GOODBYE = 3.0
"""Seconds for the client to answer the close; it is cut off then, whatever it has not read."""

REFUSED = 4000
"""A stream that the engine refuses is closed with this and the status of its answer."""

LONGEST_WORDS = 1 << 12
LONGEST_REASON = 120
"""Bytes of what the engine says in a refusal, and of the words in a close, which holds 123."""


async def carry(
    request: web.Request, gateway: "Gateway", stream: Stream, closing: asyncio.Event
) -> web.WebSocketResponse:
    """Open the WebSocket, carry the stream until one side ends it, and close it; return it.

    The code of the close tells why: 1000 the engine has ended it, 1001 the daemon ends, 1011 the
    engine broke off, `REFUSED` and more that it would not begin.
    """
    socket = web.WebSocketResponse(
        autoping=False,
        compress=False,
        max_msg_size=LARGEST[stream.method] + 1,  # the first size that is refused
        writer_limit=AHEAD,
    )
    await socket.prepare(request)
    hearing = Hearing(request, socket)
    if stream.method == "GET":
        hearing.begin(None)
    async with AsyncExitStack() as links:
        source = partial(begin, gateway, stream, links)
        work, leaving, ending = await until_first(
            _carry(request, socket, hearing, source), hearing.until_left(), closing.wait()
        )
    if not leaving.cancelled():
        leaving.result()
    code, words = int(WSCloseCode.GOING_AWAY), "" if ending.cancelled() else "the daemon ends"
    if not work.cancelled():
        code, words = work.result()
    await close(request, socket, code, words)
    return socket


async def _carry(
    request: web.Request,
    socket: web.WebSocketResponse,
    hearing: Hearing,
    source: Callable[[], Awaitable[Source]],
) -> tuple[int, str]:
    """Carry the stream until the client has taken all; return the code and words of the close."""
    try:
        begun = await source()
        await _send(socket, {"stream": "framed" if begun.framed else "raw"})
        hearing.begin(begun.inward)
        async for piece in begun.pieces:
            await hearing.until_wanted()
            await socket.send_bytes(piece)
        await request.writer.drain()
    except RefusedError as error:
        with suppress(ConnectionError):
            words = _cut(error.words, LONGEST_WORDS)
            await _send(socket, {"error": words, "status": error.status})
        return REFUSED + error.status, error.words
    except EddError as error:
        return WSCloseCode.INTERNAL_ERROR, error.detail
    except ConnectionError:
        return WSCloseCode.GOING_AWAY, ""
    return WSCloseCode.OK, ""


async def _send(socket: web.WebSocketResponse, said: dict[str, str | int]) -> None:
    await socket.send_str(msgspec.json.encode(said).decode())


async def close(
    request: web.BaseRequest, socket: web.WebSocketResponse, code: int, words: str
) -> None:
    """Tell the client why it ends, and let it go when it has answered, or does not."""
    if request.transport is not None:
        asyncio.get_running_loop().call_later(GOODBYE, request.transport.abort)
    reason = _cut(words, LONGEST_REASON).encode()
    # A writer that was cancelled cancels those who wait after it: that ends this task, not ours.
    telling = asyncio.create_task(socket.close(code=code, message=reason, drain=False))
    await asyncio.wait({telling})


def _cut(words: str, most: int) -> str:
    return words.encode("utf-8", "replace")[:most].decode("utf-8", "ignore")
