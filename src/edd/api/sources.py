"""A stream of the engine, asked for and read as the messages that a WebSocket carries."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from edd.api.rewriting import events_for_viewers
from edd.engine.logs import split_streams
from edd.engine.passage import Head, Passage, Request
from edd.errors import EngineUnreachableError
from edd.planning.targets import Target

if TYPE_CHECKING:
    from edd.operations.gateway import Gateway

LONGEST_ANSWER = 8 << 20
"""Bytes of an engine's description that tells whether a container has a terminal."""

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


class Source(Struct, frozen=True):
    """A stream that the engine has begun: what it says, and where input for it goes, if any does.

    ``framed``: each piece begins with a byte for where the container wrote it.
    """

    framed: bool
    pieces: AsyncIterator[bytes]
    inward: Passage | None


class RefusedError(Exception):
    """The engine answered with an error, which its own words tell. Whoever carries tells them."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


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


class _Said(Struct):
    message: str = ""


async def begin(gateway: "Gateway", stream: Stream, links: AsyncExitStack) -> Source:
    """Ask the engine for ``stream``; its connection is open as long as ``links``.

    Raises:
        RefusedError: the engine will not.
        EngineUnreachableError: it broke off, then or while the pieces are read.
    """
    framed = await _is_framed(gateway, stream)
    passage = await links.enter_async_context(gateway.passage())
    head = await _ask(passage, stream, tty=not framed)
    pieces = _bodies(passage, head)
    if stream.redacted:
        pieces = events_for_viewers(pieces)
    if framed:
        pieces = _messages(pieces)
    return Source(framed, pieces, passage if head.switched else None)


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


async def _ask(passage: Passage, stream: Stream, *, tty: bool) -> Head:
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


def _refusal(head: Head, answer: bytes) -> RefusedError:
    try:
        words = msgspec.json.decode(answer, type=_Said).message
    except msgspec.DecodeError:
        words = answer[:500].decode("utf-8", "replace")
    return RefusedError(head.status, words)
