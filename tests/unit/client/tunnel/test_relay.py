"""What goes to the host and what comes back, against a host that talks too much."""

import asyncio
import io
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from edd.client.endpoint import Endpoint
from edd.client.transport import Transport
from edd.client.tunnel.door import Door
from edd.client.tunnel.session import Session
from tests.unit.client.talking import TalkingHost

Ask = Callable[[aiohttp.ClientSession, str], Awaitable[None]]


@asynccontextmanager
async def opened(endpoint: Endpoint) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A door to ``endpoint``, and a client that was let in, with the headers of its pages."""
    listener = socket.create_server(("127.0.0.1", 0))
    place = f"127.0.0.1:{listener.getsockname()[1]}"
    session = Session()
    cookie = session.open(session.link)
    async with Transport(endpoint) as transport:
        answer = Door(transport, session, place).answer
        server = web.Server(answer, auto_decompress=False, handler_cancellation=True)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        await web.SockSite(runner, listener).start()
        headers = {"Cookie": f"edd={cookie}; other=1", "Origin": f"http://{place}"}
        async with aiohttp.ClientSession(headers=headers) as client:
            yield client, f"http://{place}"
        await runner.cleanup()


def run(endpoint: Endpoint, ask: Ask) -> None:
    async def story() -> None:
        async with opened(endpoint) as (client, url):
            await ask(client, url)

    asyncio.run(story())


def test_the_host_hears_nothing_of_the_browser(host: TalkingHost, endpoint: Endpoint) -> None:
    host.answer("POST", "/v1/deployments/website/stop", {})
    headers = {"Referer": "http://x/", "Authorization": "Basic x", "X-Forwarded-For": "1.2.3.4"}

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        path = f"{url}/v1/deployments/website/stop"
        async with client.post(path, headers=headers | {"Sec-Fetch-Site": "same-origin"}) as answer:
            assert answer.status == 200

    run(endpoint, ask)
    assert host.seen[-1].headers["Accept-Encoding"] == "identity"
    heard = {name.lower() for name in host.seen[-1].headers}
    assert heard <= {"host", "accept", "accept-encoding", "user-agent"} | {
        "content-type",
        "content-length",
    }


def test_a_host_cannot_give_the_browser_a_page_a_cookie_or_a_rule(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def page(_: web.Request) -> web.Response:
        answer = web.Response(text="<script>alert(1)</script>", content_type="text/html")
        answer.set_cookie("edd", "mine")
        answer.headers["Strict-Transport-Security"] = "max-age=99999"
        answer.headers["Content-Security-Policy"] = "default-src *"
        answer.headers["Access-Control-Allow-Origin"] = "*"
        answer.headers["Refresh"] = "0;url=http://evil.example"
        return answer

    host.handle("GET", "/v1/info", page)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.get(f"{url}/v1/info") as answer:
            told = answer.headers
            assert answer.content_type == "application/octet-stream"
            assert told["Content-Disposition"] == "attachment"
            assert "sandbox" in told["Content-Security-Policy"]
            assert told["X-Content-Type-Options"] == "nosniff"
            for name in ("Set-Cookie", "Strict-Transport-Security", "Refresh"):
                assert name not in told
            assert not [name for name in told if name.startswith("Access-Control")]

    run(endpoint, ask)


def test_a_redirect_of_the_host_leads_nowhere(host: TalkingHost, endpoint: Endpoint) -> None:
    async def elsewhere(_: web.Request) -> web.Response:
        raise web.HTTPFound("http://127.0.0.1:1/")

    host.handle("GET", "/v1/info", elsewhere)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.get(f"{url}/v1/info", allow_redirects=False) as answer:
            assert answer.status == 302
            assert "Location" not in answer.headers

    run(endpoint, ask)


def test_a_query_arrives_as_it_was_asked(host: TalkingHost, endpoint: Endpoint) -> None:
    host.answer("GET", "/v1/jobs", [])

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.get(f"{url}/v1/jobs?limit=5&deployment=a%26b") as answer:
            assert answer.status == 200

    run(endpoint, ask)
    assert host.seen[-1].query == {"limit": "5", "deployment": "a&b"}


def test_a_body_goes_on_as_it_comes(host: TalkingHost, endpoint: Endpoint) -> None:
    host.stream("POST", "/v1/deployments/website/load", {"event": "outcome"})
    body = bytes(range(256)) * 20_000

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        path = f"{url}/v1/deployments/website/load"
        async with client.post(path, data=io.BytesIO(body)) as answer:
            assert json.loads(await answer.text()) == {"event": "outcome"}
            assert answer.content_type == "application/x-ndjson"

    run(endpoint, ask)
    assert host.seen[-1].body == body
    assert host.seen[-1].headers["Content-Length"] == str(len(body))


def test_a_refusal_comes_back_and_the_body_is_not_sent(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    host.refuse("POST", "/v1/deployments/website/load", "forbidden", 403)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        path = f"{url}/v1/deployments/website/load"
        async with client.post(path, data=io.BytesIO(bytes(4 << 20))) as answer:
            assert answer.status == 403
            assert (await answer.json())["code"] == "forbidden"

    run(endpoint, ask)
    assert host.seen[-1].body == b""


def test_an_answer_that_breaks_off_is_not_taken_for_whole(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        await answer.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return answer

    host.handle("GET", "/v1/deployments/website/logs", half)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.get(f"{url}/v1/deployments/website/logs") as answer:
            with pytest.raises(aiohttp.ClientError):
                await answer.read()

    run(endpoint, ask)


def test_a_host_that_is_away_is_a_problem_with_advice(
    endpoint: Endpoint, host: TalkingHost
) -> None:
    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        assert host.socket is not None
        host.socket.unlink()
        async with client.get(f"{url}/v1/info") as answer:
            assert answer.status == 502
            problem = await answer.json(content_type="application/problem+json")
            assert problem["code"] == "host-unreachable"

    run(endpoint, ask)


def test_a_browser_that_leaves_a_silent_stream_ends_it_at_the_host(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    left = []

    async def silent(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={"Content-Type": "text/plain"})
        await answer.prepare(request)
        await answer.write(b"x")
        while request.transport is not None:
            await asyncio.sleep(0.02)
        left.append(True)
        return answer

    host.handle("GET", "/v1/deployments/website/logs", silent)

    async def ask(client: aiohttp.ClientSession, url: str) -> None:
        async with client.get(f"{url}/v1/deployments/website/logs?follow=1") as answer:
            assert await answer.content.read(1) == b"x"
        for _ in range(200):
            if left:
                return
            await asyncio.sleep(0.02)

    run(endpoint, ask)
    assert left == [True]
