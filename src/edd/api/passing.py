"""A request passed on to the engine and its answer back, as they come, at the slower one's pace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiohttp import web
from multidict import CIMultiDict

from edd.api.answers import Passed, has, headers_of, text
from edd.api.rewriting import Rewriter, refuse_unreadable
from edd.api.takeover import TakenOver, take_over
from edd.engine.passage import Head, Headers, Passage, Request
from edd.errors import EddError, EngineUnreachableError
from edd.planning.policy import Verdict

Pieces = AsyncIterator[bytes]


async def pass_on(
    request: web.Request,
    passage: Passage,
    asked: Request,
    body: Pieces | None,
    verdict: Verdict,
    rewriter: Rewriter,
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
        refuse_unreadable(head)
        if verdict.endless:
            return await rewriter.events(request, passage, head)
        return await rewriter.answer(request, passage, head)


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
        response = TakenOver(status=head.status, reason=text(head.reason), headers=switching)
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
        if body is not None:
            async for piece in body:
                await passage.send(piece)
        await passage.end()
    except EngineUnreachableError:
        return None
    except EddError as error:
        passage.abort()
        return error
    return None


async def _answer(passage: Passage, sending: "asyncio.Task[EddError | None]") -> Head:
    try:
        return await passage.answer()
    except EngineUnreachableError:
        if sending.done() and (cause := sending.result()):
            raise cause from None
        raise


async def _passed(request: web.Request, passage: Passage, head: Head) -> web.StreamResponse:
    response = Passed(status=head.status, reason=text(head.reason), headers=headers_of(head))
    response.typed = has(head.headers, b"content-type")
    await response.prepare(request)
    while piece := await passage.read():
        await response.write(piece)
    await _end(response, request, passage.trailers)
    return response


async def _end(response: web.StreamResponse, request: web.Request, trailers: Headers) -> None:
    """End the answer, with what the engine said behind it."""
    writer = request.writer
    if trailers and getattr(writer, "chunked", False):
        writer.chunked = False  # type: ignore[attr-defined]
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in trailers)
        await writer.write(b"0\r\n" + lines + b"\r\n")
    await response.write_eof()


def _switching(head: Head) -> CIMultiDict[str]:
    """Return the headers of an answer that ends HTTP: its own word for what follows is kept."""
    headers = headers_of(head)
    for name, value in head.headers:
        if name.lower() == b"upgrade" and head.status == 101:
            headers["Connection"] = "Upgrade"
            headers["Upgrade"] = text(value)
    return headers
