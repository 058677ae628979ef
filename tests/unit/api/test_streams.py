"""Streams over WebSockets end as they should where the engine or the client does not behave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from edd.api import carrying, websockets
from edd.model.caller import Role
from edd.model.gateway import Opening
from edd.planning.policy import decide
from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Gated, gated

JSON = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
ENDLESS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
LOGS = "/ws/containers/box/logs?follow=1"

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


def test_a_stream_of_a_terminal_is_raw(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(says(ENDLESS, chunk(b"a\xffb"), b"0\r\n\r\n"))
        async with opened(host) as socket:
            assert await heard(socket) == (['{"stream":"raw"}', b"a\xffb"], 1000)

    play(pki, story)


def test_without_a_terminal_each_message_names_its_stream(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        frames = b"\1\0\0\0\0\0\0\3out\2\0\0\0\0\0\0\4bad!"
        pieces = [chunk(frames[:5]), chunk(frames[5:9]), chunk(frames[9:]), b"0\r\n\r\n"]
        host.script = box(says(ENDLESS, *pieces), tty=False)
        async with opened(host) as socket:
            messages, code = await heard(socket)
        assert messages[0] == '{"stream":"framed"}'
        told = [message for message in messages if isinstance(message, bytes)]
        by_stream = [b"".join(one[1:] for one in told if one[0] == number) for number in (1, 2)]
        assert by_stream == [b"out", b"bad!"]
        assert code == 1000

    play(pki, story)


@pytest.mark.parametrize("answer", [ENDLESS + chunk(b"half"), b"", b"nonsense\r\n\r\n"])
def test_an_engine_that_breaks_off_is_no_good_end(pki: Pki, answer: bytes) -> None:
    async def story(host: Gated) -> None:
        host.script = box(says(answer))
        async with opened(host) as socket:
            _, code = await heard(socket)
        assert code == 1011

    play(pki, story)


@pytest.mark.parametrize("described", [b"", b"[]", b'{"Config": {"Tty": 3}}'])
def test_an_engine_that_describes_no_container_is_no_good_end(pki: Pki, described: bytes) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds, described=described)
        async with opened(host) as socket:
            assert await heard(socket) == ([], 1011)

    play(pki, story)


def test_what_makes_no_sense_as_frames_is_no_good_end(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(says(ENDLESS, chunk(b"no frame at all"), b"0\r\n\r\n"), tty=False)
        async with opened(host) as socket:
            assert (await heard(socket))[1] == 1011

    play(pki, story)


def test_input_of_what_is_only_read_goes_nowhere(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        got: list[bytes] = []

        async def listens(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(ENDLESS)
            try:
                got.append(await asyncio.wait_for(reader.read(100), 0.5))
            except TimeoutError:
                writer.write(b"0\r\n\r\n")

        host.script = box(listens)
        async with opened(host) as socket:
            await socket.send_bytes(b"GET / HTTP/1.1\r\n\r\n")
            await socket.send_str("eof")
            assert (await heard(socket))[1] == 1000
        assert got == []

    play(pki, story)


def test_output_comes_whole_though_nobody_takes_the_input(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        async def deaf(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(SWITCHED)
            await asyncio.sleep(0.3)
            writer.write(b"last words")

        host.script = box(deaf)
        async with opened(host, "/ws/containers/box/attach?stream=1") as socket:
            for _ in range(50):
                await socket.send_bytes(bytes(10_000))
            messages, code = await heard(socket)
        assert messages == ['{"stream":"raw"}', b"last words"]
        assert code == 1000

    play(pki, story)


def test_a_client_that_answers_no_ping_is_gone(pki: Pki, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(carrying, "HEARTBEAT", 0.2)

    async def story(host: Gated) -> None:
        host.script = box(holds)
        async with opened(host, pongs=False) as socket:
            assert await socket.receive_str() == '{"stream":"raw"}'
            host.ended.clear()
            async with asyncio.timeout(3):
                await host.ended.wait()

    play(pki, story)


def test_a_message_beyond_all_bounds_ends_the_stream(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds)
        async with opened(host) as socket:
            await socket.send_bytes(bytes(carrying.LARGEST + 1))
            assert (await heard(socket))[1] == 1009

    play(pki, story)


def test_one_caller_has_so_many_streams_and_no_more(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websockets, "MOST", 1)

    async def story(host: Gated) -> None:
        host.script = box(holds)
        async with opened(host) as first:
            await first.receive_str()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                async with opened(host):
                    pass
            assert refused.value.status == 409
        host.script = box(holds)
        await asyncio.sleep(0.2)
        async with opened(host) as again:
            assert await again.receive_str() == '{"stream":"raw"}'

    play(pki, story)


@pytest.mark.parametrize(
    "path", ["/containers/x/logs", "/containers/x/stats", "/containers/x/attach"]
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_only_events_are_read_by_whom_secrets_are_kept_from(method: str, path: str) -> None:
    assert decide(Role.VIEWER, method, path, Opening.ON).refusal
