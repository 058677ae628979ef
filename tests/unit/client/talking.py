"""A small real HTTP server that answers as a host does, in a thread of its own."""

import asyncio
import json
import ssl
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from edd.api.doors import Door
from edd.api.limits import USUAL
from edd.api.sockets import listen_tcp

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """A request as the host got it."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass
class TalkingHost:
    """Listens on a unix socket, or at a door like a host's; knows one answer for each request."""

    socket: Path | None = None
    context: ssl.SSLContext | None = None
    port: int = 0
    seen: list[Seen] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._answers: dict[tuple[str, str], Handler] = {}
        self._refused: set[tuple[str, str]] = set()
        self._door: Door | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def answer(self, method: str, path: str, value: Any, status: int = 200) -> None:
        """Answer with ``value`` as JSON."""

        async def handle(request: web.Request) -> web.Response:
            return web.Response(
                text=json.dumps(value), status=status, content_type="application/json"
            )

        self._answers[method, path] = handle

    def handle(self, method: str, path: str, handler: Handler) -> None:
        """Let ``handler`` answer; a ``path`` that ends in ``*`` means any last word."""
        self._answers[method, path] = handler

    def stream(self, method: str, path: str, *events: dict[str, Any]) -> None:
        """Read the whole body, then answer with ``events``, one a line."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.seen[-1].body = await request.read()
            answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
            await answer.prepare(request)
            for event in events:
                await answer.write(json.dumps(event).encode() + b"\n")
            return answer

        self._answers[method, path] = handle

    def refuse(self, method: str, path: str, code: str, status: int, **more: Any) -> None:
        """Answer with a problem, before a body is asked for."""
        words = {"code": code, "status": status, "detail": f"It is {code}."}
        self.answer(method, path, {"type": f"urn:edd:error:{code}", **words, **more}, status)
        self._refused.add((method, path))

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{tail:.*}", self._dispatch, expect_handler=self._expect)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1, auto_decompress=False)
        await self._runner.setup()
        if self.socket is not None:
            await web.UnixSite(self._runner, str(self.socket)).start()
            return
        server = self._runner.server
        assert server is not None
        self._door = Door(listen_tcp("127.0.0.1", 0), server, USUAL, self.context)
        self.port = self._door.address[1]

    async def _stop(self) -> None:
        if self._door is not None:
            await self._door.close()
        await self._runner.cleanup()
        if self._door is not None:
            await self._door.clear()
        left = asyncio.all_tasks() - {asyncio.current_task()}  # of connections that it cut itself
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        self._note(request)
        any_word = f"{request.path.rpartition('/')[0]}/*"
        handler = self._answers.get((request.method, request.path))
        handler = handler or self._answers.get((request.method, any_word))
        if handler is None:
            return web.json_response({"code": "no-route", "detail": request.path}, status=404)
        return await handler(request)

    async def _expect(self, request: web.Request) -> web.StreamResponse | None:
        if (request.method, request.path) in self._refused:
            return await self._dispatch(request)
        if request.transport is not None:
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return None

    def _note(self, request: web.Request) -> None:
        query, headers = dict(request.query), dict(request.headers)
        self.seen.append(Seen(request.method, request.path, query, headers))
