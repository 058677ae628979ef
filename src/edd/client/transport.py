"""One host's connection: requests in, checked answers out, every failure as a product error."""

import asyncio
import re
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from types import SimpleNamespace, TracebackType
from typing import Any, Self, TypeVar

import aiohttp
from yarl import URL

from edd.client.addresses import broke_off, first_reached, takes_none
from edd.client.endpoint import Endpoint
from edd.client.failures import explain
from edd.client.problems import MAX_PROBLEM, decode_problem
from edd.errors import EddError, HostUnreachableError, UntrustedError

SILENCE = 60.0
"""Seconds without a byte after which an ordinary request is given up."""

LONG_SILENCE = 1800.0
"""The same while containers start and stop; TCP keep-alive finds a dead host long before."""

UNSENT = 1 << 17
"""Bytes that wait in the kernel: how long others wait for them tells how slow the link is."""

MAX_ANSWER = 32 << 20
"""Bytes accepted as one JSON answer."""

MAX_MESSAGE = 1 << 20
"""Bytes accepted as one message of a stream."""

T = TypeVar("T")

_SERVED = re.compile(r"\btotal;dur=([0-9.]{1,12})")


class Upload:
    """An archive on its way out: what was sent, and whether its last byte was."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        sent: Callable[[int], None],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._chunks = chunks
        self._sent = sent
        self._ended = ended
        self.bytes = 0
        self.complete = False
        self.failure: EddError | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the chunks; between two of them an early answer of the host gets read."""
        try:
            async for chunk in self._chunks:
                yield chunk
                self.bytes += len(chunk)
                self._sent(self.bytes)
                await asyncio.sleep(0)
        except EddError as error:
            self.failure = error
            raise
        self.complete = True
        self._ended()


