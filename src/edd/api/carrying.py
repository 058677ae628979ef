"""A stream of the engine over a WebSocket, both ways, at the slower one's pace.

The first message is JSON in text that tells how to read what follows: ``{"stream": "raw"}``, or
``"framed"``, where each message begins with a byte for where the container wrote it (1 output, 2
errors). The engine's refusal is a first message too, ``{"error": …, "status": …}``, and the last
one. All else is binary, bytes as the container wrote them, split anywhere. What the client sends in
binary is input; the text ``eof`` ends that.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web
from msgspec import Struct

from edd.api.passing import events_for_viewers
from edd.engine.logs import split_streams
from edd.engine.passage import Head, Passage, Request
from edd.errors import EddError, EngineUnreachableError
from edd.planning.targets import Target

if TYPE_CHECKING:
    from edd.operations.gateway import Gateway

HEARTBEAT = 20.0
"""Seconds between two pings; who has not answered one after half of that is gone."""

LARGEST = 1 << 20
"""Bytes of a message that a client may send."""

LONGEST_ANSWER = 8 << 20
"""Bytes of an engine's description that tells whether a container has a terminal."""

REFUSED = 4000
"""A stream that the engine refuses is closed with this and the status of its answer."""

_FRAMED = re.compile(r"/(containers|exec)/([^/]+)/(?:logs|attach|start)")


class Stream(Struct, frozen=True):
    """What the engine is asked for; ``redacted``: events, and without what a viewer may not see."""

    method: str
    target: Target
    redacted: bool = False

    @property
    def version(self) -> str:
        """The API version that is asked for, as a path begins; empty if none is."""
        path, _, _ = self.target.raw.partition("?")
        return path.removesuffix(self.target.path)


class _Tty(Struct):
    """Whether there is a terminal: of a container's configuration, or of an exec's process."""

    container: bool = msgspec.field(name="Tty", default=False)
    process: bool = msgspec.field(name="tty", default=False)


class _Described(Struct):
    config: _Tty = msgspec.field(name="Config", default_factory=_Tty)
    process: _Tty = msgspec.field(name="ProcessConfig", default_factory=_Tty)

    @property
    def tty(self) -> bool:
        return self.config.container or self.process.process


