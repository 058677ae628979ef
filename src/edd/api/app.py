"""The way of a request: who sends it, from where, may they, and only then what they ask.

What needs no body is refused before the body is asked for, in this order: 401 not trusted, 403
foreign origin, 403 role or deployment, 404 no such deployment, 415 type of body.
"""

import asyncio
import logging
import re
import time
from contextlib import suppress
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from aiohttp import web

from edd.api.answers import Passed
from edd.api.bodies import awaits_continue, hold_continue, let_go
from edd.api.call import out_of_reach
from edd.api.callers import Known
from edd.api.gateway import ENGINE, Porter
from edd.api.limits import Limits
from edd.api.openapi import document
from edd.api.origins import is_guarded, refuse_foreign
from edd.api.perform import Answer, Manner, Performer
from edd.api.pushing import PUSHING, Pusher
from edd.api.route import Route
from edd.api.routes import ROUTES, TABLE
from edd.api.takeover import TakenOver
from edd.api.websockets import STREAM, Streamer
from edd.errors import ForbiddenError, UnknownDeploymentError, UntrustedError
from edd.model.caller import Caller, Role
from edd.model.deployment import NAME_RULE, RESERVED
from edd.operations.trail import written

if TYPE_CHECKING:
    from edd.operations import Operations

log = logging.getLogger(__name__)

_RESERVED = "|".join(map(re.escape, sorted(RESERVED)))
PLACES = {
    "/v1/{name}": f"/v1/{{name:(?!(?:{_RESERVED})(?:/|$))[^/]+}}",
    "{id}": "{id:[0-9]{1,18}}",
    "{digest}": "{digest:sha256:[0-9a-f]{64}}",
}
"""How the variable parts of paths match: the short form leaves the words of other routes alone."""


async def _astray(_call: Any) -> None:
    raise web.HTTPNotFound


BEGAN = web.RequestKey("began", float)
"""When a request was read (monotonic), so that its sender can tell a slow host from a long way."""

CALLER = web.RequestKey("caller", Caller)
"""For whom a request is answered."""

ASTRAY = Route("*", r"/{path:[\s\S]*}", _astray, needs=Role.VIEWER)
"""Takes what no route takes, so that it is refused with the same care and in the same form."""


