"""A connection to one Docker Engine: its API version settled, its errors in ED's words."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Any, Self

import aiohttp

from edd.errors import (
    DigestMismatchError,
    DiskFullError,
    EddError,
    EngineRefusedError,
    EngineUnreachableError,
)

NEWEST_KNOWN_API = (1, 52)
SMALL_ANSWER = 32 * 1024 * 1024
QUICK = aiohttp.ClientTimeout(total=60)
LOOK = aiohttp.ClientTimeout(total=15)
"""A look changes nothing, and somebody waits for it."""
UNHURRIED = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=1800)
ENDLESS = aiohttp.ClientTimeout(total=None, sock_connect=10)


class EngineConnection:
    """Requests to the engine behind a unix socket; ``async with`` closes what it opened.

    Paths are without the API version; the newest one that both sides know is put before them.
    Raises EngineUnreachableError when the socket does not answer, EngineRefusedError with the
    engine's own message and ``status`` for any answer of 400 and above.
    """

    def __init__(self, socket: str) -> None:
        self.socket = socket
        self._session: aiohttp.ClientSession | None = None
        self._version = ""

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(self.socket, limit=0),
            timeout=QUICK,
            auto_decompress=False,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Return the decoded JSON answer, or None where the engine says 404."""
        try:
            return await self.call("GET", path, query, LOOK)
        except EngineRefusedError as error:
            if error.data.get("status") == 404:
                return None
            raise

    async def call(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        patience: aiohttp.ClientTimeout = QUICK,
    ) -> Any:
        """Send one small request and return its decoded JSON answer (None when it is empty)."""
        async with self.open(method, path, query, patience=patience) as answer:
            text = await read_bounded(answer, SMALL_ANSWER)
            return json.loads(text) if text.strip() else None

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None = None,
        body: AsyncIterator[bytes] | dict[str, Any] | None = None,
        patience: aiohttp.ClientTimeout = QUICK,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Open a request whose answer is read as a stream; errors are raised as in `call`.

        ``body`` is sent as JSON when it is a dictionary, else as a tar in chunks.
        """
        target = f"http://docker/v{await self.version()}{path}"
        sent: dict[str, Any] = {"json": body}
        if body is not None and not isinstance(body, dict):
            sent = {"data": body, "headers": {"Content-Type": "application/x-tar"}}
        try:
            async with self._http().request(
                method, target, params=query, timeout=patience, **sent
            ) as answer:
                if answer.status >= 400:
                    raise await refusal(answer)
                yield answer
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._version = ""
            raise unreachable(self.socket, error) from error

    async def version(self) -> str:
        """Return the API version in use, asking the engine once per connection to it."""
        if not self._version:
            facts = await self.raw_version()
            theirs = api_number(str(facts["ApiVersion"]))
            self._version = ".".join(map(str, min(theirs, NEWEST_KNOWN_API)))
        return self._version

    async def raw_version(self) -> dict[str, Any]:
        """Return the engine's unversioned ``/version`` answer, which every engine gives."""
        try:
            async with self._http().get("http://docker/version", timeout=LOOK) as answer:
                if answer.status >= 400:
                    raise await refusal(answer)
                facts: dict[str, Any] = await answer.json(content_type=None)
                return facts
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise unreachable(self.socket, error) from error

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise EngineUnreachableError("The connection to the engine is not open.")
        return self._session


def api_number(version: str) -> tuple[int, ...]:
    """Return an API version such as ``1.41`` in a form that compares."""
    return tuple(int(part) for part in version.split("."))


async def read_bounded(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    """Return a whole answer; raise EngineUnreachableError when it has more than ``limit`` bytes."""
    text = bytearray()
    async for chunk in answer.content.iter_any():
        text += chunk
        if len(text) > limit:
            raise EngineUnreachableError("The engine's answer has no end.")
    return bytes(text)


async def refusal(answer: aiohttp.ClientResponse) -> EddError:
    """Turn an error answer into ED's error, keeping the engine's own message."""
    return engine_error(message_in(await read_bounded(answer, SMALL_ANSWER)), answer.status)


def message_in(body: bytes) -> str:
    """Return what an error answer says; the engine wraps it into JSON, others may not."""
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace").strip()[:4000] or "no reason given"


def engine_error(message: str, status: int = 500) -> EddError:
    """Name what the engine said: a full disk, a damaged layer, or any other refusal."""
    if "no space left on device" in message:
        return DiskFullError(f"The engine's disk is full: {message}")
    if "invalid diffID for layer" in message:
        return DigestMismatchError(f"The engine found a damaged layer: {message}.")
    return EngineRefusedError(f"The engine refused: {message}", status=status)


def unreachable(socket: str, error: BaseException) -> EngineUnreachableError:
    """Say that the engine at ``socket`` does not answer, and how that showed."""
    cause = getattr(error, "os_error", error)
    why = getattr(cause, "strerror", None) or str(error) or "it keeps silent"
    return EngineUnreachableError(f"The Docker Engine at {socket} does not answer: {why}.")
