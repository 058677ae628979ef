"""Streams over WebSockets from an engine that says what it is told to."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp

from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Gated, Link, gated

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
LOGS = "/ws/containers/box/logs?follow=1"
ATTACH = "/ws/containers/box/attach?stream=1"

Say = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Story = Callable[[Gated], Awaitable[None]]


def play(pki: Pki, story: Story) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), gated(pki) as host:
            await story(host)

    asyncio.run(run())


def box(say: Say, *, tty: bool = True, described: bytes | None = None) -> Say:
    """An engine with the container ``box``, whose streams are what ``say`` says."""

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if script.calls == 0:  # type: ignore[attr-defined]
            body = json.dumps({"Config": {"Tty": tty}}).encode() if described is None else described
            writer.write(JSON % (len(body), body))
            await writer.drain()
        else:
            await say(reader, writer)
        script.calls += 1  # type: ignore[attr-defined]

    script.calls = 0  # type: ignore[attr-defined]
    return script


def says(*pieces: bytes) -> Say:
    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"".join(pieces))
        await writer.drain()

    return say


async def holds(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin a stream and say nothing until the other side hangs up."""
    writer.write(ENDLESS)
    await reader.read()


@asynccontextmanager
async def opened(
    host: Gated, path: str = LOGS, *, pongs: bool = True
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Open a stream through the host's own socket."""
    connector = aiohttp.UnixConnector(str(host.socket))
    async with (
        aiohttp.ClientSession("http://localhost", connector=connector) as client,
        client.ws_connect(path, autoping=pongs) as socket,
    ):
        yield socket


async def heard(socket: aiohttp.ClientWebSocketResponse) -> tuple[list[object], int | None]:
    """Return all messages and the code of the close."""
    messages = [message.data async for message in socket]
    return messages, socket.close_code


def chunk(payload: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(payload), payload)


async def handshake(
    host: Gated,
    path: str = LOGS,
    *lines: str,
    version: str = "1.1",
    tls: ssl.SSLContext | None = None,
) -> Link:
    """Ask for a stream on a connection of its own; nothing is read from it."""
    if tls is None:
        reader, writer = await host.link()
    else:
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", host.port, ssl=tls, server_hostname="localhost"
        )
    head = [
        f"GET {path} HTTP/{version}",
        "Host: localhost",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        *lines,
    ]
    writer.write("\r\n".join([*head, "", ""]).encode())
    return reader, writer


def frame(payload: bytes) -> bytes:
    """Return a message of a client, in binary."""
    return b"\x82\xfe" + len(payload).to_bytes(2, "big") + bytes(4) + payload
