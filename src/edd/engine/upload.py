"""The one request that is large enough to matter: an archive on its way into the engine.

A general HTTP client copies every piece several times before the kernel has it. Here each goes
from where it arrived straight to the engine's socket; the standard library parses the answer.
"""

import asyncio
import http.client
import io
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

from edd.errors import EngineUnreachableError

SEND_BUFFER = 1 << 20
ANSWER_LIMIT = 8 << 20
PATIENCE = 1800.0
"""Seconds the engine may take to read what was sent last, or to go on with its answer."""


class Upload:
    """A POST to the engine behind a unix socket, with a body of unknown length."""

    def __init__(self, path: str, target: str, patience: float = PATIENCE) -> None:
        self._path = path
        self._target = target
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._link = socket.socket(socket.AF_UNIX)

    async def send(self, pieces: AsyncIterator[bytes]) -> tuple[int, bytes]:
        """Send ``pieces`` and return the answer's status and body.

        When ``pieces`` raises, the request is cut off without its last chunk, so that the engine
        never takes what was sent for a whole archive. When the engine answers before the end,
        ``pieces`` is read no further.

        Raises EngineUnreachableError when there is no socket, no answer, or no progress; what
        ``pieces`` raises passes through.
        """
        with closing(self._link):
            self._link.setblocking(False)
            self._link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            async with self._engine():
                await self._loop.sock_connect(self._link, self._path)
            await self._send_body(pieces)
            answer = await self._answer()
            async with self._engine():
                return parse(answer)

    @asynccontextmanager
    async def _engine(self) -> AsyncIterator[None]:
        """Bound what is up to the engine, and only that, and say what went wrong with it."""
        try:
            async with asyncio.timeout(self._patience):
                yield
        except (OSError, http.client.HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise EngineUnreachableError(
                f"The Docker Engine at {self._path} broke off the load: {reason}."
            ) from error

    async def _send_body(self, pieces: AsyncIterator[bytes]) -> None:
        open_still = await self._put(head(self._target))
        async for piece in pieces:
            if not piece:
                continue  # an empty chunk would be the last one
            open_still = open_still and await self._put(b"%x\r\n" % len(piece), piece, b"\r\n")
            if not open_still:
                return
        await self._put(b"0\r\n\r\n")

    async def _put(self, *parts: bytes) -> bool:
        """Send ``parts``; False when the engine has closed its side, having answered already."""
        sent = 0
        with suppress(OSError):  # whatever it is, the engine is asked again below
            sent = self._link.sendmsg(parts)
        for part in parts:
            if sent < len(part) and not await self._put_slowly(memoryview(part)[sent:]):
                return False
            sent = max(0, sent - len(part))
        return True

    async def _put_slowly(self, part: memoryview) -> bool:
        async with self._engine():
            try:
                await self._loop.sock_sendall(self._link, part)
            except (BrokenPipeError, ConnectionResetError):
                return False
            return True

    async def _answer(self) -> bytes:
        answer = bytearray()
        while part := await self._receive(already=bool(answer)):
            answer += part
            if len(answer) > ANSWER_LIMIT:
                raise EngineUnreachableError("The engine's answer to the load has no end.")
        return bytes(answer)

    async def _receive(self, *, already: bool) -> bytes:
        """Return more of the answer; a reset after it says only that the body was not all read."""
        async with self._engine():
            try:
                return await self._loop.sock_recv(self._link, 1 << 16)
            except ConnectionResetError:
                if already:
                    return b""
                raise


def head(target: str) -> bytes:
    """Return the request's head; the engine is to close the connection after its answer."""
    lines = [
        f"POST {target} HTTP/1.1",
        "Host: docker",
        "Content-Type: application/x-tar",
        "Transfer-Encoding: chunked",
        "Connection: close",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def parse(answer: bytes) -> tuple[int, bytes]:
    """Return status and body of a whole answer, however it was framed.

    Raises http.client.HTTPException when it is none, or not whole.
    """
    response = http.client.HTTPResponse(Recording(answer))  # type: ignore[arg-type]
    response.begin()
    return response.status, response.read()


class Recording:
    """What was read from a socket, in the form the standard library reads answers from."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def makefile(self, _mode: str) -> io.BytesIO:
        """Return the content as a file."""
        return io.BytesIO(self._content)
