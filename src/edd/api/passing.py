"""A request passed on to the engine and its answer back, as they come, at the slower one's pace."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import msgspec
from aiohttp import web
from multidict import CIMultiDict

from edd.api.takeover import TakenOver, take_over
from edd.engine.passage import Head, Headers, Passage, Request, passable
from edd.errors import EddError, EngineUnreachableError
from edd.planning.policy import Verdict
from edd.planning.redaction import redacted, redacted_event

REDACTED_LIMIT = 8 << 20
LINE_LIMIT = 1 << 20
"""Bytes of an answer, or of a line of one, that must be rewritten as a whole."""

_REWRITING = asyncio.Semaphore(1)
"""Answers are decoded one at a time: each takes several times its size meanwhile."""

Pieces = AsyncIterator[bytes]


class Passed(web.StreamResponse):
    """The engine's answer with the engine's own headers; ``typed`` if a type is among them."""

    typed = True


class Rewritten(web.Response):
    """An answer of the engine without what its reader may not see."""


async def pass_on(
    request: web.Request, passage: Passage, asked: Request, body: Pieces | None, verdict: Verdict
) -> web.StreamResponse:
    """Pass on ``asked`` with ``body``, and the answer to ``request``; return what was sent.

    The answer's head goes out when the engine sends it, before any of its body.

    Raises:
        EngineUnreachableError: the engine broke off, or its answer cannot be rewritten.
        EddError: the client broke off its body; the engine was not told of an end.
    """
    await passage.ask(asked, may_hijack=False)
    async with _sending(passage, body) as sending:
        head = await _answer(passage, sending)
        if not verdict.redacted or head.status >= 400:
            return await _passed(request, passage, head)
        _refuse_unreadable(head)
        if verdict.endless:
            return await _passed_by_lines(request, passage, head)
        async with _REWRITING:
            return await _rewritten(passage, head)


async def pass_on_or_over(
    request: web.Request, passage: Passage, asked: Request, body: bytes
) -> web.StreamResponse:
    """Pass on ``asked``; if the engine then speaks no HTTP any more, pass bytes both ways.

    Raises:
        EngineUnreachableError: as `pass_on`.
        ConnectionError: the client sent a request behind this one, which nobody could answer.
    """
    await passage.ask(asked, may_hijack=True)
    with suppress(EngineUnreachableError):  # an engine that reads no further has said why
        if body:
            await passage.send(body)
        await passage.end()
    head = await passage.answer()
    if head.switched:
        switching = _switching(head)
        response = TakenOver(status=head.status, reason=_text(head.reason), headers=switching)
        return await take_over(request, response, passage)
    return await _passed(request, passage, head)


@asynccontextmanager
async def _sending(
    passage: Passage, body: Pieces | None
) -> AsyncIterator["asyncio.Task[EddError | None]"]:
    task = asyncio.create_task(_send(passage, body))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _send(passage: Passage, body: Pieces | None) -> EddError | None:
    """Send the body; return what was wrong with it, having broken off then.

    An engine that reads no further has said why, or will.
    """
    try:
        async for piece in body or _nothing():
            await passage.send(piece)
        await passage.end()
    except EngineUnreachableError:
        return None
    except EddError as error:
        passage.abort()
        return error
    return None


async def _nothing() -> Pieces:
    empty: tuple[bytes, ...] = ()
    for piece in empty:
        yield piece


async def _answer(passage: Passage, sending: "asyncio.Task[EddError | None]") -> Head:
    try:
        return await passage.answer()
    except EngineUnreachableError:
        if sending.done() and (cause := sending.result()):
            raise cause from None
        raise


async def _passed(request: web.Request, passage: Passage, head: Head) -> web.StreamResponse:
    response = Passed(status=head.status, reason=_text(head.reason), headers=_headers(head))
    response.typed = _has(head.headers, b"content-type")
    await response.prepare(request)
    while piece := await passage.read():
        await response.write(piece)
    await _end(response, request, passage.trailers)
    return response


async def events_for_viewers(pieces: Pieces) -> Pieces:
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


async def _read(passage: Passage) -> Pieces:
    while piece := await passage.read():
        yield piece


async def _passed_by_lines(
    request: web.Request, passage: Passage, head: Head
) -> web.StreamResponse:
    """Pass on events as a viewer may read them, one by one."""
    headers = _headers(head)
    headers.popall("Content-Length", None)
    response = Passed(status=head.status, reason=_text(head.reason), headers=headers)
    await response.prepare(request)
    async for told in events_for_viewers(_read(passage)):
        await response.write(told)
    await response.write_eof()
    return response


def _refuse_unreadable(head: Head) -> None:
    types = [value for name, value in head.headers if name.lower() == b"content-type"]
    if len(types) != 1 or not types[0].startswith((b"application/json", b"application/x-ndjson")):
        raise _not_shown("is not one in JSON")
    if types[0].startswith(b"application/json-seq") or _has(head.headers, b"content-encoding"):
        raise _not_shown("is packed")


async def _rewritten(passage: Passage, head: Head) -> web.StreamResponse:
    """Return an answer in JSON as a viewer may read it.

    Raises EngineUnreachableError where it is none, or too large: nothing of it is passed on then.
    """
    whole = bytearray()
    while piece := await passage.read():
        whole += piece
        if len(whole) > REDACTED_LIMIT:
            raise _not_shown("is too large")
    shown = await asyncio.to_thread(_redact, bytes(whole), redacted)
    headers = _headers(head)
    headers.popall("Content-Length", None)
    return Rewritten(status=head.status, reason=_text(head.reason), headers=headers, body=shown)


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


async def _end(response: web.StreamResponse, request: web.Request, trailers: Headers) -> None:
    """End the answer, with what the engine said behind it."""
    writer = request.writer
    if trailers and getattr(writer, "chunked", False):
        writer.chunked = False  # type: ignore[attr-defined]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in trailers)
        await writer.write(b"0\r\n" + lines + b"\r\n")
    await response.write_eof()


def _headers(head: Head) -> CIMultiDict[str]:
    """Return the answer's headers as aiohttp takes them; the framing is decided anew.

    An engine that lets other sites' pages read its answers does not decide that for this host.
    """
    headers = CIMultiDict(
        (_text(name), _text(value))
        for name, value in passable(head.headers)
        if not name.lower().startswith(b"access-control-")
    )
    headers.setdefault("Server", "edd")
    for trailer in (value for name, value in head.headers if name.lower() == b"trailer"):
        headers.add("Trailer", _text(trailer))
    return headers


def _switching(head: Head) -> CIMultiDict[str]:
    """Return the headers of an answer that ends HTTP: its own word for what follows is kept."""
    headers = _headers(head)
    for name, value in head.headers:
        if name.lower() == b"upgrade" and head.status == 101:
            headers["Connection"] = "Upgrade"
            headers["Upgrade"] = _text(value)
    return headers


def _has(headers: Headers, wanted: bytes) -> bool:
    return any(name.lower() == wanted for name, _value in headers)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
