"""The door: what it answers to each request, and how long it stays open."""

import asyncio
import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

from aiohttp import web

from edd.api.browsers import Refusal, answer_file, refuse_stray
from edd.client.endpoint import Endpoint
from edd.client.transport import Call, Transport
from edd.client.tunnel.carry import carry
from edd.client.tunnel.relay import relay
from edd.client.tunnel.session import Ending, Session
from edd.console.files import file_at
from edd.console.rules import DATA_RULES

COOKIE = "edd"
OPEN = "/_edd/open"
HOST = "/_edd/host"
APIS = ("/v1/", "/docker/")
STREAMS = "/ws/"

_WELCOME = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ED</title>
<meta http-equiv="refresh" content="0;url=/"><p><a href="/">Open the console</a></p></html>"""
# A redirect would still count as coming from elsewhere, and a Strict cookie would stay behind.

_LOCKED = """<!doctype html><html lang="en"><meta charset="utf-8"><title>ED console</title>
<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<h1>This console is locked</h1><p>{words}</p>
<p>Run <code>edd console</code> and open the link it prints.</p></html>"""


class Door:
    """Answers one browser: its own pages, and the host's API behind them."""

    def __init__(self, transport: Transport, session: Session, authority: str) -> None:
        self._transport = transport
        self._session = session
        self._authority = authority
        self._changed = asyncio.Event()

    @property
    def link(self) -> str:
        """The address that lets a browser in, once."""
        return f"http://{self._authority}{OPEN}?t={self._session.link}"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request: refused unless it is for this door, of its pages and its browser."""
        try:
            refuse_stray(request.method, request.headers, "http", self._authority)
            if request.path == OPEN and request.method == "GET":
                return self._open(request)
            self._refuse_strangers(request)
            if "Upgrade" in request.headers:
                return await self._stream(request)
            if request.path == HOST and request.method == "GET":
                return self._whereabouts()
            if request.path.startswith(APIS):
                return await relay(request, self._transport)
            return answer_file(request, file_at(request.path))
        except Refusal as refusal:
            return _refused(request, refusal)

    async def wait_opened(self) -> None:
        """Return once a browser has come, or nobody may come any more."""
        await self._wait()

    async def wait_ended(self) -> Ending:
        """Return once the session is over, and why."""
        while (ending := self._session.ending) is None:
            await self._wait()
        return ending

    async def _wait(self) -> None:
        # Not wait_for: before Python 3.12 it may swallow a Ctrl-C that comes with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.05, self._session.left)):
                await self._changed.wait()
        self._changed.clear()

    def _whereabouts(self) -> web.Response:
        """Tell the pages, which know the door alone, where ports of the host's containers are."""
        told = {"address": self._transport.address}
        return web.json_response(told, headers=DATA_RULES)

    def _refuse_strangers(self, request: web.BaseRequest) -> None:
        if not self._session.admits(request.cookies.get(COOKIE, "")):
            raise Refusal(401, "This browser was not let in, or has been away for too long.")

    async def _stream(self, request: web.BaseRequest) -> web.StreamResponse:
        opens = web.WebSocketResponse().can_prepare(request)
        if not (opens and request.path.startswith(STREAMS)) or request.body_exists:
            raise Refusal(400, "Streams are opened as WebSockets below /ws/, and nothing else is.")
        return await carry(request, self._transport)

    def _open(self, request: web.BaseRequest) -> web.Response:
        if "Sec-Purpose" in request.headers:
            raise Refusal(403, "The link is not to be fetched ahead.")
        cookie = self._session.open(request.query.get("t", ""))
        if cookie or self._session.ending:
            self._changed.set()
        if cookie is None:
            raise Refusal(403, "This link is wrong, was used, or is older than a minute.")
        response = web.Response(text=_WELCOME, content_type="text/html", headers=DATA_RULES)
        response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
        response.set_cookie(COOKIE, cookie, path="/", httponly=True, samesite="Strict")
        return response


def _refused(request: web.BaseRequest, refusal: Refusal) -> web.Response:
    """Return a refusal: a page where a browser opens one, else a problem (RFC 9457)."""
    if request.headers.get("Sec-Fetch-Mode") == "navigate":
        text = _LOCKED.format(words=refusal.words)
        return web.Response(
            status=refusal.status, text=text, content_type="text/html", headers=DATA_RULES
        )
    problem = {"status": refusal.status, "code": "console", "detail": refusal.words}
    problem["advice"] = "Run edd console again and open the link it prints."
    response = web.json_response(problem, status=refusal.status, headers=DATA_RULES)
    response.content_type = "application/problem+json"
    return response


async def keep_open(
    endpoint: Endpoint, port: int, ready: Callable[[str], Callable[[], None]]
) -> Ending:
    """Open a door to ``endpoint`` on loopback until its session ends, and return why it did.

    ``ready`` gets the link; what it returns is called once the link is used or worthless.

    Raises:
        EddError: the host does not answer; nothing listens then.
        OSError: the port is taken.
    """
    async with Transport(endpoint) as transport:
        await transport.fetch(Call("GET", "/v1/info"))
        listener = socket.create_server(("127.0.0.1", port))
        authority = f"edd-{secrets.token_hex(4)}.localhost:{listener.getsockname()[1]}"
        door = Door(transport, Session(), authority)
        file_at("/")
        server = web.Server(
            door.answer, access_log=None, auto_decompress=False, handler_cancellation=True
        )
        runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            used = ready(door.link)
            try:
                await door.wait_opened()
            finally:
                used()
            return await door.wait_ended()
        finally:
            await runner.cleanup()
