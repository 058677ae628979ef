"""Viewers who read slowly, or nothing, cost little and hold nobody up for long."""

import asyncio
import json
import socket
import time
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from edd.api import rewriting
from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Gated, gated

LARGE = json.dumps([{"Id": "x" * 4000, "Config": {"Env": ["A=secret"]}}] * 1500).encode()
SMALL = b'[{"Id": "x", "Config": {"Env": ["A=secret"]}}]'

Story = Callable[[Gated, aiohttp.ClientSession], Awaitable[None]]


def play(pki: Pki, name: str, story: Story) -> None:
    async def run() -> None:
        async with asyncio.timeout(30), gated(pki) as host:
            host.script = lists
            context = pki.client(name, Role.VIEWER)
            connector = aiohttp.TCPConnector(ssl=context, limit=0, socket_factory=narrow)
            base = f"https://localhost:{host.port}"
            async with aiohttp.ClientSession(base, connector=connector) as session:
                await story(host, session)
            await asyncio.sleep(0.1)  # TLS takes its leave

    asyncio.run(run())


def narrow(address: "aiohttp.connector.AddrInfoType") -> socket.socket:
    """Return a socket that takes little of what nobody reads; kernels take megabytes else."""
    made = socket.socket(*address[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 14)
    return made


async def lists(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with what the path asks for."""
    body = LARGE if lists.large else SMALL  # type: ignore[attr-defined]
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    writer.write(head.encode() + b"\r\n\r\n" + body)
    await writer.drain()


def ask(session: aiohttp.ClientSession, *, large: bool) -> "aiohttp.client._RequestContextManager":
    """Ask for a list as a viewer."""
    lists.large = large  # type: ignore[attr-defined]
    return session.get("/docker/containers/json", read_bufsize=1 << 12)


def test_a_large_answer_comes_whole_and_without_secrets(pki: Pki) -> None:
    async def story(_: Gated, session: aiohttp.ClientSession) -> None:
        async with ask(session, large=True) as got:
            told = await got.json()
        assert len(told) == 1500
        assert "secret" not in json.dumps(told[0])

    play(pki, "list-reader", story)


def test_readers_who_take_nothing_are_few_at_a_time_and_cut_off(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting, "PATIENCE", 1.0)

    async def story(_: Gated, session: aiohttp.ClientSession) -> None:
        deaf = [await ask(session, large=True) for _ in range(rewriting.AT_A_TIME)]
        assert [got.status for got in deaf] == [200] * rewriting.AT_A_TIME
        began = time.monotonic()
        async with ask(session, large=False) as got:
            assert len(await got.json()) == 1
        assert time.monotonic() - began < 0.9, "a small answer waited behind large ones"
        async with ask(session, large=True) as got:
            assert len(await got.json()) == 1500
        assert time.monotonic() - began > 0.5, "nobody waited"
        await asyncio.sleep(1.5)  # each was given its own time
        for got in deaf:
            with pytest.raises(aiohttp.ClientPayloadError):
                await got.read()

    play(pki, "list-holder", story)
