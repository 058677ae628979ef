"""From an admitted request to its answer: decode, call the handler, encode."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from aiohttp import web

from edd.api import problems
from edd.api.bodies import chunks_of, read_json, refuse_wrong_type
from edd.api.call import Call
from edd.api.events import EventStream, wants_events
from edd.api.limits import Limits
from edd.api.parts import headers_of, part_of
from edd.api.route import Route
from edd.api.streams import stream
from edd.errors import InvalidRequestError
from edd.model.caller import Caller
from edd.model.job import Failure, Progress
from edd.model.offer import Received
from edd.model.upload import Upload

if TYPE_CHECKING:
    from edd.operations import Operations


Record = Callable[[dict[str, Any] | None], Awaitable[None]]
"""Writes into the audit trail that a request ended so: in a problem, or well."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response, sent or not, and the problem it carries, if it carries one.

    ``recorded`` says that the audit trail has it already.
    """

    response: web.StreamResponse
    problem: dict[str, Any] | None = None
    recorded: bool = False


class Manner(Protocol):
    """How the requests of some routes are performed, and in which form they are refused."""

    async def perform(
        self, route: Route, request: web.Request, caller: Caller, record: Record
    ) -> Answer:
        """Return the answer of ``route``; its errors pass through unless the answer has begun."""
        ...

    def refuse(self, error: Exception) -> Answer:
        """Return the answer to a request that ended in ``error``."""
        ...


@dataclass(frozen=True, slots=True)
class Performer:
    """Performs requests with ``operations``; streams end when ``closing`` is set."""

    operations: "Operations"
    document: Callable[[], bytes]
    closing: asyncio.Event
    limits: Limits

    async def perform(
        self, route: Route, request: web.Request, caller: Caller, record: Record
    ) -> Answer:
        """Return the answer of ``route``; its errors pass through unless the answer has begun.

        An answer that has begun is recorded before it ends: its reader may rely on the record.
        """
        if route.uploads or route.body:
            refuse_wrong_type(request, json=not route.uploads)
        if route.events and wants_events(request):
            return await self._perform_aloud(route, request, caller, record)
        call = await self._call(route, request, caller)
        result = await route.handler(call)
        if route.streams:
            return Answer(await stream(request, result, route.media, self.closing))
        return Answer(_response(route, result))

    def refuse(self, error: Exception) -> Answer:
        """Return the problem that ``error`` is."""
        problem = problems.problem_for(error)
        response = problems.problem_response(problem)
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = error.headers["Allow"]
        return Answer(response, problem)

    async def _perform_aloud(
        self, route: Route, request: web.Request, caller: Caller, record: Record
    ) -> Answer:
        events = EventStream(request, waits_for_body=route.uploads, farewell=self.limits.farewell)
        try:
            problem = None
            try:
                call = await self._call(route, request, caller, events)
                last = await route.handler(call)
            except Exception as error:
                if not events.begun:
                    raise
                problem = problems.problem_for(error)
                last = Failure(problem)
            await record(problem)
            return Answer(await events.end(last), problem, recorded=True)
        finally:
            events.abandon()

    async def _call(
        self,
        route: Route,
        request: web.Request,
        caller: Caller,
        events: EventStream | None = None,
    ) -> Call[Any]:
        asked = await self._asked(route, request)
        begin = events.begin if events else _nothing
        return Call(
            operations=self.operations,
            caller=caller,
            asked=asked,
            report=events.report if events else unheard,
            upload=lambda: Upload(
                chunks_of(request, self.limits.silence, begin), request.content_length
            ),
            part=lambda: part_of(request, self.limits),
            document=self.document,
            name=request.match_info.get("name", ""),
            number=int(request.match_info.get("id", 0)),
            digest=request.match_info.get("digest", ""),
        )

    async def _asked(self, route: Route, request: web.Request) -> Any:
        try:
            if route.query is not None:
                return _query(route.query, request)
            if route.body is None:
                return None
            body = await read_json(request, self.limits)
            if not body and route.optional:
                return route.body()
            return msgspec.json.decode(body, type=route.body)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidRequestError(f"The body does not fit its type: {error}") from None


def _nothing() -> None:
    """Begin nothing: the caller waits for one answer."""


def unheard(_progress: Progress) -> None:
    """Drop progress: the caller waits for one answer, or has no ear for it."""


def _query(kind: type[msgspec.Struct], request: web.Request) -> msgspec.Struct:
    given = request.query
    words = dict(given)
    if len(words) < len(given):
        raise InvalidRequestError("The query names a parameter twice.")
    try:
        return msgspec.convert(words, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidRequestError(f"The query does not fit its type: {error}") from None


def _response(route: Route, result: Any) -> web.Response:
    headers = {"Content-Type": route.media}
    if isinstance(result, Received):
        headers |= headers_of(result)
    if isinstance(result, str):
        body = result.encode()
    elif isinstance(result, bytes):
        body = result
    else:
        body = msgspec.json.encode({} if result is None else result)
    return web.Response(body=body, headers=headers)