@dataclass(frozen=True)
class Call:
    """One request. ``silence`` is in seconds, none for no bound.

    ``path`` is already quoted; it may have a query itself where ``query`` is empty.
    An `Upload` is sent when the host has said that it wants it.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Upload | None = None
    silence: float | None = SILENCE


@dataclass
class Departure:
    """When a request left, the connection being there."""

    at: float = 0.0


async def _note_departure(_session: object, context: SimpleNamespace, _params: object) -> None:
    if context.trace_request_ctx is not None:  # a WebSocket has none
        context.trace_request_ctx.at = time.monotonic()


class Transport:
    """Speaks HTTP to one endpoint.

    ``skew`` is the host's clock minus ours, in seconds; ``trip`` how many the last request was on
    its way, there and back, without what the host says that it needed; ``answered`` tells whether
    it ever gave an answer, and ``met`` whether somebody was ever there, be it that the link broke
    then.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint
        self.skew: float | None = None
        self.trip = 0.0
        self.met = self.answered = False
        self._url = endpoint.urls[0]
        self._settled = False
        self._session: aiohttp.ClientSession | None = None

    @property
    def place(self) -> str:
        """The host as error sentences name it."""
        return self.endpoint.place(self._url)

    @property
    def address(self) -> str:
        """The name or IP address by which the host is reached; this machine's own by a socket."""
        return "localhost" if self.endpoint.socket else URL(self._url).host or ""

    async def __aenter__(self) -> Self:
        watch = aiohttp.TraceConfig()
        watch.on_request_headers_sent.append(_note_departure)
        self._session = aiohttp.ClientSession(
            connector=self._connector(),
            trace_configs=[watch],
            middlewares=[self._asked_once, self._opened],
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            await asyncio.sleep(0)  # lets aborted connections tell that they are gone

    @property
    def _entered(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("the transport was not entered")
        return self._session

    async def fetch(self, call: Call) -> bytes:
        """Return the whole body of a successful answer."""
        async with self.exchange(call) as answer:
            body = await _bounded(answer, MAX_ANSWER)
        if len(body) > MAX_ANSWER:
            raise HostUnreachableError(
                f"{self.place} sent an answer that never ends.", strange=True
            )
        return body

    @asynccontextmanager
    async def exchange(self, call: Call) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer to ``call`` once its status says success.

        Raises:
            EddError: the host's refusal, or why it was not reached.
        """
        async with self.answer(call) as answer:
            await self._check(answer)
            yield answer

    @asynccontextmanager
    async def answer(self, call: Call) -> AsyncIterator[aiohttp.ClientResponse]:
        """Yield the answer to ``call``, be it a refusal.

        Raises:
            EddError: why the host was not reached, or broke off.
        """
        try:
            answer = await self._reach(partial(self._ask, call))
            try:
                yield answer
            finally:
                _hang_up(answer, call)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise self._told(error, call) from error

    @asynccontextmanager
    async def stream(self, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Yield the WebSocket at ``path``, which is quoted, open; it is closed behind it.

        Raises:
            EddError: the host's refusal, or why it was not reached.
        """
        try:
            socket = await self._reach(partial(self._open, path))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise explain(error, self.place) from error
        async with socket:
            yield socket

    async def _open(self, path: str, url: str, _: float) -> aiohttp.ClientWebSocketResponse:
        self._url = url
        return await self._entered.ws_connect(_url(url + path, {}), max_msg_size=MAX_MESSAGE)

    async def _reach(self, ask: Callable[[str, float], Awaitable[T]]) -> T:
        """Ask the address in use; while none is, the first that takes the connection."""
        urls = (self._url,) if self._settled else self.endpoint.urls
        try:
            answer = await first_reached(urls, ask)
        except Exception as error:
            self._settled = self._settled or not takes_none(error)
            raise
        self._settled = True
        return answer

    async def _ask(self, call: Call, url: str, connecting: float) -> aiohttp.ClientResponse:
        self._url = url
        left = Departure()
        answer = await self._entered.request(
            call.method,
            _url(url + call.path, call.query),
            headers=call.headers,
            data=aiter(call.body) if isinstance(call.body, Upload) else call.body,
            expect100=isinstance(call.body, Upload),  # a refusal costs no upload
            trace_request_ctx=left,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(
                total=None, connect=connecting, sock_connect=connecting, sock_read=call.silence
            ),
        )
        self.met = self.answered = True
        self._note_clock(answer.headers.get("Date", ""))
        served = _SERVED.search(answer.headers.get("Server-Timing", ""))
        spent = time.monotonic() - left.at
        self.trip = max(0.0, spent - float(served[1]) / 1000) if served else spent
        return answer

    async def _asked_once(
        self, request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Take a refusal for the answer; aiohttp would shake hands and be refused once more."""
        try:
            return await ask(request)
        except aiohttp.ClientOSError as error:
            if isinstance(told := explain(error, self.place), UntrustedError):
                raise told from error
            raise

    async def _opened(
        self, request: aiohttp.ClientRequest, ask: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Tell the host's words when it opens no WebSocket; aiohttp would tell the status alone."""
        answer = await ask(request)
        if "Upgrade" in request.headers and answer.status != 101:
            async with answer:
                await self._check(answer)
        return answer

    async def _check(self, answer: aiohttp.ClientResponse) -> None:
        if answer.status >= 300:
            # Not answer.read(): that would wait for the rest of the upload to be sent.
            raise decode_problem(await _bounded(answer, MAX_PROBLEM), answer.status)

    def _told(self, error: BaseException, call: Call) -> EddError:
        upload = call.body if isinstance(call.body, Upload) else None
        if upload is not None and upload.failure is not None:
            return upload.failure
        told = explain(error, self.place)
        if isinstance(told, HostUnreachableError):
            self.met = self.met or _hung_up(error) or broke_off(error)
            if upload is not None and upload.bytes:
                told.kept = _kept(upload)
        return told

    def _note_clock(self, date: str) -> None:
        try:
            there = parsedate_to_datetime(date)
        except ValueError:
            return
        if there.tzinfo is not None:
            self.skew = (there - datetime.now(UTC)).total_seconds()

    def _connector(self) -> aiohttp.BaseConnector:
        if self.endpoint.socket is not None:
            return aiohttp.UnixConnector(str(self.endpoint.socket))
        ssl = self.endpoint.context
        if ssl is None:
            return aiohttp.TCPConnector(socket_factory=_socket)
        return aiohttp.TCPConnector(ssl=ssl, socket_factory=_socket)


def _url(place: str, query: Mapping[str, str]) -> URL:
    """Return ``place``, which is quoted and may have a query, or the same with ``query``."""
    url = URL(place, encoded=True)
    return url.with_query(dict(query)) if query else url


def _hang_up(answer: aiohttp.ClientResponse, call: Call) -> None:
    """End an exchange; what was not yet sent of an upload is thrown away, not waited for."""
    connection = answer.connection
    unfinished = isinstance(call.body, Upload) and not call.body.complete
    if unfinished and connection is not None and connection.transport is not None:
        connection.transport.abort()
    answer.close()


def _hung_up(error: BaseException) -> bool:
    """Tell whether the host ended a connection that was there."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return False
    return isinstance(error, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)


def _kept(upload: Upload) -> str:
    if upload.complete:
        return "The archive had arrived: the host ends the delivery by itself. See: edd jobs."
    return "The archive did not arrive whole, so nothing was loaded; what ran before still runs."


async def _bounded(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    parts, total = [], 0
    async for part in answer.content.iter_any():
        parts.append(part)
        total += len(part)
        if total > limit:
            break
    return b"".join(parts)


def _socket(address: Any) -> socket.socket:
    """Return a socket that notices within about a minute that the host is gone."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 20), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):  # Linux has them all, other systems some
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 60_000)
    return made
