"""A real server on loopback and a unix socket, in front of the stand-in."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from ssl import SSLContext

import aiohttp

from edd.api.limits import USUAL, Limits
from edd.api.server import Listen, Server
from edd.trust.gate import Gate
from tests.unit.api.pki import Pki
from tests.unit.api.standin import Standin


async def until(true: Callable[[], object]) -> None:
    """Wait until something that no event tells of is the case."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.01)


class Running:
    """The server under test, what stands behind it, and clients of it."""

    def __init__(self, server: Server, standin: Standin, gate: Gate, socket: Path) -> None:
        self.server, self.standin, self.gate, self.socket = server, standin, gate, socket
        self.port = server.address[1]
        self.url = f"https://localhost:{self.port}"

    @asynccontextmanager
    async def client(self, context: SSLContext) -> AsyncIterator[aiohttp.ClientSession]:
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(self.url, connector=connector) as session:
            yield session

    @asynccontextmanager
    async def local(self) -> AsyncIterator[aiohttp.ClientSession]:
        connector = aiohttp.UnixConnector(str(self.socket))
        async with aiohttp.ClientSession("http://edd", connector=connector) as session:
            yield session


@asynccontextmanager
async def running(pki: Pki, limits: Limits = USUAL) -> AsyncIterator[Running]:
    standin, gate = Standin(), pki.gate
    socket = pki.paths.directory / "run" / "edd.sock"
    listen = Listen("127.0.0.1", 0, socket, "root", limits)
    server = Server(standin.operations(), listen, gate)
    await server.start()
    try:
        yield Running(server, standin, gate, socket)
    finally:
        await server.stop(1)
