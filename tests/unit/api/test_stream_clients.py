"""A client of a stream is noticed when it leaves, however it does, and not cut off before."""

import asyncio
import ssl
import time
from contextlib import suppress
from typing import Any

import pytest

from edd.api import carrying, hearing, websockets
from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Gated
from tests.unit.api.scripted_streams import (
    ATTACH,
    ENDLESS,
    LOGS,
    SWITCHED,
    box,
    chunk,
    frame,
    handshake,
    heard,
    holds,
    opened,
    play,
    says,
)


@pytest.fixture(autouse=True)
def one_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a caller have one stream only, so that a second one shows whether the first has ended."""
    monkeypatch.setattr(websockets, "MOST", 1)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask often whether a client is there, and wait for its answers but shortly."""
    monkeypatch.setattr(hearing, "PING", 0.1)
    monkeypatch.setattr(hearing, "PATIENCE", 0.3)
    monkeypatch.setattr(carrying, "GOODBYE", 0.3)


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    """Answer nothing until the other side hangs up."""
    await reader.read()


async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin a stream, read none of its input, and say something late."""
    writer.write(SWITCHED)
    await asyncio.sleep(1.5)
    writer.write(b"still here")
    await writer.drain()


async def dead(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Begin a stream, read none of its input, and never end."""
    writer.write(SWITCHED)
    await asyncio.sleep(60)


