"""The engine's streams for browsers: a WebSocket below `/ws/` carries what `/docker/` would.

`/ws/containers/web/logs?follow=1` is `GET /docker/containers/web/logs?follow=1`, with the same
policy; attach and exec start are POST there. A terminal is opened as an exec that was created
below `/docker/`: its id is random and can be started once, so that it serves as a ticket.
"""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from edd.api import problems
from edd.api.carrying import carry
from edd.api.perform import Answer, Record
from edd.api.route import Route
from edd.api.sources import Stream
from edd.errors import BusyError, ForbiddenError, InvalidRequestError
from edd.model.caller import Caller, Role
from edd.operations.gateway import Asked
from edd.planning.targets import PREFIX, target_of

if TYPE_CHECKING:
    from edd.operations import Operations

MOST = 64
"""Streams of one caller at a time."""

_ROOT = "/ws"
_METHODS = {
    "GET": re.compile(r"/(?:containers/[^/]+/(?:logs|stats)|events)"),
    "POST": re.compile(r"/(?:containers/[^/]+/attach|exec/[^/]+/start)"),
}


async def stream(_request: web.Request) -> None:
    """Carry a stream of the engine over a WebSocket."""


STREAM = Route("GET", _ROOT + r"{path:/[\s\S]*}", stream, needs=Role.VIEWER)


@dataclass(frozen=True, slots=True)
class Streamer:
    """Performs streams with ``operations``; ``closing`` ends them."""

    operations: "Operations"
    closing: asyncio.Event
    _open: Counter[Caller] = field(default_factory=Counter)

    async def perform(
        self, _route: Route, request: web.Request, caller: Caller, _record: Record
    ) -> Answer:
        """Return the WebSocket, closed; what it carried has been sent.

        Raises:
            InvalidRequestError: it is no stream, or no WebSocket.
            BusyError: the caller has too many streams.
        """
        target = target_of(PREFIX + request.raw_path.removeprefix(_ROOT))
        method = _method_of(target.path)
        _refuse_unfit(request)
        if self._open[caller] >= MOST:
            raise BusyError(f"{caller.name} has {MOST} streams open, which is the most.")
        self._open[caller] += 1
        asked = Asked(caller, method, target, has_body=False, json=True)
        try:
            return await self._admitted(request, asked)
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]

    async def _admitted(self, request: web.Request, asked: Asked) -> Answer:
        """Return the WebSocket, or the refusal, which the trail has already."""
        try:
            admitted = await self.operations.gateway.admit(asked, _no_body)
        except ForbiddenError as error:
            refused = self.refuse(error)
            return Answer(refused.response, refused.problem, recorded=True)
        what = Stream(asked.method, asked.target, admitted.verdict.redacted)
        return Answer(await carry(request, self.operations.gateway, what, self.closing))

    def refuse(self, error: Exception) -> Answer:
        """Return the problem that ``error`` is."""
        problem = problems.problem_for(error)
        return Answer(problems.problem_response(problem), problem)


def _refuse_unfit(request: web.Request) -> None:
    opens = web.WebSocketResponse().can_prepare(request) and request.version >= HttpVersion11
    if not opens or request.body_exists:
        raise InvalidRequestError("A stream is read over a WebSocket, which opens without a body.")


def _method_of(path: str) -> str:
    for method, streams in _METHODS.items():
        if streams.fullmatch(path):
            return method
    raise InvalidRequestError(
        "The engine has no such stream.",
        advice="There are containers/NAME/logs, stats and attach, exec/ID/start, and events.",
    )


async def _no_body() -> bytes:
    return b""
