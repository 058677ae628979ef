"""The engine's answers as a viewer may read them: without what `edd.planning.redaction` hides."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
from aiohttp import web

from edd.api.answers import Passed, has, headers_of, text
from edd.engine.passage import Head, Passage
from edd.errors import EngineUnreachableError
from edd.planning.redaction import redacted, redacted_event

LIMIT = 8 << 20
LINE_LIMIT = 1 << 20
"""Bytes of an answer, or of a line of one, that must be rewritten as a whole."""

SMALL = 1 << 16
AT_A_TIME = 4
"""Answers beyond `SMALL` bytes that are held at a time: until their readers have taken them."""

PIECE = 1 << 16
PATIENCE = 30.0
"""Seconds that a reader may take for a piece of a large answer, which others wait behind."""


class Rewriter:
    """Rewrites answers; holds few large ones at a time, and decodes one at a time."""

    def __init__(self) -> None:
        self._large = asyncio.Semaphore(AT_A_TIME)
        self._decoding = asyncio.Semaphore(1)

    async def answer(
        self, request: web.Request, passage: Passage, head: Head
    ) -> web.StreamResponse:
        """Answer ``request`` with what the engine says in JSON, rewritten; return what was sent.

        Raises:
            EngineUnreachableError: it is no JSON, or too large: nothing of it is passed on then.
            ConnectionError: the reader takes too long for a large one.
        """
        whole = bytearray()
        async with AsyncExitStack() as holding:
            while piece := await passage.read():
                if len(whole) <= SMALL < len(whole) + len(piece):
                    await holding.enter_async_context(self._large)
                whole += piece
                if len(whole) > LIMIT:
                    raise _not_shown("is too large")
            async with self._decoding:
                shown = await asyncio.to_thread(_redact, bytes(whole), redacted)
            whole.clear()
            return await _sent(request, head, shown)

    async def events(
        self, request: web.Request, passage: Passage, head: Head
    ) -> web.StreamResponse:
        """Answer ``request`` with events, each as it comes, rewritten; return what was sent."""
        response = _response(head)
        await response.prepare(request)
        async for told in events_for_viewers(_read(passage)):
            await response.write(told)
        await response.write_eof()
        return response


async def events_for_viewers(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield events, which come one in a line, as a viewer may read them.

    Raises EngineUnreachableError at one that cannot be rewritten.
    """
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        if len(rest) > LINE_LIMIT:
            raise _not_shown("has too long a line")
        if told := b"".join(_redact(line, redacted_event) for line in lines if line.strip()):
            yield told


def refuse_unreadable(head: Head) -> None:
    """Raise EngineUnreachableError where an answer is not JSON that can be rewritten."""
    types = [value for name, value in head.headers if name.lower() == b"content-type"]
    if len(types) != 1 or not types[0].startswith((b"application/json", b"application/x-ndjson")):
        raise _not_shown("is not one in JSON")
    if types[0].startswith(b"application/json-seq") or has(head.headers, b"content-encoding"):
        raise _not_shown("is packed")


async def _sent(request: web.Request, head: Head, shown: bytes) -> web.StreamResponse:
    response = _response(head)
    response.content_length = len(shown)
    await response.prepare(request)
    for start in range(0, len(shown), PIECE):
        try:
            async with asyncio.timeout(PATIENCE):
                await response.write(shown[start : start + PIECE])
        except TimeoutError:
            raise ConnectionError("the reader takes too long") from None
    await response.write_eof()
    return response


def _response(head: Head) -> Passed:
    headers = headers_of(head)
    headers.popall("Content-Length", None)
    return Passed(status=head.status, reason=text(head.reason), headers=headers)


async def _read(passage: Passage) -> AsyncIterator[bytes]:
    while piece := await passage.read():
        yield piece


def _redact(answer: bytes, rule: Callable[[Any], Any]) -> bytes:
    try:
        return msgspec.json.encode(rule(msgspec.json.decode(answer))) + b"\n"
    except (msgspec.DecodeError, RecursionError):
        raise _not_shown("is no JSON") from None


def _not_shown(why: str) -> EngineUnreachableError:
    return EngineUnreachableError(
        f"The engine's answer {why}, so that it is not shown to a viewer.",
        advice="Ask for less of it, or with a certificate of a larger role.",
    )
