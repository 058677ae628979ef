"""Requests and answers pass through the gateway whole, or visibly broken."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable

import aiohttp
import msgspec
import pytest

from edd.api.limits import Limits
from edd.config import Config
from edd.model.caller import Role
from edd.model.gateway import Denial, Opening
from tests.unit.api.pki import Pki
from tests.unit.api.scripted_engine import Gated, gated, get, post, says

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SWITCHED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
RAW = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n"
TAKING = ("Connection: Upgrade", "Upgrade: tcp")

Story = Callable[[Gated], Awaitable[None]]


def play(pki: Pki, story: Story) -> None:
    async def run() -> None:
        async with asyncio.timeout(20), gated(pki) as host:
            await story(host)

    asyncio.run(run())


def request_for(path: str, body: bytes = b"", *lines: str) -> bytes:
    """Return a POST on a connection that may go on."""
    size = f"Content-Length: {len(body)}"
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: h", size, *lines, "", ""]).encode() + body


def test_the_engine_gets_a_head_of_its_own_with_the_callers_headers(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(OK, b"Content-Length: 2\r\n\r\n{}")
        lines = ("X-Registry-Auth: abc", "Keep-Alive: 5", "X-Hop: 1", "TE: trailers", "X-Two: b")
        named = "Connection: x-hop"
        await host.ask(get("/docker/v1.41/info?a=%2e%2e&b=//", *lines, named, "X-Two: a"))
        (head,) = host.heads
        assert head == (
            b"GET /v1.41/info?a=%2e%2e&b=// HTTP/1.1\r\nHost: docker\r\n"
            b"X-Registry-Auth: abc\r\nX-Two: b\r\nX-Two: a\r\nConnection: close\r\n\r\n"
        )

    play(pki, story)


def test_status_reason_headers_and_body_come_back_as_the_engine_sent_them(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(
            b"HTTP/1.1 409 Quite Busy\r\nApi-Version: 1.41\r\nServer: Docker/20.10.24 (linux)\r\n"
            b"Content-Length: 22\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
            b'{"message":"no, it is"'
        )
        head, _, body = (await host.ask(post("/docker/containers/x/start"))).partition(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        assert lines[0] == b"HTTP/1.1 409 Quite Busy"
        assert {b"Api-Version: 1.41", b"Server: Docker/20.10.24 (linux)"} < set(lines)
        assert body == b'{"message":"no, it is"'

    play(pki, story)


def test_a_header_that_is_no_text_does_no_harm(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 200 \xff\r\nX: \xff\r\nContent-Length: 1\r\n\r\nx")
        answer = await host.ask(get("/docker/x"))
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert answer.endswith(b"\r\n\r\nx")

    play(pki, story)


def test_no_type_is_added_to_an_answer_without_one(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
        assert b"\r\ncontent-type:" not in (await host.ask(get("/docker/x"))).lower()

    play(pki, story)


def test_trailers_pass(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        trailer = b"3\r\nabc\r\n0\r\nX-Checksum: 123\r\n\r\n"
        host.script = says(
            OK, b"Trailer: X-Checksum\r\nTransfer-Encoding: chunked\r\n\r\n", trailer
        )
        answer = await host.ask(get("/docker/x"))
        assert b"Trailer: X-Checksum\r\n" in answer
        assert answer.endswith(b"\r\n\r\n" + trailer)

    play(pki, story)


def test_what_a_container_says_is_no_page_of_this_host(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        open_to_all = b"Access-Control-Allow-Origin: *\r\nContent-Type: text/html\r\n"
        host.script = says(b"HTTP/1.1 200 OK\r\n", open_to_all, b"Content-Length: 3\r\n\r\n<b>")
        answer = await host.ask(get("/docker/containers/x/logs"))
        assert b"\r\nContent-Security-Policy: default-src 'none'; sandbox\r\n" in answer
        assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer
        assert b"\r\nCross-Origin-Resource-Policy: same-origin\r\n" in answer
        assert b"Access-Control" not in answer

    play(pki, story)


def test_interim_answers_are_left_out(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 103 Early Hints\r\n\r\n", OK, b"Content-Length: 0\r\n\r\n")
        assert (await host.ask(get("/docker/x"))).startswith(b"HTTP/1.1 200 OK\r\n")

    play(pki, story)


def test_the_head_and_the_first_piece_come_while_the_engine_holds_on(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        go_on = asyncio.Event()

        async def script(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(CHUNKED)
            await go_on.wait()
            go_on.clear()
            writer.write(b"3\r\none\r\n")
            await go_on.wait()
            writer.write(b"0\r\n\r\n")

        host.script = script
        reader, writer = await host.link()
        writer.write(post("/docker/containers/x/wait"))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        go_on.set()
        assert await reader.readexactly(8) == b"3\r\none\r\n"
        go_on.set()
        assert await reader.read() == b"0\r\n\r\n"
        writer.close()

    play(pki, story)


@pytest.mark.parametrize(
    "answer",
    [
        CHUNKED + b"3\r\nabc\r\n",
        CHUNKED + b"3\r\nab",
        CHUNKED + b"3\r\nabc\r\nzz\r\n",
        OK + b"Content-Length: 10\r\n\r\nabc",
    ],
)
def test_an_engine_that_dies_is_no_short_success(pki: Pki, answer: bytes) -> None:
    async def story(host: Gated) -> None:
        host.script = says(answer)
        got = await host.ask(get("/docker/containers/x/export"))
        head, _, body = got.partition(b"\r\n\r\n")
        assert not body.endswith(b"0\r\n\r\n")
        assert head == b"(reset)" or b"Content-Length: 10" in head or b"chunked" in head

        context = pki.client(f"dying-{len(answer)}", Role.ADMIN)
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"https://localhost:{host.port}/docker/containers/x/export"
            with pytest.raises(aiohttp.ClientError):
                async with session.get(url) as whole:
                    await whole.read()

    play(pki, story)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\n\r\n",
    ],
)
def test_an_engine_that_makes_no_sense_is_a_bad_gateway(pki: Pki, answer: bytes) -> None:
    async def story(host: Gated) -> None:
        host.script = says(answer)
        got = await host.ask(get("/docker/x"))
        assert got.startswith(b"HTTP/1.1 502 ")
        problem = json.loads(got.partition(b"\r\n\r\n")[2])
        assert problem["code"] == "engine-unreachable"
        assert problem["message"].startswith(problem["detail"])

    play(pki, story)


def test_a_body_is_framed_anew_and_its_sizes_agree(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        bodies = []

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            bodies.append(await reader.readuntil(b"0\r\n\r\n"))
            writer.write(OK + b"Content-Length: 0\r\n\r\n")

        host.script = script
        chunked = (
            b"PUT /docker/containers/x/archive?path=/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        )
        chunked += (
            b"Transfer-Encoding: chunked\r\n\r\n1;ext=1\r\na\r\n02\r\nbc\r\n0\r\nT: 1\r\n\r\n"
        )
        assert (await host.ask(chunked)).startswith(b"HTTP/1.1 200")
        assert b"Transfer-Encoding: chunked\r\n" in host.heads[0]
        assert (
            bodies[0].replace(b"1\r\na\r\n2\r\nbc\r\n", b"3\r\nabc\r\n") == b"3\r\nabc\r\n0\r\n\r\n"
        )

    play(pki, story)


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: 3", "Transfer-Encoding: chunked"),
        ("Content-Length: 3", "Content-Length: 4"),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Content-Length: +3",),
        ("X: a\nTransfer-Encoding: chunked",),
        (" Folded: x",),
    ],
)
def test_a_request_with_two_ends_reaches_no_engine(pki: Pki, lines: tuple[str, ...]) -> None:
    async def story(host: Gated) -> None:
        host.script = says(OK, b"Content-Length: 0\r\n\r\n")
        head = "\r\n".join(["POST /docker/build HTTP/1.1", "Host: h", *lines, "", ""]).encode()
        hidden = b"0\r\n\r\nGET /docker/hidden HTTP/1.1\r\nHost: h\r\n\r\n"
        assert (await host.ask(head + hidden)).split()[1] == b"400"
        assert host.heads == []

    play(pki, story)


def test_an_engine_that_answers_before_the_end_of_a_body_is_heard(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone")
        reader, writer = await host.link()
        writer.write(b"PUT /docker/containers/x/archive?path=/ HTTP/1.1\r\nHost: h\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n")

        async def send() -> None:
            while True:
                writer.write(b"10000\r\n" + bytes(1 << 16) + b"\r\n")
                await writer.drain()

        sending = asyncio.create_task(send())
        assert (await reader.readuntil(b"\r\n\r\nnone")).startswith(b"HTTP/1.1 404 Not Found")
        sending.cancel()
        writer.close()

    play(pki, story)


def test_a_client_that_breaks_off_its_body_makes_no_whole_one_of_it(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        got = bytearray()

        async def script(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
            while piece := await reader.read(1000):
                got.extend(piece)

        host.script = script
        _reader, writer = await host.link()
        writer.write(b"POST /docker/images/load HTTP/1.1\r\nHost: h\r\n")
        writer.write(b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")
        await until(lambda: b"abc" in got)
        writer.close()
        await host.ended.wait()
        assert not got.endswith(b"0\r\n\r\n")

    play(pki, story)


@pytest.mark.parametrize("begun", [True, False])
def test_a_client_that_leaves_takes_the_engines_side_along_within_a_second(
    pki: Pki, begun: bool
) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if begun:
                writer.write(CHUNKED)
            await reader.read()

        host.script = script
        reader, writer = await host.link()
        writer.write(get("/docker/events"))
        if begun:
            await reader.readuntil(b"\r\n\r\n")
        await until(lambda: host.heads)
        writer.close()
        await within_a_second(host)

    play(pki, story)


@pytest.mark.parametrize("answer", [SWITCHED, RAW])
def test_a_connection_that_was_taken_over_has_two_halves(pki: Pki, answer: bytes) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(13) == b'{"Tty":false}'
            writer.write(answer + b"early ")
            got = await reader.read()
            await asyncio.sleep(0.1)
            writer.write(got[::-1])

        host.script = script
        reader, writer = await host.link()
        lines = TAKING if answer is SWITCHED else ()
        writer.write(request_for("/docker/exec/1/start", b'{"Tty":false}', *lines))
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(answer.partition(b"\r\n")[0])
        assert (b"Upgrade: tcp" in head) is (answer is SWITCHED)
        assert b"chunked" not in head
        writer.write(b"GET / HTTP/1.1\r\n\r\n")
        writer.write_eof()
        assert await reader.read() == b"early " + b"GET / HTTP/1.1\r\n\r\n"[::-1]
        writer.close()

    play(pki, story)


@pytest.mark.parametrize("half_closed", [True, False])
def test_a_taken_over_connection_ends_with_its_client(pki: Pki, half_closed: bool) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(SWITCHED)
            if half_closed:
                assert await reader.read() == b""
                writer.write(b"go on")
            while True:
                await asyncio.sleep(0.05)
                writer.write(b"x")
                await writer.drain()

        host.script = script
        reader, writer = await host.link()
        writer.write(request_for("/docker/containers/x/attach", b"", *TAKING))
        await reader.readuntil(b"\r\n\r\n")
        if half_closed:
            writer.write_eof()
            await reader.readuntil(b"go on")
        writer.close()
        await within_a_second(host)

    play(pki, story)


@pytest.mark.parametrize("cut", [None, 40, -10])
def test_what_is_sent_together_with_a_request_to_take_over_is_not_lost(
    pki: Pki, cut: int | None
) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(2) == b"{}"
            await asyncio.sleep(0.2)
            writer.write(SWITCHED)
            writer.write(await reader.read())

        host.script = script
        reader, writer = await host.link()
        whole = request_for("/docker/exec/1/start", b"{}", *TAKING) + b"x" * 300_000
        writer.write(whole[: cut or None])
        await asyncio.sleep(0.05)
        writer.write(whole[cut:] if cut else b"")
        writer.write_eof()
        answer = await reader.read()
        assert answer.partition(b"\r\n\r\n")[2] == b"x" * 300_000
        writer.close()

    play(pki, story)


def test_a_client_that_ends_within_its_request_to_take_over_is_gone(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        reader, writer = await host.link()
        writer.write(request_for("/docker/exec/1/start", b"{}", *TAKING)[:-1])
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()

    play(pki, story)


def test_a_request_sent_together_with_one_that_the_engine_refuses_to_hand_over_is_answered(
    pki: Pki,
) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone")
        first = request_for("/docker/exec/1/start", b"{}", *TAKING)
        answer = await host.ask(first + get("/docker/second"))
        assert answer.count(b"HTTP/1.1 404 Not Found") == 2
        assert [head.split()[1] for head in host.heads] == [b"/exec/1/start", b"/second"]

    play(pki, story)


def test_an_engine_that_refuses_the_upgrade_is_heard_and_http_goes_on(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone")
        reader, writer = await host.link()
        for _ in range(2):
            writer.write(request_for("/docker/exec/1/start", b"{}", *TAKING))
            assert (await reader.readuntil(b"\r\n\r\nnone")).startswith(b"HTTP/1.1 404 Not Found")
        writer.close()

    play(pki, story)


def test_a_detached_exec_answers_like_any_request(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        answer = await host.ask(post("/docker/exec/1/start", b'{"Detach":true}'))
        assert answer.startswith(b"HTTP/1.1 200 OK")

    play(pki, story)


def test_what_is_sent_behind_a_request_to_take_over_is_no_request(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.2)
            writer.write(SWITCHED)
            writer.write(await reader.read())

        host.script = script
        reader, writer = await host.link()
        writer.write(request_for("/docker/containers/x/attach", b"", *TAKING))
        await until(lambda: host.heads)
        writer.write(get("/docker/info"))
        writer.write_eof()
        assert (await reader.read()).endswith(get("/docker/info"))
        assert len(host.heads) == 1
        writer.close()

    play(pki, story)


def test_a_request_behind_one_that_takes_over_without_saying_so_is_not_lost_in_silence(
    pki: Pki,
) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await asyncio.sleep(0.2)
            writer.write(RAW)
            await reader.read()

        host.script = script
        answer = await host.ask(request_for("/docker/containers/x/attach") + get("/docker/info"))
        assert answer in {b"", b"(reset)"}
        assert len(host.heads) == 1

    play(pki, story)


def test_only_what_docker_takes_over_may_be_taken_over(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(OK, b"Content-Length: 0\r\n\r\n")
        await host.ask(post("/docker/build", b"", "Upgrade: tcp"))
        assert b"pgrade" not in host.heads[0]

    play(pki, story)


def test_who_is_refused_sends_no_byte_and_reaches_no_engine(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.settings.config = _with(host, gateway=Opening.READ_ONLY)
        waiting = b"POST /docker/images/load HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n"
        answer = await host.ask(waiting + b"Expect: 100-continue\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 403 Forbidden")
        assert host.heads == []
        assert host.trail.entries == [("root@local", "docker POST **", 403, "forbidden")]

    play(pki, story)


def test_who_may_is_asked_to_continue(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            assert await reader.readexactly(3) == b"abc"
            writer.write(OK + b"Content-Length: 0\r\n\r\n")

        host.script = script
        reader, writer = await host.link()
        writer.write(b"POST /docker/images/load HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n")
        writer.write(b"Expect: 100-continue\r\nConnection: close\r\n\r\n")
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"abc")
        assert (await reader.read()).startswith(b"HTTP/1.1 200 OK")
        assert b"expect" not in host.heads[0].lower()
        writer.close()

    play(pki, story)


def test_each_decision_is_in_the_trail_before_the_engine_is_asked(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.settings.config = _with(host, gateway_deny=(Denial(None, "*", "/swarm/**"),))
        await host.ask(get("/docker/v1.41/containers/web/json"))
        await host.ask(post("/docker/v1.41/containers/web/stop"))
        await host.ask(get("/docker/swarm"))
        assert host.trail.entries == [
            ("root@local", "docker GET /containers/*/json", 200, ""),
            ("root@local", "docker POST /containers/web/stop", 200, ""),
            ("root@local", "docker GET **", 403, "forbidden"),
        ]

    play(pki, story)


@pytest.mark.parametrize(
    "path", ["/docker/../v1/info", "/docker//info", "/docker/%2e%2e/info", "/docker/a%2Fb/json"]
)
def test_a_path_that_could_mean_two_things_is_a_bad_request(pki: Pki, path: str) -> None:
    async def story(host: Gated) -> None:
        answer = await host.ask(get(path))
        assert answer.startswith(b"HTTP/1.1 400 ")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "invalid-request"
        assert host.heads == []
        assert host.trail.entries == [("root@local", "docker", 400, "invalid-request")]

    play(pki, story)


def test_a_target_in_absolute_form_is_a_bad_request(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        assert (await host.ask(get("http://h/docker/info"))).startswith(b"HTTP/1.1 400 ")
        assert host.heads == []

    play(pki, story)


@pytest.mark.parametrize("name", ["web:1", "web%3A1", "web%3a1"])
def test_no_denial_is_passed_by_with_an_encoded_name(pki: Pki, name: str) -> None:
    async def story(host: Gated) -> None:
        host.settings.config = _with(host, gateway_deny=(Denial(None, "*", "/images/web:1"),))
        answer = await host.ask(f"DELETE /docker/images/{name} HTTP/1.0\r\n\r\n".encode())
        assert answer.split()[1] == b"403"
        assert host.heads == []

    play(pki, story)


@pytest.mark.parametrize("line", ["Sec-Fetch-Site: cross-site", "Origin: https://evil.example"])
def test_a_foreign_page_reads_nothing_of_the_engine(pki: Pki, line: str) -> None:
    async def story(host: Gated) -> None:
        answer = await host.ask(get("/docker/containers/x/logs?stdout=1", line))
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "foreign-origin"
        assert host.heads == []

    play(pki, story)


def test_who_waits_changes_nothing_for_the_trail(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(OK, b"Content-Length: 2\r\n\r\n{}")
        await host.ask(post("/docker/containers/any/wait?condition=removed"))
        entry = ("root@local", "docker POST /containers/*/wait", 200, "")
        assert host.trail.entries == [entry]

    play(pki, story)


LIMITED = [
    ("GET", "containers/x/top?ps_args=e", 403),
    ("GET", "containers/x/top?ps_args=aux", 200),
    ("POST", "containers/x/start?checkpoint=a&checkpoint-dir=/tmp", 403),
    ("POST", "containers/x/stop?t=1", 200),
]


@pytest.mark.parametrize(("method", "path", "status"), LIMITED)
def test_below_an_administrator_a_query_is_judged(
    pki: Pki, method: str, path: str, status: int
) -> None:
    async def story(host: Gated) -> None:
        host.script = says(OK, b"Content-Length: 2\r\n\r\n{}")
        name = f"deployer-{LIMITED.index((method, path, status))}"
        got, _body = await ask_as(pki, host, (name, Role.DEPLOYER), method, f"/docker/{path}")
        assert got == status
        assert len(host.heads) == (status == 200)

    play(pki, story)


def test_a_refusal_names_what_was_asked_for(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        path = "/docker/v1.40/containers/web/exec"
        _status, body = await ask_as(pki, host, ("onlooker", Role.VIEWER), "POST", path)
        assert "POST /containers/web/exec is refused to onlooker" in body

    play(pki, story)


def test_a_streams_query_is_judged_as_well(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        connector = aiohttp.TCPConnector(ssl=pki.client("streaming", Role.DEPLOYER))
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"https://localhost:{host.port}/ws/containers/x/logs?stdout=1&other=1"
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(url)
        assert host.heads == []

    play(pki, story)


def test_an_administrators_query_passes_as_it_is(pki: Pki) -> None:
    async def story(host: Gated) -> None:
        host.script = says(OK, b"Content-Length: 0\r\n\r\n")
        await host.ask(get("/docker/containers/x/top?ps_args=e&ps_args=;"))
        assert host.heads[0].startswith(b"GET /containers/x/top?ps_args=e&ps_args=; HTTP/1.1")

    play(pki, story)


async def ask_as(
    pki: Pki,
    host: Gated,
    who: tuple[str, Role],
    method: str,
    path: str,
    json_body: object = None,
) -> tuple[int, str]:
    """Return the status and the body of an answer over TLS."""
    connector = aiohttp.TCPConnector(ssl=pki.client(*who))
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"https://localhost:{host.port}{path}"
        async with session.request(method, url, json=json_body) as got:
            return got.status, await got.text()


SECRETIVE = [
    OK + b'Transfer-Encoding: chunked\r\n\r\n5\r\n[{"En\r\n',
    OK + b"Content-Length: 6\r\n\r\nsecret",
    OK.replace(b"json", b"yaml") + b'Content-Length: 8\r\n\r\n["secret"',
    OK + b'Content-Encoding: gzip\r\nContent-Length: 10\r\n\r\n["secret"]',
    OK + b'Content-Length: 20000000\r\n\r\n["secret"' + b" " * 10_000_000,
]  # fmt: skip


@pytest.mark.parametrize("answer", SECRETIVE, ids=range(len(SECRETIVE)))
def test_a_viewer_is_shown_nothing_that_cannot_be_rewritten(
    pki: Pki, answer: bytes, request: pytest.FixtureRequest
) -> None:
    async def story(host: Gated) -> None:
        host.script = says(answer)
        context = pki.client(f"viewer-{request.node.callspec.id}", Role.VIEWER)
        connector = aiohttp.TCPConnector(ssl=context)
        async with aiohttp.ClientSession(connector=connector) as session:
            url = f"https://localhost:{host.port}/docker/containers/x/json"
            async with session.get(url) as got:
                assert got.status == 502
                assert "secret" not in await got.text()

    play(pki, story)


IMPATIENT = Limits(
    silence=0.2, farewell=0.2, unread=0.2, linger=0.2, keep_alive=0.2, handshake=1.0, goodbye=0.2
)


@pytest.mark.parametrize("answer", [SWITCHED, RAW, CHUNKED])
def test_a_stream_may_be_silent_for_as_long_as_it_likes(pki: Pki, answer: bytes) -> None:
    async def story(host: Gated) -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            await asyncio.sleep(1.2)
            writer.write(b"3\r\nyet\r\n")
            await reader.read()

        host.script = script
        name = f"patient-{answer[9:12].decode()}-{len(answer)}"
        context = pki.client(name, Role.ADMIN)
        reader, writer = await asyncio.open_connection("localhost", host.port, ssl=context)
        path = "/docker/exec/1/start" if answer is not CHUNKED else "/docker/images/load"
        writer.write(request_for(path, b"{}", *(TAKING if answer is SWITCHED else ())))
        await reader.readuntil(b"3\r\nyet\r\n")
        writer.close()

    async def run() -> None:
        async with asyncio.timeout(20), gated(pki, IMPATIENT) as host:
            await story(host)

    asyncio.run(run())


ENDLESS = [
    "/docker/containers/x/attach",
    "/docker/containers/x/wait",
    "/docker/v1.41/containers/x/wait?condition=next-exit",
]


@pytest.mark.parametrize("path", ENDLESS)
def test_a_daemon_that_ends_does_not_wait_for_what_has_no_end(pki: Pki, path: str) -> None:
    async def run() -> None:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(SWITCHED if path.endswith("attach") else CHUNKED)
            await reader.read()

        async with gated(pki) as host:
            host.script = script
            reader, writer = await host.link()
            lines = TAKING if path.endswith("attach") else ()
            writer.write(request_for(path, b"", *lines))
            await reader.readuntil(b"\r\n\r\n")
            began = time.monotonic()
            await host.server.stop(10)
            assert time.monotonic() - began < 3
            writer.close()

    asyncio.run(run())


async def until(true: Callable[[], object]) -> None:
    while not true():
        await asyncio.sleep(0.01)


async def within_a_second(host: Gated) -> None:
    began = time.monotonic()
    await host.ended.wait()
    assert time.monotonic() - began < 1


def _with(host: Gated, **changes: object) -> Config:
    return msgspec.structs.replace(host.settings.config, **changes)