async def chatty(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say more than anybody keeps."""
    writer.write(ENDLESS)
    while True:
        writer.write(chunk(bytes(30_000)))
        await writer.drain()


async def flood(writer: asyncio.StreamWriter) -> None:
    """Send as much input as is taken."""
    while True:
        writer.write(frame(bytes(60_000)))
        await writer.drain()


async def until_ended(host: Gated, tls: ssl.SSLContext | None = None) -> None:
    """Wait until the caller may have another stream."""
    async with asyncio.timeout(3):
        while True:
            reader, writer = await handshake(host, tls=tls)
            line = await reader.readline()
            writer.transport.abort()
            if b" 101 " in line:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("over_tls", [False, True])
def test_a_client_may_leave_before_the_engine_answers(pki: Pki, over_tls: bool) -> None:
    async def story(host: Gated) -> None:
        host.script = silent
        tls = pki.client("early", Role.ADMIN) if over_tls else None
        reader, writer = await handshake(host, tls=tls)
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        writer.transport.abort()
        async with asyncio.timeout(3):
            await host.ended.wait()

    play(pki, story)


@pytest.mark.usefixtures("hasty")  # over TCP its end comes behind its input, but a ping is refused
@pytest.mark.parametrize("over_tls", [False, True])
def test_a_client_may_leave_while_nobody_takes_its_input(pki: Pki, over_tls: bool) -> None:
    tls = pki.client("flooding", Role.ADMIN) if over_tls else None

    async def story(host: Gated) -> None:
        host.script = box(dead)
        reader, writer = await handshake(host, ATTACH, tls=tls)
        await reader.readuntil(b'"raw"}')
        with suppress(TimeoutError):
            await asyncio.wait_for(flood(writer), 0.5)
        writer.transport.abort()
        await until_ended(host, tls)

    play(pki, story)


@pytest.mark.usefixtures("hasty")
def test_a_client_that_answers_no_ping_is_gone(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds)
        async with opened(host, pongs=False) as socket:
            assert await socket.receive_str() == '{"stream":"raw"}'
            host.ended.clear()
            async with asyncio.timeout(3):
                await host.ended.wait()

    play(pki, story)


@pytest.mark.usefixtures("hasty")
def test_a_client_that_answers_pings_stays(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds)
        async with opened(host) as socket:
            await socket.receive_str()
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive(), 1)

    play(pki, story)


@pytest.mark.usefixtures("hasty")
def test_a_client_whose_input_nobody_takes_stays(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(deaf)
        async with opened(host, ATTACH) as socket:
            for _ in range(30):
                await socket.send_bytes(bytes(60_000))
                await asyncio.sleep(0)
            assert await heard(socket) == (['{"stream":"raw"}', b"still here"], 1000)

    play(pki, story)


@pytest.mark.usefixtures("hasty")
def test_a_client_that_reads_nothing_for_a_while_stays(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(chatty)
        reader, writer = await handshake(host)
        await asyncio.sleep(1.5)
        assert len(await reader.readexactly(3_000_000)) == 3_000_000
        writer.transport.abort()

    play(pki, story)


def test_little_is_kept_for_a_client_that_reads_nothing(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        async def steady(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(ENDLESS)
            while True:
                writer.write(chunk(bytes(30_000)))
                await writer.drain()
                await asyncio.sleep(0.005)

        host.script = box(steady)
        _, writer = await handshake(host)
        await asyncio.sleep(0.5)
        links: Any = host.server._doors[1]._transports
        kept = sum(link.get_write_buffer_size() for link in links)
        assert 0 < kept < 3 * carrying.AHEAD
        writer.transport.abort()

    play(pki, story)


def test_the_streams_of_who_may_less_do_not_count_for_a_namesake(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        ends = []
        for role in (Role.DEPLOYER, Role.ADMIN):
            host.script = box(holds)
            reader, writer = await handshake(host, tls=pki.another("ann", role))
            assert b" 101 " in await reader.readline()
            await reader.readuntil(b'"raw"')
            ends.append(writer)
        for each in ends:
            each.transport.abort()

    play(pki, story)


def test_a_stream_ends_with_its_clients_certificate(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds)
        kept, one = await handshake(host, tls=pki.client("kept", Role.ADMIN))
        await kept.readuntil(b'"raw"')
        host.script = box(holds)
        lost, other = await handshake(host, tls=pki.client("lost", Role.ADMIN))
        await lost.readuntil(b'"raw"')

        pki.authority.revoke("lost")
        await asyncio.to_thread(pki.gate.reload, pki.files)
        host.server.review()

        async with asyncio.timeout(3):
            await lost.read()
            await host.ended.wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(kept.read(), 1)
        one.transport.abort()
        other.transport.abort()

    play(pki, story)


def test_the_daemon_ends_though_a_client_has_not_read_the_end(
    pki: Pki, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(carrying, "GOODBYE", 0.3)

    async def story(host: Gated) -> None:
        async def brief(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(ENDLESS)
            for _ in range(8):  # more than the client's kernel takes, less than holds the engine up
                writer.write(chunk(bytes(50_000)))
                await writer.drain()
                await asyncio.sleep(0.02)
            writer.write(b"0\r\n\r\n")

        host.script = box(brief)
        _, writer = await handshake(host)
        writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.sleep(0.5)
        began = time.monotonic()
        await host.server.stop(3)
        assert time.monotonic() - began < 2.5
        assert "broken off" not in caplog.text
        writer.transport.abort()

    play(pki, story)


def test_what_the_engine_said_last_waits_for_a_slow_reader(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "GOODBYE", 0.3)

    async def story(host: Gated) -> None:
        host.script = box(says(ENDLESS, *[chunk(bytes(50_000))] * 20, b"0\r\n\r\n"))
        reader, writer = await handshake(host)
        await asyncio.sleep(1)
        assert (await reader.read()).endswith(b"\x88\x02\x03\xe8")  # 1000
        writer.close()

    play(pki, story)


def test_a_client_that_answers_no_close_is_left(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "GOODBYE", 0.3)

    async def story(host: Gated) -> None:
        host.script = box(says(ENDLESS, b"0\r\n\r\n"))
        reader, writer = await handshake(host)
        async with asyncio.timeout(2):
            assert (await reader.read()).endswith(b"\x88\x02\x03\xe8")
        await until_ended(host)
        writer.close()

    play(pki, story)


def test_a_client_that_closes_and_reads_nothing_is_left(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "GOODBYE", 0.3)

    async def story(host: Gated) -> None:
        host.script = box(chatty)
        _, writer = await handshake(host)
        await asyncio.sleep(0.5)
        writer.write(b"\x88\x80" + bytes(4))
        async with asyncio.timeout(3):
            while not writer.transport.is_closing():
                writer.write(b"\x89\x80" + bytes(4))
                await asyncio.sleep(0.05)

    play(pki, story)


def test_a_client_may_end_its_half_with_the_handshake(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds)
        reader, writer = await handshake(host, LOGS)
        writer.write_eof()
        async with asyncio.timeout(2):
            assert (await reader.readline()).startswith(b"HTTP/1.1 101")
            await reader.read()
        await until_ended(host)
        writer.close()

    play(pki, story)
