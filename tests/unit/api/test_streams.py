"""Streams over WebSockets end as they should where the engine does not behave."""

import asyncio
import json

import aiohttp
import pytest

from edd.api import carrying, websockets
from edd.model.caller import Role
from edd.model.gateway import Opening
from edd.planning.policy import decide
from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Gated
from tests.unit.api.scripted_streams import (
    ATTACH,
    ENDLESS,
    LOGS,
    SWITCHED,
    box,
    chunk,
    handshake,
    heard,
    holds,
    opened,
    play,
    says,
)


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


@pytest.mark.parametrize("begun", [b"\1\0\0\0\0\0\0\x64half", b"\1\0\0"])
@pytest.mark.parametrize("switched", [True, False])
def test_an_end_within_a_frame_is_no_good_end(pki: Pki, begun: bytes, switched: bool) -> None:
    async def story(host: Gated) -> None:
        answer = SWITCHED + begun if switched else ENDLESS + chunk(begun) + b"0\r\n\r\n"
        host.script = box(says(answer), tty=False)
        async with opened(host, ATTACH if switched else LOGS) as socket:
            messages, code = await heard(socket)
        assert messages[1:] == ([b"\1half"] if b"half" in begun else [])
        assert code == 1011

    play(pki, story)


def test_output_written_byte_by_byte_comes_in_few_messages(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        frames = b"\1\0\0\0\0\0\0\1." * 10_000 + b"\2\0\0\0\0\0\0\1!"
        host.script = box(says(ENDLESS, chunk(frames), b"0\r\n\r\n"), tty=False)
        async with opened(host) as socket:
            messages, _ = await heard(socket)
        told = [message for message in messages if isinstance(message, bytes)]
        assert b"".join(one[1:] for one in told if one[0] == 1) == b"." * 10_000
        assert told[-1] == b"\2!"
        assert len(told) < 100

    play(pki, story)


@pytest.mark.parametrize(("length", "told"), [(200, 200), (7 << 20, carrying.LONGEST_WORDS)])
def test_the_words_of_a_refusal_are_cut_between_characters(
    pki: Pki, length: int, told: int
) -> None:
    async def story(host: Gated) -> None:
        # As UTF-8 an odd byte and then pairs: every even bound falls into one.
        body = '{"message": "aX"}'.replace("X", "é" * (length // 2)).encode()
        refusal = b"HTTP/1.1 404 No\r\nContent-Length: %d\r\n\r\n%s"
        host.script = says(refusal % (len(body), body))
        async with opened(host) as socket:
            messages, code = await heard(socket)
        assert code == 4404
        assert len(messages) == 1
        words = json.loads(str(messages[0]))["error"]
        assert set(words[1:]) == {"é"}
        assert told - 2 < len(words.encode()) <= told + 1

    play(pki, story)


@pytest.mark.parametrize(
    ("line", "version"), [("Content-Length: 5", "1.1"), ("X-Nothing: 0", "1.0")]
)
def test_a_handshake_that_is_none_is_refused(pki: Pki, line: str, version: str) -> None:
    async def story(host: Gated) -> None:
        reader, writer = await handshake(host, LOGS, line, version=version)
        writer.write(b"hello")
        assert b" 400 " in await reader.readline()
        writer.close()

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
        async with opened(host, ATTACH) as socket:
            for _ in range(50):
                await socket.send_bytes(bytes(10_000))
            messages, code = await heard(socket)
        assert messages == ['{"stream":"raw"}', b"last words"]
        assert code == 1000

    play(pki, story)


def test_a_client_that_pauses_gets_nothing_until_it_resumes(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        async def ticks(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(ENDLESS)
            await asyncio.sleep(0.3)
            writer.write(chunk(b"late") + b"0\r\n\r\n")

        host.script = box(ticks)
        async with opened(host) as socket:
            assert await socket.receive_str() == '{"stream":"raw"}'
            await socket.send_str("pause")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive(), 0.8)
            await socket.send_str("resume")
            assert await heard(socket) == ([b"late"], 1000)

    play(pki, story)


def test_a_pause_does_not_hold_while_input_waits(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        async def echoes(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(SWITCHED)
            await asyncio.sleep(0.3)
            writer.write(b"x" * (8 << 20))
            await writer.drain()
            while await reader.read(1 << 16):
                pass
            writer.write(b"end")

        async def feed(socket: aiohttp.ClientWebSocketResponse) -> None:
            await socket.send_str("pause")
            for _ in range(100):
                await socket.send_bytes(bytes(1 << 17))
            await socket.send_str("resume")
            await socket.send_str("eof")

        host.script = box(echoes)
        async with opened(host, ATTACH) as socket:
            feeding = asyncio.create_task(feed(socket))
            messages, code = await heard(socket)
            await feeding
        told = b"".join(one for one in messages if isinstance(one, bytes))
        assert len(told) == (8 << 20) + 3
        assert code == 1000

    play(pki, story)


@pytest.mark.parametrize(("path", "most"), [(LOGS, 1 << 12), (ATTACH, 1 << 17)])
def test_a_message_beyond_all_bounds_ends_the_stream(pki: Pki, path: str, most: int) -> None:
    async def story(host: Gated) -> None:
        host.script = box(holds)
        async with opened(host, path) as socket:
            await socket.send_bytes(bytes(most))
            assert await socket.receive_str() == '{"stream":"raw"}'
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(socket.receive(), 0.3)
            await socket.send_bytes(bytes(most + 1))
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
        assert len([1 for _, _, status, _ in host.trail.entries if status == 200]) == 1
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
