"""The Docker Engine's own API, below `/docker/`: its clients speak to it through this host's door.

Whoever is refused is told in the engine's form, which its clients show, and in this host's.
"""

import asyncio
import math
from collections.abc import AsyncIterator, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from edd.api import problems
from edd.api.bodies import chunks_of, read_json
from edd.api.limits import Limits
from edd.api.passing import pass_on, pass_on_or_over
from edd.api.perform import Answer, Record
from edd.api.presence import until_first, until_gone
from edd.api.rewriting import Rewriter
from edd.api.route import Route
from edd.api.takeover import Intake
from edd.engine.passage import Headers, Passage, Request, passable
from edd.errors import EddError, ForbiddenError, InvalidRequestError, UnknownObjectError
from edd.model.caller import Caller, Role
from edd.operations.gateway import Admitted, Asked
from edd.planning.targets import PREFIX, SESSIONS, target_of

if TYPE_CHECKING:
    from edd.operations import Operations


async def docker(_request: web.Request) -> None:
    """Pass a request on to the Docker Engine, as far as role and configuration let it."""


ENGINE = (
    Route("*", PREFIX + r"{path:/[\s\S]*}", docker, needs=Role.VIEWER),
    *(Route("POST", path, docker, needs=Role.VIEWER) for path in SESSIONS),
)
"""They take whatever begins so; what it means is read from the request's own bytes."""


@dataclass(frozen=True, slots=True)
class Porter:
    """Performs requests to the engine; ``closing`` ends those that have no end of their own."""

    operations: "Operations"
    closing: asyncio.Event
    limits: Limits
    rewriter: Rewriter = field(default_factory=Rewriter)

    async def perform(
        self, _route: Route, request: web.Request, caller: Caller, _record: Record
    ) -> Answer:
        """Return the engine's answer, passed on already; who was refused is in the trail."""
        try:
            target = target_of(request.raw_path)
        except InvalidRequestError as error:
            await self.operations.gateway.note_unclear(caller)
            return self._refused(error)
        asked = Asked(caller, request.method, target, request.body_exists, _is_json(request))
        try:
            admitted = await self.operations.gateway.admit(
                asked, lambda: read_json(request, self.limits)
            )
        except (ForbiddenError, UnknownObjectError) as error:
            return self._refused(error)
        return Answer(await self._while_both_are_there(request, admitted, target.raw))

    def refuse(self, error: Exception) -> Answer:
        """Return the problem that ``error`` is, as JSON that Docker's clients show."""
        problem = problems.problem_for(error)
        said = {"message": " ".join(filter(None, (problem["detail"], problem.get("advice"))))}
        response = problems.problem_response(problem)
        response.body = msgspec.json.encode(said | problem, enc_hook=str) + b"\n"
        response.content_type = "application/json"
        return Answer(response, problem)

    def _refused(self, error: EddError) -> Answer:
        """Return the answer to a request that the trail has already."""
        refused = self.refuse(error)
        return Answer(refused.response, refused.problem, recorded=True)

    async def _while_both_are_there(
        self, request: web.Request, admitted: Admitted, target: str
    ) -> web.StreamResponse:
        """Pass on until the answer is whole, the client has left, or the daemon is to end."""
        ends: list[Coroutine[Any, Any, Any]] = [until_gone(request, lambda: _taken(request))]
        verdict = admitted.verdict
        if verdict.reads or verdict.hijacks or verdict.waits:
            ends.append(self.closing.wait())
        work, *_ = await until_first(self._pass(request, admitted, target), *ends)
        with suppress(ConnectionError, asyncio.CancelledError):  # the client has left, or must
            passed: web.StreamResponse = work.result()
            return passed
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=503)

    async def _pass(
        self, request: web.Request, admitted: Admitted, target: str
    ) -> web.StreamResponse:
        verdict = admitted.verdict
        async with self.operations.gateway.passage() as passage:
            if verdict.hijacks:
                return await self._pass_or_hand_over(request, passage, target)
            body, size = None, 0 if not request.body_exists else request.content_length
            if admitted.body is not None:
                body, size = _one(admitted.body), len(admitted.body)
            elif request.body_exists:
                body = chunks_of(request, math.inf)
            headers: Headers = request.raw_headers
            if verdict.redacted:  # in the one form that is understood here
                headers = passable(headers, b"accept", b"accept-encoding")
            asked = Request(request.method, target, headers, size)
            return await pass_on(request, passage, asked, body, verdict, self.rewriter)

    async def _pass_or_hand_over(
        self, request: web.Request, passage: Passage, target: str
    ) -> web.StreamResponse:
        body = await read_json(request, self.limits) if request.body_exists else b""
        upgrade = request.headers.get("Upgrade", "").encode("ascii", "replace")
        asked = Request(request.method, target, request.raw_headers, len(body), upgrade)
        return await pass_on_or_over(request, passage, asked, body)


async def _one(piece: bytes) -> AsyncIterator[bytes]:
    yield piece


def _taken(request: web.Request) -> int:
    intake: Intake | None = getattr(request.protocol, "intake", None)
    return intake.taken if intake else request.content.total_bytes


def _is_json(request: web.Request) -> bool:
    return request.content_type == "application/json"
