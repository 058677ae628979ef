"""Listening, reloading and ending: no request is dropped on the way."""

import asyncio
import contextlib
import gc
import logging
import socket
import ssl
import stat
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from edd.api.limits import Limits
from edd.api.server import Listen, Server
from edd.api.sockets import close, listen_tcp, listen_unix
from edd.errors import ConfigError
from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.running import Running, running, until
from tests.unit.api.scripted_engine import gated, post, says
from tests.unit.api.standin import Standin


class Uploading:
    """An upload of two parts, the second held back until told; the task ends in its status."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self.may_end = asyncio.Event()
        self.task = asyncio.create_task(self._upload(client))

    async def _upload(self, client: aiohttp.ClientSession) -> int:
        async with client.post("/v1/website/load", data=self._parts()) as answer:
            return answer.status

    async def _parts(self) -> AsyncIterator[bytes]:
        yield b"first"
        await self.may_end.wait()
        yield b"second"


async def begin_upload(host: Running, client: aiohttp.ClientSession) -> Uploading:
    upload = Uploading(client)
    await asyncio.wait_for(host.standin.reading.wait(), 5)
    return upload


def test_an_upload_that_runs_is_completed_before_the_server_ends(pki: Pki) -> None:
    context = pki.client("patient", Role.DEPLOYER)

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            upload = await begin_upload(host, client)
            ending = asyncio.create_task(host.server.stop(10))
            await asyncio.sleep(0.1)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("localhost", host.port), 1)
            assert not host.socket.exists()
            upload.may_end.set()
            assert await upload.task == 200
            await asyncio.wait_for(ending, 5)
            assert host.standin.received == {"website": 11}

    asyncio.run(story())


def test_the_end_waits_no_longer_than_told(pki: Pki) -> None:
    context = pki.client("stuck", Role.DEPLOYER)

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            upload = await begin_upload(host, client)
            await asyncio.wait_for(host.server.stop(0.2), 5)
            assert isinstance(await asyncio.gather(upload.task, return_exceptions=True), list)
            assert host.standin.refused is not None

    asyncio.run(story())


def test_idle_connections_and_followed_logs_do_not_delay_the_end(pki: Pki) -> None:
    context = pki.client("idle", Role.VIEWER)

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            async with client.get("/v1/info") as answer:
                assert answer.status == 200
            async with client.get("/v1/website/logs?follow=1") as answer:
                assert await answer.content.readline() == b"one\n"
                await asyncio.wait_for(host.server.stop(10), 3)
                assert await answer.content.read() == b""
            assert host.standin.log_ended.is_set()

    asyncio.run(story())


def test_a_followed_log_ends_when_its_reader_leaves(pki: Pki) -> None:
    context = pki.client("reader", Role.VIEWER)

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            answer = await client.get("/v1/website/logs?follow=true&tail=5&since=12")
            assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
            assert await answer.content.readline() == b"one\n"
            answer.close()
            await asyncio.wait_for(host.standin.log_ended.wait(), 3)

    asyncio.run(story())


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_log_that_fails_half_way_is_broken_off_without_another_word(
    pki: Pki, version: str
) -> None:
    async def story() -> None:
        async with running(pki) as host:
            reader, writer = await asyncio.open_unix_connection(host.socket)
            head = f"GET /v1/broken/logs HTTP/{version}\r\nHost: edd\r\n\r\n"
            writer.write(head.encode())
            said = b""
            async with asyncio.timeout(5):
                with contextlib.suppress(ConnectionError):
                    while part := await reader.read(1000):
                        said += part
            writer.close()
            assert said.count(b"HTTP/1.") == 1
            assert b"one" in said
            assert b"urn:edd:error" not in said
            assert not said.endswith(b"0\r\n\r\n")

    asyncio.run(story())


def test_a_reload_drops_no_connection_and_serves_the_next_one_the_new_certificate(pki: Pki) -> None:
    context = pki.client("steady", Role.DEPLOYER)

    async def story() -> None:
        async with (
            running(pki) as host,
            host.client(context) as idle,
            host.client(context) as client,
        ):
            async with idle.get("/v1/info") as answer:
                assert answer.status == 200
            upload = await begin_upload(host, client)
            before = await serial(host, context)
            pki.authority.renew_server()
            host.gate.reload(pki.files)
            assert await serial(host, context) != before
            async with idle.get("/v1/info") as answer:
                assert answer.status == 200
            upload.may_end.set()
            assert await upload.task == 200

    asyncio.run(story())


def test_who_does_not_shake_hands_in_time_is_left(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki, Limits(handshake=0.1)) as host:
            reader, writer = await asyncio.open_connection("127.0.0.1", host.port)
            assert await asyncio.wait_for(reader.read(), 3) == b""
            writer.close()
            await writer.wait_closed()

    asyncio.run(story())


def test_more_connections_than_allowed_are_turned_away_while_the_host_itself_gets_in(
    pki: Pki,
) -> None:
    first, second = pki.client("first", Role.VIEWER), pki.client("second", Role.VIEWER)

    async def story() -> None:
        async with (
            running(pki, Limits(connections=1)) as host,
            host.client(first) as client,
            host.client(second) as late,
            host.local() as local,
        ):
            async with client.get("/v1/info") as answer:
                assert answer.status == 200
            with pytest.raises(aiohttp.ClientError):
                await late.get("/v1/info")
            for admitted in (client, local):
                async with admitted.get("/v1/info") as answer:
                    assert answer.status == 200

    asyncio.run(story())


def test_one_network_leaves_room_for_others(pki: Pki) -> None:
    context = pki.client("neighbour", Role.VIEWER)

    async def ask(host: Running, source: str) -> int:
        connector = aiohttp.TCPConnector(ssl=context, local_addr=(source, 0), family=socket.AF_INET)
        async with (
            aiohttp.ClientSession(host.url, connector=connector) as client,
            client.get("/v1/info") as answer,
        ):
            return answer.status

    async def story() -> None:
        async with running(pki, Limits(of_one=2)) as host, host.client(context) as first:
            plain = socket.create_connection(("127.0.0.1", host.port), 5)
            async with first.get("/v1/info") as answer:
                assert answer.status == 200
            with pytest.raises(aiohttp.ClientError):
                await ask(host, "127.0.0.1")
            assert await ask(host, "127.0.0.9") == 200
            plain.close()
            await until(lambda: not host.server._doors[0]._arriving)
            assert await ask(host, "127.0.0.1") == 200

    asyncio.run(story())


def test_a_connection_that_was_taken_over_counts_no_more_when_it_is_lost(pki: Pki) -> None:
    tls = pki.client("taking", Role.ADMIN)
    switched = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"

    async def story() -> None:
        async with gated(pki, Limits(of_one=1)) as host:
            host.script = says(switched, b"said")
            for _ in range(3):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", host.port, ssl=tls, server_hostname="localhost"
                )
                writer.write(
                    post("/docker/exec/x/start", b"", "Connection: Upgrade", "Upgrade: tcp")
                )
                assert (await asyncio.wait_for(reader.read(), 5)).endswith(b"said")
                writer.close()
                await asyncio.sleep(0.2)

    gc.disable()
    try:
        asyncio.run(story())
    finally:
        gc.enable()


def test_handshakes_that_one_network_stalls_hold_up_no_other(pki: Pki) -> None:
    context = pki.client("quick", Role.VIEWER)

    async def story() -> None:
        async with running(pki, Limits(handshakes=3, handshakes_of_one=2)) as host:
            stalled = [
                socket.create_connection(("127.0.0.1", host.port), 5, ("127.0.0.9", 0))
                for _ in range(5)
            ]
            await until(lambda: len(host.server._doors[0]._arriving) == 5)
            async with (
                asyncio.timeout(3),
                host.client(context) as client,
                client.get("/v1/info") as answer,
            ):
                assert answer.status == 200
            for each in stalled:
                each.close()

    asyncio.run(story())


def test_an_idle_connection_is_closed_in_time(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki, Limits(keep_alive=0.1)) as host:
            reader, writer = await asyncio.open_unix_connection(str(host.socket))
            assert await asyncio.wait_for(reader.read(), 3) == b""
            writer.close()
            await writer.wait_closed()

    asyncio.run(story())


def test_the_local_socket_is_open_to_root_and_a_group_and_its_callers_are_named(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            assert stat.S_IMODE(host.socket.stat().st_mode) == 0o660
            async with client.get("/v1/info") as answer:
                told = await answer.json()
                assert (told["caller"], told["role"]) == ("root@local", "admin")

    asyncio.run(story())


def test_a_socket_without_its_group_is_open_to_its_owner_alone(tmp_path: Path) -> None:
    listener = listen_unix(tmp_path / "edd.sock", "no-such-group")
    try:
        assert stat.S_IMODE((tmp_path / "edd.sock").stat().st_mode) == 0o600
    finally:
        close(listener)


def test_a_dead_daemons_socket_is_replaced_and_a_live_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "edd.sock"
    listen_unix(path, "root").close()
    listener = listen_unix(path, "root")
    try:
        with pytest.raises(ConfigError, match="already listens") as caught:
            listen_unix(path, "root")
        assert "systemctl status edd" in caught.value.advice
        assert path.exists()
    finally:
        close(listener)
    assert not path.exists()


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "edd.sock"
    path.write_text("precious")
    with pytest.raises(ConfigError, match="not a socket"):
        listen_unix(path, "root")
    assert path.read_text() == "precious"


@pytest.mark.parametrize("host", ["::", "[::]"])
def test_all_of_ipv6_takes_ipv4_too(host: str) -> None:
    if not socket.has_dualstack_ipv6() or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with listen_tcp(host, 0) as listener:
        port = listener.getsockname()[1]
        socket.create_connection(("127.0.0.1", port), 1).close()
        socket.create_connection(("::1", port), 1).close()


def test_a_server_that_cannot_have_its_port_says_so_and_leaves_nothing_behind(
    pki: Pki, tmp_path: Path
) -> None:
    async def story() -> None:
        async with running(pki) as host:
            listen = Listen("127.0.0.1", host.port, tmp_path / "edd.sock")
            gate = pki.gate
            second = Server(Standin().operations(), listen, gate)
            with pytest.raises(ConfigError, match=f"port {host.port}: [^()]*$") as caught:
                await second.start()
            assert "ss -ltnp" in caught.value.advice
            assert not (tmp_path / "edd.sock").exists()

    asyncio.run(story())


async def serial(host: Running, context: ssl.SSLContext) -> str:
    _reader, writer = await asyncio.open_connection("localhost", host.port, ssl=context, family=2)
    certificate = writer.get_extra_info("peercert")
    writer.close()
    await writer.wait_closed()
    return str(certificate["serialNumber"])


def test_strangers_who_hang_up_at_once_are_no_event(pki: Pki) -> None:
    async def story() -> None:
        said: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with running(pki) as host:
            for _ in range(100):
                with socket.create_connection(("127.0.0.1", host.port)) as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                await asyncio.sleep(0)
            async with (
                host.client(pki.client("last", Role.VIEWER)) as client,
                client.get("/v1/info") as answer,
            ):
                assert answer.status == 200
        gc.collect()
        assert said == []

    asyncio.run(story())


def test_the_log_tells_of_a_refused_client_and_not_of_a_probe_of_the_port(
    pki: Pki, caplog: pytest.LogCaptureFixture
) -> None:
    def call(port: int) -> None:
        with socket.create_connection(("localhost", port), 5):
            pass
        with (
            socket.create_connection(("localhost", port), 5) as plain,
            contextlib.suppress(OSError),
            pki.foreign().wrap_socket(plain, server_hostname="localhost") as client,
        ):
            client.recv(1)

    async def story() -> None:
        async with running(pki) as host:
            await asyncio.to_thread(call, host.port)
            await until(lambda: "edd.api.doors" in [record.name for record in caplog.records])

    caplog.set_level(logging.INFO, "edd.api.doors")
    asyncio.run(story())
    (told,) = (record.getMessage() for record in caplog.records if record.name == "edd.api.doors")
    assert told.endswith("its certificate was issued by an authority that is not trusted")
