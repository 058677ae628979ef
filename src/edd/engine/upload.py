"""The one request that is large enough to matter: an archive on its way into the engine.

A general HTTP client copies every piece several times before the kernel has it. Here each goes
from where it arrived straight to the engine's socket; the standard library parses the answer.
"""

import asyncio
import http.client
import io
import socket
from collections.abc import AsyncIterator
from contextlib import closing

from edd.errors import EngineUnreachableError

SEND_BUFFER = 1 << 20
ANSWER_LIMIT = 8 << 20
PATIENCE = 1800.0
"""Seconds the engine may neither read nor answer."""


class Upload:
    """A POST to the engine behind a unix socket, with a body of unknown length."""

    def __init__(self, path: str, target: str) -> None:
        self._path = path
        self._target = target
        self._loop = asyncio.get_running_loop()
        self._link = socket.socket(socket.AF_UNIX)

    async def send(self, pieces: AsyncIterator[bytes]) -> tuple[int, bytes]:
        """Send ``pieces`` and return the answer's status and body.

        When ``pieces`` raises, the request is cut off without its last chunk, so that the engine
        never takes what was sent for a whole archive. When the engine answers before the end,
        ``pieces`` is read no further.

        Raises EngineUnreachableError when there is no socket, no answer, or no progress.
        """
        with closing(self._link):
            self._link.setblocking(False)
            self._link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            try:
                async with asyncio.timeout(PATIENCE) as patience:
                    await self._loop.sock_connect(self._link, self._path)
                    await self._send_body(pieces, patience)
                    return parse(await self._answer(patience))
            except (OSError, http.client.HTTPException) as error:
                raise EngineUnreachableError(
                    f"The Docker Engine at {self._path} broke off the load: {error}."
                ) from error

    async def _send_body(self, pieces: AsyncIterator[bytes], patience: asyncio.Timeout) -> None:
        open_still = await self._put(head(self._target))
        async for piece in pieces:
            patience.reschedule(self._loop.time() + PATIENCE)
            open_still = open_still and await self._put(b"%x\r\n" % len(piece), piece, b"\r\n")
            if not open_still:
                return
        patience.reschedule(self._loop.time() + PATIENCE)
        await self._put(b"0\r\n\r\n")

    async def _put(self, *parts: bytes) -> bool:
        """Send ``parts``; False when the engine has closed its side, having answered already."""
        try:
            for part in parts:
                await self._loop.sock_sendall(self._link, part)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    async def _answer(self, patience: asyncio.Timeout) -> bytes:
        answer = bytearray()
        while part := await self._receive(already=bool(answer)):
            patience.reschedule(self._loop.time() + PATIENCE)
            answer += part
            if len(answer) > ANSWER_LIMIT:
                raise EngineUnreachableError("The engine's answer to the load has no end.")
        return bytes(answer)

    async def _receive(self, *, already: bool) -> bytes:
        """Return more of the answer; a reset after it says only that the body was not all read."""
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