class _RefusalError(Exception):
    """The engine answered with an error, which its own words tell. It never leaves this module."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


async def carry(
    request: web.Request, gateway: "Gateway", stream: Stream, closing: asyncio.Event
) -> web.WebSocketResponse:
    """Open the WebSocket, carry the stream until one side ends it, and close it; return it.

    The code of the close tells why: 1000 the engine has said all, 1001 the daemon ends, 1011 the
    engine broke off, `REFUSED` and more that it would not begin.
    """
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=LARGEST, compress=False)
    await socket.prepare(request)
    work = asyncio.create_task(_carry(socket, gateway, stream))
    ending = asyncio.create_task(closing.wait())
    try:
        await asyncio.wait({work, ending}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (work, ending):
            task.cancel()
        await asyncio.wait({work, ending})
    ended = (int(WSCloseCode.GOING_AWAY), "the daemon ends")
    code, words = ended if work.cancelled() else work.result()
    with suppress(ConnectionError):
        await socket.close(code=code, message=words.encode()[:120])
    return socket


async def _carry(
    socket: web.WebSocketResponse, gateway: "Gateway", stream: Stream
) -> tuple[int, str]:
    """Carry the stream to its end; return the code and the words of the close."""
    try:
        framed = await _is_framed(gateway, stream)
        async with gateway.passage() as passage:
            head = await _begin(passage, stream, tty=not framed)
            kind = "framed" if framed else "raw"
            await socket.send_str(msgspec.json.encode({"stream": kind}).decode())
            pieces = _bodies(passage, head)
            if stream.redacted:
                pieces = events_for_viewers(pieces)
            told = _messages(pieces) if framed else pieces
            await _both_ways(socket, told, passage if head.switched else None)
    except _RefusalError as error:
        said = {"error": error.words, "status": error.status}
        with suppress(ConnectionError):
            await socket.send_str(msgspec.json.encode(said).decode())
        return REFUSED + error.status, error.words
    except EddError as error:
        return WSCloseCode.INTERNAL_ERROR, error.detail
    except ConnectionError:
        return WSCloseCode.GOING_AWAY, ""
    return WSCloseCode.OK, ""


async def _is_framed(gateway: "Gateway", stream: Stream) -> bool:
    """Tell whether the engine will tell output from errors: it does where there is no terminal.

    Engines before 23.0 do not say so with the stream itself.
    """
    found = _FRAMED.fullmatch(stream.target.path)
    if found is None:
        return False
    path = f"{stream.version}/{found[1]}/{found[2]}/json"
    async with gateway.passage() as passage:
        await passage.ask(Request("GET", path, ()), may_hijack=False)
        await passage.end()
        head = await passage.answer()
        answer = await _whole(passage)
    if head.status != 200:
        raise _refusal(head, answer)
    try:
        return not msgspec.json.decode(answer, type=_Described).tty
    except msgspec.DecodeError as error:
        raise EngineUnreachableError(f"The engine answered strangely: {error}.") from error


async def _begin(passage: Passage, stream: Stream, *, tty: bool) -> Head:
    """Ask for the stream; return how the engine's answer begins."""
    hijacks = stream.method == "POST"
    starts = stream.target.path.endswith("/start")
    body = msgspec.json.encode({"Detach": False, "Tty": tty}) if starts else b""
    headers = ((b"Content-Type", b"application/json"),) if body else ()
    upgrade = b"tcp" if hijacks else b""
    asked = Request(stream.method, stream.target.raw, headers, len(body), upgrade)
    await passage.ask(asked, may_hijack=hijacks)
    if body:
        await passage.send(body)
    await passage.end()
    head = await passage.answer()
    if not head.switched and head.status != 200:
        raise _refusal(head, await _whole(passage))
    return head


async def _both_ways(
    socket: web.WebSocketResponse, pieces: AsyncIterator[bytes], inward: Passage | None
) -> None:
    """Send ``pieces`` to the client and its input ``inward``, until there are no more pieces.

    Raises ConnectionError when the client has left.
    """
    hearing = asyncio.create_task(_hear(socket, inward))
    telling = asyncio.create_task(_tell(socket, pieces))
    try:
        done, _ = await asyncio.wait({hearing, telling}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if telling not in done:
            raise ConnectionError("the client has left")
    finally:
        for task in (hearing, telling):
            task.cancel()
        await asyncio.wait({hearing, telling})


async def _hear(socket: web.WebSocketResponse, inward: Passage | None) -> None:
    """Pass input on until the client leaves; what nobody reads any more is dropped."""
    async for message in socket:
        if inward is None:
            continue
        if message.type is WSMsgType.BINARY:
            with suppress(EngineUnreachableError):
                await inward.put(message.data)
        elif message.type is WSMsgType.TEXT and message.data == "eof":
            inward.end_putting()


async def _tell(socket: web.WebSocketResponse, pieces: AsyncIterator[bytes]) -> None:
    async for piece in pieces:
        await socket.send_bytes(piece)


async def _bodies(passage: Passage, head: Head) -> AsyncIterator[bytes]:
    read = passage.take if head.switched else passage.read
    while piece := await read():
        yield piece


async def _messages(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for number, payload in split_streams(pieces):
        yield bytes((number,)) + payload


async def _whole(passage: Passage) -> bytes:
    answer = bytearray()
    while piece := await passage.read():
        answer += piece
        if len(answer) > LONGEST_ANSWER:
            raise EngineUnreachableError("The engine's answer is too long.")
    return bytes(answer)


class _Said(Struct):
    message: str = ""


def _refusal(head: Head, answer: bytes) -> _RefusalError:
    try:
        words = msgspec.json.decode(answer, type=_Said).message
    except msgspec.DecodeError:
        words = answer[:500].decode("utf-8", "replace")
    return _RefusalError(head.status, words)
