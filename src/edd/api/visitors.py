"""The listener for browsers without a certificate: pages to anybody, the API to who was let in.

It serves the same API as the other listeners. Instead of a certificate a cookie tells for whom the
browser came (`edd.operations.sessions`), and no answer may act as a page.
"""

import asyncio
import ipaddress
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from edd.api.app import Api
from edd.api.browsers import Refusal, answer_file, refuse_stray
from edd.api.limits import Limits
from edd.api.problems import problem_for, problem_response
from edd.console.files import file_at, static_files
from edd.console.rules import DATA_RULES, data_headers
from edd.errors import EddError, InvalidRequestError, TooManyTriesError
from edd.model.caller import Caller
from edd.model.network import network_of
from edd.model.session import Visitor
from edd.operations.attempts import Attempts

if TYPE_CHECKING:
    from edd.operations import Operations

COOKIE = "__Host-edd"
"""A name by which browsers keep a cookie to this very host and to TLS (RFC 6265bis, 4.1.3)."""

ENTER = "/_edd/enter"
SIGN_IN = "/_edd/sign-in"
LEAVE = "/_edd/leave"
LOGIN = "/login"
PAGES = r"/{path:(?!v1/|v2/|docker/|ws/|metrics$|_edd/)[\s\S]*}"

TRIES, TRY_SECONDS = 10, 6.0
"""Tries of one network at once, and seconds until the next one beyond them."""

FAREWELL = 0.5
"""Seconds that what is open of a session has left when that ends."""

_LARGEST = 2048

T = TypeVar("T")


class Key(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser shows to be let in: the secret of a link."""

    link: str


class Login(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser's user knows to be let in."""

    name: str
    password: str


class Visitors:
    """Answers browsers for hosts that ``names`` has, and for addresses."""

    def __init__(
        self, operations: "Operations", names: Callable[[], frozenset[str]], limits: Limits
    ) -> None:
        self._sessions = operations.sessions
        self._passwords = operations.passwords
        self._names = names
        self._limits = limits
        self._api = Api(operations, self, limits)
        self._tries = Attempts(TRIES, TRY_SECONDS, asyncio.get_running_loop().time)

    def application(self) -> web.Application:
        """Return the application: what is for browsers alone, and the API."""
        app = web.Application(middlewares=[self._guard], client_max_size=_LARGEST)
        app.router.add_post(ENTER, self._enter)
        app.router.add_post(SIGN_IN, self._sign_in)
        app.router.add_post(LEAVE, self._leave)
        app.router.add_get(PAGES, self._page)
        self._api.add_to(app)
        app.on_response_prepare.append(self._dress)
        return app

    async def finish(self, grace: float) -> bool:
        """Do as `Api.finish`."""
        return await self._api.finish(grace)

    def review(self) -> None:
        """End sessions that are over, with what is open of them."""
        self._sessions.review()

    def caller_of(self, request: web.BaseRequest) -> Caller:
        """Return for whom the browser that sent ``request`` was let in.

        Raises:
            UntrustedError: for nobody, or no longer.
        """
        return self._sessions.caller_of(_shown(request), _network(request))

    def claimed_name(self, request: web.BaseRequest) -> str:
        """Return what to call a browser that was not let in."""
        return f"browser at {_network(request)}"

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        hang_up = partial(_hang_up, request)
        with self._sessions.held(_shown(request), _network(request), hang_up) as known:
            if known:
                return await self._answer(request, handler)
            return await self._answer_soon(request, handler)

    async def _answer_soon(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer who was not let in, who has as long for all of it as for sending nothing at all.

        Else a body that does not come, or an answer that is not read, would keep the connection.
        """
        try:
            async with asyncio.timeout(self._limits.keep_alive):
                response = await self._answer(request, handler)
                with suppress(ConnectionError):
                    await response.prepare(request)
                    await response.write_eof()
                return response
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=408)

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            refuse_stray(request.method, request.headers, "https", self._authority(request))
            return await handler(request)
        except Refusal as refusal:
            problem = {"status": refusal.status, "code": "console", "detail": refusal.words}
            return problem_response(problem)
        except EddError as error:
            return problem_response(problem_for(error))

    def _authority(self, request: web.Request) -> str:
        """Return the name that the request is for, if that is one of this host's; else none."""
        authority = request.headers.get("Host", "")
        name = authority if authority.endswith("]") else authority.rpartition(":")[0] or authority
        return authority if name.lower() in self._names() or _is_address(name) else ""

    async def _enter(self, request: web.Request) -> web.Response:
        key = await _told(request, Key)
        visitor = _visitor(request)
        if not self._sessions.knows(key.link):
            self._count_guess(visitor.network)
        return _let_in(await self._sessions.enter(key.link, visitor))

    async def _sign_in(self, request: web.Request) -> web.Response:
        login = await _told(request, Login)
        visitor = _visitor(request)
        self._count_guess(visitor.network)
        token = await self._passwords.enter(login.name, login.password, visitor)
        self._tries.give_back(visitor.network)
        return _let_in(token)

    def _count_guess(self, network: str) -> None:
        """Refuse one guess too many. Who has a link is not held up by a neighbour that guesses."""
        if seconds := self._tries.take(network):
            raise TooManyTriesError(
                "There were too many tries from this address.",
                advice=f"Try again in {seconds} seconds.",
                seconds=seconds,
            )

    async def _leave(self, request: web.Request) -> web.Response:
        response = web.json_response({})
        response.del_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="Strict")
        self._sessions.leave(_shown(request))
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/static/"):
            return answer_file(request, file_at(request.path))
        if request.path == LOGIN:
            return answer_file(request, static_files()["login.html"])
        try:
            self.caller_of(request)
        except EddError:
            return web.Response(status=303, headers={"Location": LOGIN})
        return answer_file(request, file_at(request.path))

    async def _dress(self, _request: web.Request, response: web.StreamResponse) -> None:
        """Let no answer but a file of the console's act as a page."""
        if "Content-Security-Policy" in response.headers and "ETag" in response.headers:
            return
        switched = response.status == HTTPStatus.SWITCHING_PROTOCOLS
        media = response.headers.get("Content-Type", "")
        response.headers.update(DATA_RULES if switched else data_headers(media))


def _shown(request: web.BaseRequest) -> str:
    return request.cookies.get(COOKIE, "")


def _network(request: web.BaseRequest) -> str:
    return network_of(request.remote or "")


def _visitor(request: web.BaseRequest) -> Visitor:
    return Visitor(request.remote or "", request.headers.get("User-Agent", ""))


async def _told(request: web.Request, kind: type[T]) -> T:
    """Return what a browser tells to be let in."""
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, web.HTTPRequestEntityTooLarge):
        raise InvalidRequestError("This is not how a browser asks to be let in.") from None


def _let_in(token: str) -> web.Response:
    """Return what a browser gets that may come in: a cookie that no script reads."""
    response = web.json_response({})
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Strict")
    return response


def _hang_up(request: web.Request) -> None:
    """End a request's connection, though not before it could be told so: it may have asked."""
    if request.transport is not None:
        asyncio.get_running_loop().call_later(FAREWELL, request.transport.abort)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True
