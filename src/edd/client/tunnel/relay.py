"""Requests handed on to the host and their answers handed back, as they come.

Both sides hear only what they need: no cookie or origin goes to the host, and of its answer
neither a cookie nor a rule nor a type that a browser would run comes back.
"""

from collections.abc import AsyncIterator, Awaitable, Mapping

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from edd.api.problems import problem_for, problem_response
from edd.client.transport import LONG_SILENCE, Call, Transport, Upload
from edd.console.rules import DATA_RULES, data_headers
from edd.errors import EddError

ASKED = ("Accept", "Content-Type", "Content-Length", "Content-Encoding", "X-Registry-Auth")
"""Headers of a request that reach the host."""

ANSWERED = (
    "Content-Length",
    "Date",
    "Allow",
    "Retry-After",
    "Server-Timing",
    "X-Docker-Container-Path-Stat",
)
"""Headers of an answer that reach the browser, beside its type."""


async def relay(request: web.BaseRequest, transport: Transport) -> web.StreamResponse:
    """Return the host's answer to ``request``, sent; or the problem if there is none."""
    begun: list[web.StreamResponse] = []
    try:
        async with transport.answer(_call(request)) as answer:
            return await _hand_back(request, answer, begun)
    except EddError as error:
        if not begun:
            return _dressed(problem_response(problem_for(error)))
        # Its reader must not take the part for the whole.
        if request.transport is not None:
            request.transport.abort()
        return begun[0]


def _call(request: web.BaseRequest) -> Call:
    headers = {name: request.headers[name] for name in ASKED if name in request.headers}
    # The engine packs files otherwise, and what unpacks them here has another length.
    headers["Accept-Encoding"] = "identity"
    body = Upload(_chunks(request), _uncounted) if request.body_exists else None
    if body is None and request.method not in {"GET", "HEAD"}:
        headers["Content-Length"] = "0"
    endless = "follow" in request.query or request.path.endswith("/events")
    target = request.rel_url.raw_path_qs
    return Call(
        request.method, target, {}, headers, body, silence=None if endless else LONG_SILENCE
    )


async def _chunks(request: web.BaseRequest) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_any():
        yield chunk


def _uncounted(_sent: int) -> None:
    """Count nothing: the browser does."""


async def _hand_back(
    request: web.BaseRequest, answer: aiohttp.ClientResponse, begun: list[web.StreamResponse]
) -> web.StreamResponse:
    response = _dressed(web.StreamResponse(status=answer.status), answer.headers)
    begun.append(response)
    if not await _sent(response.prepare(request)):
        return response
    async for piece in answer.content.iter_any():
        if not await _sent(response.write(piece)):
            return response
    await _sent(response.write_eof())
    return response


async def _sent(writing: Awaitable[object]) -> bool:
    """Await ``writing``; False when the browser has left."""
    try:
        await writing
    except ConnectionError:
        return False
    return True


def _dressed(
    response: web.StreamResponse, told: Mapping[str, str] | None = None
) -> web.StreamResponse:
    """Return ``response`` with our rules and with what may be known of the host's headers."""
    if told is not None:
        known = CIMultiDict(told)
        response.headers.update({name: known[name] for name in ANSWERED if name in known})
        response.headers.update(data_headers(known.get("Content-Type", "")))
    response.headers.update(DATA_RULES)
    return response
