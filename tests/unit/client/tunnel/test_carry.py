"""Streams through the door, against a host that talks, refuses, and breaks off."""

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from aiohttp import WSMsgType, web

from edd.client.endpoint import Endpoint
from tests.unit.client.talking import TalkingHost
from tests.unit.client.tunnel.test_relay import run

Talk = Callable[[web.WebSocketResponse], Awaitable[None]]
PATH = "/ws/events"


def talk(host: TalkingHost, work: Talk) -> None:
    """Let the host's stream do ``work`` once it is open."""

    async def handle(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await work(socket)
        return socket

    host.handle("GET", PATH, handle)


def test_messages_pass_both_ways_and_the_close_keeps_its_words(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def echo(socket: web.WebSocketResponse) -> None:
        await socket.send_str('{"stream": "raw"}')
        await socket.send_bytes(await socket.receive_bytes())
        assert await socket.receive_str() == "eof"
        await socket.close(code=4409, message=b"it has ended")

    talk(host, echo)
    every = bytes(range(256)) * 512

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.ws_connect(f"{url}{PATH}?since=1", max_msg_size=0) as socket:
            assert await socket.receive_str() == '{"stream": "raw"}'
            await socket.send_bytes(every)
            assert await socket.receive_bytes() == every
            await socket.send_str("eof")
            last = await socket.receive()
            assert (last.type, last.data, last.extra) == (WSMsgType.CLOSE, 4409, "it has ended")

    run(endpoint, ask)
    assert host.seen[-1].query == {"since": "1"}
    assert not {"Cookie", "Origin"} & host.seen[-1].headers.keys()


def test_a_refusal_of_the_host_is_told_in_its_words(host: TalkingHost, endpoint: Endpoint) -> None:
    host.refuse("GET", PATH, "forbidden", 403, advice="Ask for more.")

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.ws_connect(f"{url}{PATH}") as socket:
            told = {"error": "It is forbidden. Ask for more.", "status": 403}
            assert await socket.receive_json() == told
            assert (await socket.receive()).data == 4403

    run(endpoint, ask)


def test_an_answer_that_is_no_stream_is_told_too(host: TalkingHost, endpoint: Endpoint) -> None:
    host.answer("GET", PATH, {})

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.ws_connect(f"{url}{PATH}") as socket:
            assert (await socket.receive_json())["status"] == 502

    run(endpoint, ask)


def test_a_host_that_breaks_off_is_not_taken_for_an_end(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def cut(socket: web.WebSocketResponse) -> None:
        await socket.send_str("x")
        transport = socket.get_extra_info("socket")
        assert transport is not None
        transport.shutdown(2)

    talk(host, cut)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.ws_connect(f"{url}{PATH}") as socket:
            assert await socket.receive_str() == "x"
            assert (await socket.receive()).data == 1011

    run(endpoint, ask)


@pytest.mark.parametrize("politely", [True, False])
def test_a_browser_that_leaves_ends_the_stream_at_the_host(
    host: TalkingHost, endpoint: Endpoint, politely: bool
) -> None:
    left = asyncio.Event()

    async def wait(socket: web.WebSocketResponse) -> None:
        await socket.send_str("x")
        await socket.receive()
        left.set()

    talk(host, wait)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        socket = await client.ws_connect(f"{url}{PATH}")
        assert await socket.receive_str() == "x"
        if politely:
            await socket.close()
        else:
            transport = socket.get_extra_info("socket")
            assert transport is not None
            transport.shutdown(2)
        for _ in range(200):
            if left.is_set():
                return
            await asyncio.sleep(0.02)

    run(endpoint, ask)
    assert left.is_set()


def test_a_flood_waits_at_the_host_for_a_browser_that_does_not_read(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    sent = 0

    async def flood(socket: web.WebSocketResponse) -> None:
        nonlocal sent
        while sent < 200 << 20:
            await socket.send_bytes(bytes(1 << 16))
            sent += 1 << 16

    talk(host, flood)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        socket = await client.ws_connect(f"{url}{PATH}")
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.5)
        assert 0 < sent < 64 << 20
        await socket.close()

    run(endpoint, ask)


@pytest.mark.parametrize("path", ["/v1/info", "/docker/events", "/", "/wsx", PATH])
def test_nothing_else_is_upgraded(host: TalkingHost, endpoint: Endpoint, path: str) -> None:
    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        wish = "tcp" if path == PATH else "websocket"
        headers = {"Connection": "Upgrade", "Upgrade": wish, "Sec-Fetch-Site": "same-origin"}
        async with client.get(url + path, headers=headers) as answer:
            assert answer.status == 400

    run(endpoint, ask)
    assert host.seen == []
