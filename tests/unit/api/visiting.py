"""A server that browsers without a certificate come to, real but for what stands behind it."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from edd.api.limits import USUAL, Limits
from edd.api.server import Listen, Server
from edd.config.types import Address, Config
from edd.model.caller import Caller, Credential, Role
from edd.operations.sessions import Sessions
from edd.operations.settings import Settings
from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Link, Trail
from tests.unit.api.standin import Standin

ANN = Caller("ann", Role.ADMIN, credential=Credential("CA", "0A", 1e12))
FOLLOWED = "/v1/website/logs?follow=1"


class Visited:
    """The server, its sessions with a clock to turn, and a browser's way to it."""

    def __init__(self, server: Server, sessions: Sessions, standin: Standin, trail: Trail) -> None:
        self.server, self.sessions, self.standin, self.trail = server, sessions, standin, trail
        self.door: Any = server._doors[-1]
        self.port: int = self.door.address[1]
        self.authority = f"127.0.0.1:{self.port}"

    async def link(self, source: str = "127.0.0.1") -> Link:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=context, local_addr=(source, 0)
        )

    def head(self, method: str, path: str, *lines: str, size: int | None = None) -> bytes:
        """Return the head of a request as a page of the console sends it."""
        given = [f"Host: {self.authority}", f"Origin: https://{self.authority}", *lines]
        if size is not None:
            given.append(f"Content-Length: {size}")
        return "\r\n".join([f"{method} {path} HTTP/1.1", *given, "", ""]).encode()

    async def ask(
        self, method: str, path: str, *lines: str, body: bytes = b"", source: str = "127.0.0.1"
    ) -> tuple[int, bytes]:
        """Return the status of an answer, and all of it."""
        reader, writer = await self.link(source)
        writer.write(self.head(method, path, "Connection: close", *lines, size=len(body)) + body)
        async with asyncio.timeout(10):
            answer = await reader.read()
        writer.close()
        return int(answer.split()[1]), answer

    async def enter(self, secret: str, source: str = "127.0.0.1") -> tuple[int, bytes]:
        body = json.dumps({"link": secret}).encode()
        return await self.ask("POST", "/_edd/enter", body=body, source=source)

    async def let_in(self, caller: Caller = ANN, *, read_only: bool = False) -> str:
        """Return the line by which a browser shows that it was let in."""
        made = await self.sessions.link(caller, read_only=read_only)
        status, answer = await self.enter(made.secret)
        assert status == 200
        return f"Cookie: {answer.partition(b'Set-Cookie: ')[2].partition(b';')[0].decode()}"


@asynccontextmanager
async def visited(
    pki: Pki,
    limits: Limits = USUAL,
    *,
    trusts: Callable[[Credential], bool] = lambda _: True,
    clock: Callable[[], float] | None = None,
) -> AsyncIterator[Visited]:
    standin, trail = Standin(), Trail()
    operations = standin.operations()
    settings = Settings(Config(deployments=(), console_listen=Address("127.0.0.1", 9443)))
    at = clock or asyncio.get_running_loop().time
    operations.sessions = Sessions(trail, settings, trusts, at)  # type: ignore[arg-type]
    operations.audit = trail
    listen = Listen("127.0.0.1", 0, None, "root", limits, ("127.0.0.1", 0))
    server = Server(operations, listen, pki.gate)
    await server.start()
    try:
        async with asyncio.timeout(60):
            yield Visited(server, operations.sessions, standin, trail)
    finally:
        await server.stop(1)
