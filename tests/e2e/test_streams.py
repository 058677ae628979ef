"""The engine's streams over WebSockets, as a browser has them, from a real engine over TLS."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from edd.model.caller import Role
from tests.support.certificates import Client
from tests.support.daemon import Daemon
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive

MIB = 1 << 20
PIECE = 1 << 17
"""Bytes of a message of input, the most."""

BOX = "/bin/busybox"


@pytest.fixture(scope="module")
def host(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A host whose engine runs the container ``box``, which does nothing."""
    engine.clean()
    root = tmp_path_factory.mktemp("streams")
    engine.load(write_archive(root / "image.tar", website_image("web:1", "web")))
    engine.docker("run", "-d", "--name", "box", "web:1", BOX, "sleep", "1000")
    with Daemon(root / "edd", engine.socket) as daemon:
        yield daemon
    engine.clean()


@asynccontextmanager
async def session(
    host: Daemon, client: Client | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the host, as the administrator or another."""
    client = client or host.admin
    context = ssl.create_default_context(cafile=host.trust.paths.ca_certificate)
    context.load_cert_chain(client.certificate, client.key)
    connector = aiohttp.TCPConnector(ssl=context, limit=0)
    async with aiohttp.ClientSession(host.url, connector=connector) as made:
        yield made
    await asyncio.sleep(0.1)  # TLS says goodbye


@dataclass
class Heard:
    """What a stream carried: its first message, output and errors, and the code of its close."""

    first: dict[str, Any]
    out: bytes = b""
    errors: bytes = b""
    code: int | None = None


async def opened(
    client: aiohttp.ClientSession, path: str
) -> tuple[aiohttp.ClientWebSocketResponse, Heard]:
    """Open a stream and read its first message."""
    socket = await client.ws_connect(f"/ws{path}", max_msg_size=0)
    return socket, Heard(json.loads(await socket.receive_str(timeout=20)))


async def rest(socket: aiohttp.ClientWebSocketResponse, heard: Heard, until: bytes = b"") -> Heard:
    """Read to the end, or until the output has some bytes in it."""
    framed = heard.first.get("stream") == "framed"
    async with asyncio.timeout(30):
        while not (until and until in heard.out):
            message = await socket.receive()
            if message.type is not WSMsgType.BINARY:
                heard.code = socket.close_code
                return heard
            if framed and message.data[0] == 2:
                heard.errors += message.data[1:]
            else:
                heard.out += message.data[1:] if framed else message.data
    return heard


async def ask(client: aiohttp.ClientSession, method: str, path: str, body: Any = None) -> Any:
    """Ask the engine below `/docker/`; return what it says."""
    async with client.request(method, f"/docker{path}", json=body) as answer:
        assert answer.status < 400, await answer.text()
        return await answer.json(content_type=None) if answer.content_length != 0 else None


async def terminal(client: aiohttp.ClientSession, *command: str, tty: bool = True) -> str:
    """Create an exec in the box; return its id."""
    wish = {"AttachStdin": True, "AttachStdout": True, "AttachStderr": True, "Tty": tty}
    made = await ask(client, "POST", "/containers/box/exec", {**wish, "Cmd": [BOX, *command]})
    return str(made["Id"])


def test_a_terminal_is_typed_into_resized_and_ends_with_its_exit_code(host: Daemon) -> None:
    async def it() -> None:
        async with session(host) as client:
            exec_id = await terminal(client, "sh")
            socket, heard = await opened(client, f"/exec/{exec_id}/start")
            assert heard.first == {"stream": "raw"}
            await ask(client, "POST", f"/exec/{exec_id}/resize?h=41&w=123")
            await socket.send_bytes(b"stty size; echo $((6*7))\n")
            await rest(socket, heard, until=b"\n42")
            assert b"41 123" in heard.out
            await socket.send_bytes(b"exit 7\n")
            await rest(socket, heard)
            assert heard.code == 1000
            assert (await ask(client, "GET", f"/exec/{exec_id}/json"))["ExitCode"] == 7

    asyncio.run(it())


def test_twenty_terminals_at_once(host: Daemon) -> None:
    async def one(client: aiohttp.ClientSession, number: int) -> None:
        exec_id = await terminal(client, "sh")
        socket, heard = await opened(client, f"/exec/{exec_id}/start")
        await socket.send_bytes(b"echo $((%d*1000+7)); exit\n" % number)
        await rest(socket, heard)
        assert b"\n%d007" % number in heard.out

    async def it() -> None:
        async with session(host) as client:
            await asyncio.gather(*(one(client, number) for number in range(1, 21)))

    asyncio.run(it())


def test_output_and_errors_come_apart_and_bytes_survive(host: Daemon) -> None:
    async def it() -> None:
        async with session(host) as client:
            words = r"printf 'out\377\200\n'; printf 'err\376' >&2"
            exec_id = await terminal(client, "sh", "-c", words, tty=False)
            socket, heard = await opened(client, f"/exec/{exec_id}/start")
            assert heard.first == {"stream": "framed"}
            await rest(socket, heard)
            assert (heard.out, heard.errors) == (b"out\xff\x80\n", b"err\xfe")

    asyncio.run(it())


def test_input_ends_and_the_output_still_comes_whole(host: Daemon) -> None:
    sent = Random(1).randbytes(3 * MIB)

    async def feed(socket: aiohttp.ClientWebSocketResponse) -> None:
        for start in range(0, len(sent), PIECE):
            await socket.send_bytes(sent[start : start + PIECE])
        await socket.send_str("eof")

    async def it() -> None:
        async with session(host) as client:
            exec_id = await terminal(client, "cat", tty=False)
            socket, heard = await opened(client, f"/exec/{exec_id}/start")
            feeding = asyncio.create_task(feed(socket))
            await rest(socket, heard)
            await feeding
            assert heard.out == sent
            assert heard.code == 1000

    asyncio.run(it())


def test_logs_are_followed_to_the_containers_end(host: Daemon, engine: TestEngine) -> None:
    words = "echo one; sleep 1; echo two; echo bad >&2"
    engine.docker("run", "-d", "--name", "talker", "web:1", BOX, "sh", "-c", f"PATH=/bin; {words}")

    async def it() -> None:
        async with session(host) as client:
            path = "/containers/talker/logs?follow=1&stdout=1&stderr=1"
            socket, heard = await opened(client, path)
            await rest(socket, heard)
            assert heard.first == {"stream": "framed"}
            assert (heard.out, heard.errors, heard.code) == (b"one\ntwo\n", b"bad\n", 1000)

    asyncio.run(it())


def test_statistics_and_events_come_as_they_happen(host: Daemon, engine: TestEngine) -> None:
    async def it() -> None:
        async with session(host) as client:
            socket, heard = await opened(client, "/containers/box/stats?stream=1")
            await rest(socket, heard, until=b"\n")
            assert json.loads(heard.out.splitlines()[0])["memory_stats"]["usage"] > 0
            events, told = await opened(client, "/events")
            await asyncio.to_thread(engine.docker, "pause", "box")
            await rest(events, told, until=b'"pause"')
            engine.docker("unpause", "box")

    asyncio.run(it())


def test_attach_speaks_with_the_containers_own_process(host: Daemon, engine: TestEngine) -> None:
    engine.docker("run", "-d", "-i", "--name", "echo", "web:1", BOX, "cat")

    async def it() -> None:
        async with session(host) as client:
            path = "/containers/echo/attach?stream=1&stdin=1&stdout=1"
            socket, heard = await opened(client, path)
            await socket.send_bytes(b"hello\n")
            await rest(socket, heard, until=b"hello\n")
            await socket.send_str("eof")
            await rest(socket, heard)
            assert heard.code == 1000

    asyncio.run(it())


def test_what_the_engine_refuses_is_told_in_its_words(host: Daemon) -> None:
    async def it() -> None:
        async with session(host) as client:
            socket, heard = await opened(client, "/containers/nobody/logs?stdout=1")
            assert heard.first["status"] == 404
            assert "No such container: nobody" in heard.first["error"]
            assert (await rest(socket, heard)).code == 4404

    asyncio.run(it())


def test_an_exec_is_a_ticket_for_one_start(host: Daemon) -> None:
    async def it() -> None:
        async with session(host) as client:
            exec_id = await terminal(client, "true")
            await rest(*await opened(client, f"/exec/{exec_id}/start"))
            again = await rest(*await opened(client, f"/exec/{exec_id}/start"))
            # Some engines tell it after they began, as if the process did.
            assert "already" in again.first.get("error", again.out.decode())

    asyncio.run(it())


def test_a_viewer_gets_no_terminal_and_the_trail_tells(host: Daemon) -> None:
    viewer = host.client("watcher", Role.VIEWER)

    async def it() -> None:
        async with session(host) as admin:
            exec_id = await terminal(admin, "sh")
        async with session(host, viewer) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(f"/ws/exec/{exec_id}/start")
            assert refused.value.status == 403

    asyncio.run(it())
    trail = host.get("/v1/audit?limit=5")
    assert any(entry["caller"] == "watcher" and entry["status"] == 403 for entry in trail)


def test_a_viewer_reads_events_without_what_labels_say(host: Daemon, engine: TestEngine) -> None:
    viewer = host.client("looker", Role.VIEWER)
    engine.docker("create", "--name", "labelled", "-l", "token=s3cret", "web:1", BOX, "true")

    async def it() -> None:
        async with session(host, viewer) as client:
            socket, heard = await opened(client, "/events")
            assert heard.first == {"stream": "raw"}
            await asyncio.to_thread(engine.docker, "rm", "labelled")
            await rest(socket, heard, until=b'"destroy"')
            assert b"labelled" in heard.out
            assert b"s3cret" not in heard.out

    asyncio.run(it())


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
def test_another_sites_page_gets_no_stream(host: Daemon, origin: str) -> None:
    async def it() -> None:
        async with session(host) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect("/ws/events", origin=origin)
            assert refused.value.status == 403

    asyncio.run(it())


@pytest.mark.parametrize("path", ["/containers/box/json", "/info", "/containers//logs", "/build"])
def test_what_is_no_stream_is_refused(host: Daemon, path: str) -> None:
    async def it() -> None:
        async with session(host) as client:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(f"/ws{path}")
            assert refused.value.status == 400

    asyncio.run(it())


def test_a_stream_is_not_read_without_a_websocket(host: Daemon) -> None:
    status, answer = host.request("GET", "/ws/events")
    assert status == 400
    assert "WebSocket" in json.loads(answer)["detail"]


def test_a_client_that_leaves_takes_the_engines_side_with_it(host: Daemon) -> None:
    def links() -> int:
        folder = Path(f"/proc/{host.pid}/fd")
        return sum(str(link.readlink()).startswith("socket:") for link in folder.iterdir())

    async def it() -> None:
        async with session(host) as client:
            path = "/containers/box/logs?follow=1&stdout=1"
            sockets = [(await opened(client, path))[0] for _ in range(20)]
            assert not any(socket.closed for socket in sockets)
            assert links() > before + 35
        async with asyncio.timeout(3):
            while links() > before + 2:
                await asyncio.sleep(0.1)

    before = links()
    asyncio.run(it())


def test_the_daemons_end_is_told(engine: TestEngine, tmp_path: Path) -> None:
    async def it(host: Daemon) -> None:
        async with session(host) as client:
            socket, heard = await opened(client, "/events")
            stopping = asyncio.create_task(asyncio.to_thread(host.stop))
            assert (await rest(socket, heard)).code == 1001
            await stopping

    with Daemon(tmp_path / "edd", engine.socket) as ending:
        asyncio.run(it(ending))
