"""An engine that says what it is told to: what no real one does when asked, dying and worse."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from edd.api.limits import USUAL, Limits
from edd.api.server import Listen, Server
from edd.config import Config
from edd.operations.gateway import Gateway
from edd.operations.settings import Settings
from tests.unit.api.pki import Pki

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Trail:
    """The audit trail, as far as it is told."""

    def __init__(self) -> None:
        self.entries: list[tuple[Any, ...]] = []

    async def record(
        self, caller: str, action: str, deployment: str, status: int, code: str
    ) -> None:
        self.entries.append((caller, action, status, code))

    async def record_reading(self, caller: str, action: str) -> None:
        self.entries.append((caller, action, 200, ""))

    async def record_passage(self, caller: str, action: str, like: str) -> None:
        assert like.startswith("docker ")
        self.entries.append((caller, action, 200, ""))


class Gated:
    """A server whose engine plays ``script`` on each connection."""

    def __init__(self, server: Server, socket: Path, trail: Trail, settings: Settings) -> None:
        self.server = server
        self.port = server.address[1]
        self.socket = socket
        self.trail = trail
        self.settings = settings
        self.heads: list[bytes] = []
        self.connections = 0
        self.ended = asyncio.Event()
        self.script: Script = nothing

    async def play(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            self.heads.append(await reader.readuntil(b"\r\n\r\n"))
            await self.script(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            self.ended.set()

    async def link(self) -> Link:
        """Connect to the server's own socket, as an administrator."""
        return await asyncio.open_unix_connection(str(self.socket))

    async def ask(self, request: bytes) -> bytes:
        """Return all that comes back on a connection of its own."""
        reader, writer = await self.link()
        writer.write(request)
        try:
            async with asyncio.timeout(10):
                return await reader.read()
        except ConnectionError:
            return b"(reset)"
        finally:
            writer.close()


@asynccontextmanager
async def gated(pki: Pki, limits: Limits = USUAL) -> AsyncIterator[Gated]:
    folder = pki.paths.directory / "run"
    folder.mkdir(exist_ok=True)
    trail, settings = Trail(), Settings(Config(deployments=()))
    gateway = Gateway(settings, trail, str(folder / "docker.sock"))  # type: ignore[arg-type]
    operations: Any = SimpleNamespace(gateway=gateway, audit=trail, views=None)
    listen = Listen("127.0.0.1", 0, folder / "edd.sock", "root", limits)
    server = Server(operations, listen, pki.gate)
    await server.start()
    host = Gated(server, folder / "edd.sock", trail, settings)
    engine = await asyncio.start_unix_server(host.play, folder / "docker.sock")
    try:
        yield host
    finally:
        await server.stop(1)
        engine.close()


async def nothing(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Say nothing and hang up."""


def says(*answers: bytes) -> Script:
    """Say all of it at once and hang up."""

    async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(answers))
        await writer.drain()

    return script


def get(path: str, *lines: str) -> bytes:
    """Return a GET after whose answer the connection is closed."""
    head = [f"GET {path} HTTP/1.1", "Host: h", "Connection: close", *lines, "", ""]
    return "\r\n".join(head).encode()


def post(path: str, body: bytes = b"", *lines: str) -> bytes:
    """Return a POST after whose answer the connection is closed."""
    size = f"Content-Length: {len(body)}"
    head = [f"POST {path} HTTP/1.1", "Host: h", "Connection: close", size, *lines, "", ""]
    return "\r\n".join(head).encode() + body