class Api:
    """Answers requests with ``operations``; counts those under way for a graceful end."""

    def __init__(self, operations: "Operations", callers: Known, limits: Limits) -> None:
        self._audit = operations.audit
        self._views = operations.views
        self._callers = callers
        self._closing = asyncio.Event()
        self._performer = Performer(
            operations, cache(partial(document, TABLE)), self._closing, limits
        )
        self._pusher = Pusher(operations, limits)
        self._porter = Porter(operations, self._closing, limits)
        self._streamer = Streamer(operations, self._closing)
        self._present: dict[int, web.Request] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def application(self) -> web.Application:
        """Return the application: every route of the table, and one that refuses the rest."""
        app = web.Application()
        self.add_to(app)
        return app

    def add_to(self, app: web.Application) -> None:
        """Add the routes to ``app``; they take what no route before them takes."""
        for route in PUSHING:
            self._add(app, route, route.path.replace("{name}", "{name:.+}"), self._pusher)
        for route in ENGINE:
            self._add(app, route, route.path, self._porter)
        self._add(app, STREAM, STREAM.path, self._streamer)
        for route in (*ROUTES, ASTRAY):
            path = route.path
            for place, rule in PLACES.items():
                path = path.replace(place, rule)
            self._add(app, route, path, self._performer)
        app.on_response_prepare.append(self._dress)

    def _add(self, app: web.Application, route: Route, path: str, manner: Manner) -> None:
        answer = partial(self.answer, route, manner)
        app.router.add_route(route.method, path, answer, expect_handler=hold_continue)

    async def finish(self, grace: float) -> bool:
        """End streams, let other requests end for ``grace`` seconds, and tell whether all did."""
        self._closing.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(grace):
                await self._idle.wait()
        return self._idle.is_set()

    def review(self) -> None:
        """Hang up on who is no longer let in, or in another role: a stream may go on for days."""
        for request in tuple(self._present.values()):
            if request.transport is not None and not self._is_let_in(request):
                log.info("connection ended: its client is not let in any more, or in another role")
                request.transport.abort()

    def _is_let_in(self, request: web.Request) -> bool:
        try:
            return self._callers.caller_of(request) == request.get(CALLER)
        except UntrustedError:
            return False

    async def answer(
        self, route: Route, manner: Manner, request: web.Request
    ) -> web.StreamResponse:
        """Answer one request, and send the answer while it still counts as under way."""
        request[BEGAN] = time.monotonic()
        self._present[id(request)] = request
        self._idle.clear()
        try:
            answer = await self._answer(route, manner, request)
            await _send(request, answer.response)
            return answer.response
        finally:
            let_go(request)
            del self._present[id(request)]
            if not self._present:
                self._idle.set()

    async def _answer(self, route: Route, manner: Manner, request: web.Request) -> Answer:
        name = "untrusted"
        try:
            caller = request[CALLER] = self._callers.caller_of(request)
            name = caller.name
            self._admit(caller, route, request)
            record = partial(self._record, name, route, request)
            answer = await manner.perform(route, request, caller, record)
        except UntrustedError as error:
            name = f"{self._callers.claimed_name(request)} (untrusted)"
            answer = manner.refuse(error)
        except web.HTTPNotFound:
            answer = manner.refuse(await _not_found(request))
        except Exception as error:
            answer = manner.refuse(error)
        if not answer.recorded:
            await self._record(name, route, request, answer.problem)
        return answer

    def _admit(self, caller: Caller, route: Route, request: web.Request) -> None:
        # What the engine answers could be loaded by a page as an image or a script.
        if route in ENGINE or is_guarded(request.method, request.headers):
            refuse_foreign(request.headers)
        name = request.match_info.get("name")
        _refuse_unallowed(caller, route, name)
        if name is not None:
            if not re.fullmatch(NAME_RULE, name):
                raise UnknownDeploymentError("No deployment can have that name.")
            self._views.known(name)

    async def _record(
        self, name: str, route: Route, request: web.Request, problem: dict[str, Any] | None
    ) -> None:
        problem = problem or {"status": 200, "code": ""}
        if not route.changes and problem["status"] not in {401, 403}:
            return
        deployment = request.match_info.get("name", "")
        known = deployment if re.fullmatch(NAME_RULE, deployment) else ""
        status, code = problem["status"], problem["code"]
        await written(self._audit.record(name, route.name, known, status, code))

    async def _dress(self, request: web.Request, response: web.StreamResponse) -> None:
        headers = response.headers
        headers["X-Content-Type-Options"] = "nosniff"
        if isinstance(response, Passed | TakenOver):
            # What a container says may be HTML, and is then never this host's own page.
            headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
            headers["Cross-Origin-Resource-Policy"] = "same-origin"
            headers.setdefault("Cache-Control", "no-store")
            if isinstance(response, Passed) and not response.typed:
                headers.popall("Content-Type", None)
        else:
            spent = time.monotonic() - request[BEGAN] if BEGAN in request else 0.0
            headers["Server-Timing"] = f"total;dur={spent * 1000:.1f}"
            headers["Server"] = "edd"
            headers["Cache-Control"] = "no-store"
        if self._closing.is_set():
            response.headers["Connection"] = "close"
            response.force_close()


def _refuse_unallowed(caller: Caller, route: Route, name: str | None) -> None:
    if not caller.role.covers(route.needs):
        raise ForbiddenError(f"This needs the role {route.needs}; {caller.name} has {caller.role}.")
    if not caller.may(route.needs, name):
        raise out_of_reach(caller)


async def _not_found(request: web.Request) -> web.HTTPException:
    """Tell a path that exists for other methods from one that does not exist at all."""
    methods: set[str] = set()
    for resource in request.app.router.resources():
        _match, allowed = await resource.resolve(request)
        methods |= allowed
    methods.discard("*")
    if methods:
        return web.HTTPMethodNotAllowed(request.method, methods, text="")
    return web.HTTPNotFound(text="")


async def _send(request: web.Request, response: web.StreamResponse) -> None:
    if request.writer.output_size and not response.prepared:
        # Another answer has begun: its reader must take neither its part nor this one for its end.
        if request.transport is not None:
            request.transport.abort()
        return
    unasked = request.body_exists and awaits_continue(request)
    if unasked:
        response.force_close()
    with suppress(ConnectionError):
        await response.prepare(request)
        await response.write_eof()
    if unasked:
        # RFC 9110, section 10.1.1: whoever was told the end before `100 Continue` sends no body;
        # aiohttp would wait for it.
        request.protocol.force_close()
