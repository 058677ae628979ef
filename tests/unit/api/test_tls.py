"""The connection below HTTP: nothing is lost on it, nobody is held by it, and a refusal is told."""

import asyncio
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from edd.api.handshake import reason, shake_hands
from edd.api.limits import USUAL, Limits
from edd.api.tls import TlsTransport
from edd.model.caller import Role
from edd.trust.issuing import Grant
from tests.support.processes import wait_until
from tests.unit.api.pki import Pki
from tests.unit.api.running import until

MIB = 1 << 20
REFUSED = {
    "context": "CERTIFICATE_REQUIRED",
    "foreign": "UNKNOWN_CA",
    "expired": "CERTIFICATE_EXPIRED",
    "server_only": "UNSUPPORTED_CERTIFICATE",
}
TOLD = {
    "context": "it showed no certificate",
    "foreign": "its certificate was issued by an authority that is not trusted",
    "expired": "its certificate has expired",
    "server_only": "its certificate is not one for clients",
    "revoked": "its certificate was revoked",
}


class Recorder(asyncio.Protocol):
    """Notes what a connection tells its protocol; answers the end of input if it stays."""

    def __init__(self, *, stays: bool = False) -> None:
        self.received = bytearray()
        self.stays = stays
        self.ended = False
        self.flow: list[str] = []
        self.lost: asyncio.Future[Exception | None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self.received += data

    def eof_received(self) -> bool:
        self.ended = True
        return self.stays

    def pause_writing(self) -> None:
        self.flow.append("held up")

    def resume_writing(self) -> None:
        self.flow.append("let go")

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(exc)


class Connected:
    """Both ends of one connection: the transport, and a client that blocks, so used in a thread."""

    def __init__(self, transport: TlsTransport, protocol: Recorder, client: ssl.SSLSocket) -> None:
        self.transport = transport
        self.protocol = protocol
        self.client = client

    async def read(self) -> bytes:
        """Read until the host ends the connection."""
        return await asyncio.to_thread(read_all, self.client)


def read_all(client: ssl.SSLSocket) -> bytes:
    read = bytearray()
    with suppress(ssl.SSLZeroReturnError):  # the end, once this side has ended before
        while piece := client.recv(1 << 16):
            read += piece
    return bytes(read)


@asynccontextmanager
async def connected(
    pki: Pki, *, stays: bool = False, limits: Limits = USUAL
) -> AsyncIterator[Connected]:
    context = pki.client(f"client-{secrets.token_hex(4)}", Role.ADMIN)
    with socket.create_server(("127.0.0.1", 0)) as door, socket.socket() as plain:
        plain.connect(door.getsockname())
        plain.settimeout(10)
        channel, _ = door.accept()
        channel.setblocking(False)
        accepting = asyncio.create_task(shake_hands(channel, pki.gate.context, 10))
        client = await asyncio.to_thread(context.wrap_socket, plain, server_hostname="localhost")
        protocol = Recorder(stays=stays)
        transport = TlsTransport(await accepting, protocol, limits)
        try:
            yield Connected(transport, protocol, client)
        finally:
            client.close()
            transport.abort()
            await asyncio.wait_for(protocol.lost, 5)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_client_that_is_refused_is_told_why_though_it_has_made_its_request(
    pki: Pki, kind: str
) -> None:
    context: ssl.SSLContext = getattr(pki, kind)()

    def ask(port: int) -> bytes:
        with (
            socket.create_connection(("127.0.0.1", port), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as client,
        ):
            with suppress(OSError):
                client.sendall(bytes(MIB))
            return client.recv(1)

    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            asking = asyncio.create_task(asyncio.to_thread(ask, door.getsockname()[1]))
            door.setblocking(False)
            channel, _ = await asyncio.get_running_loop().sock_accept(door)
            channel.setblocking(False)
            with pytest.raises(ssl.SSLError):
                await shake_hands(channel, pki.gate.context, 10)
            with pytest.raises(ssl.SSLError, match=REFUSED[kind]):
                await asking

    asyncio.run(story())


async def refused(pki: Pki, *, hello: bytes = b"", context: ssl.SSLContext | None = None) -> str:
    """Return what the host says of a client that sends ``hello``, or that ``context`` makes."""

    def call(port: int) -> None:
        with socket.create_connection(("127.0.0.1", port), 10) as plain, suppress(OSError):
            if context is None:
                plain.sendall(hello)
                return
            with context.wrap_socket(plain, server_hostname="localhost") as client:
                client.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as door:
        calling = asyncio.create_task(asyncio.to_thread(call, door.getsockname()[1]))
        door.setblocking(False)
        channel, _ = await asyncio.get_running_loop().sock_accept(door)
        channel.setblocking(False)
        try:
            await shake_hands(channel, pki.gate.context, 10)
        except OSError as error:
            await calling
            return reason(error)
    pytest.fail("it was let in")


@pytest.mark.parametrize("kind", TOLD)
def test_why_a_client_was_refused_is_told_in_plain_words(pki: Pki, kind: str) -> None:
    if kind == "revoked":
        context = pki.client("gone", Role.ADMIN)
        pki.authority.revoke("gone")
        pki.gate.reload(pki.files)
    else:
        context = getattr(pki, kind)()

    assert asyncio.run(refused(pki, context=context)) == TOLD[kind]


@pytest.mark.parametrize("hello", [b"", b"\x16\x03\x01\x02"])
def test_a_client_that_goes_away_in_the_handshake_is_no_refusal(pki: Pki, hello: bytes) -> None:
    assert asyncio.run(refused(pki, hello=hello)) == ""


def test_a_client_that_does_not_speak_tls_is_told_of(pki: Pki) -> None:
    request = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
    assert asyncio.run(refused(pki, hello=request)) == "it does not speak TLS"


def test_what_comes_in_records_of_any_size_arrives_whole(pki: Pki) -> None:
    content = bytes(range(256)) * (4 * MIB // 256)

    def send(client: ssl.SSLSocket) -> None:
        at = 0
        for size in (1, 16384, 5000, 16383, 777) * 100:
            client.sendall(content[at : at + size])
            at += size
        client.sendall(content[at:])

    async def story() -> None:
        async with connected(pki) as both:
            await asyncio.to_thread(send, both.client)
            await until(lambda: len(both.protocol.received) >= len(content))
            assert both.protocol.received == content

    asyncio.run(story())


def test_a_sender_is_held_up_while_nobody_reads_and_loses_nothing(pki: Pki) -> None:
    content = bytes(range(256)) * (32 * MIB // 256)

    async def story() -> None:
        async with connected(pki) as both:
            both.transport.pause_reading()
            sending = asyncio.create_task(asyncio.to_thread(both.client.sendall, content))
            await asyncio.sleep(0.3)
            assert not sending.done()
            assert not both.protocol.received
            both.transport.resume_reading()
            await asyncio.wait_for(sending, 20)
            await until(lambda: len(both.protocol.received) >= len(content))
            assert both.protocol.received == content

    asyncio.run(story())


def test_a_slow_reader_holds_up_the_writer_and_gets_everything_before_the_end(pki: Pki) -> None:
    content = bytes(range(256)) * (32 * MIB // 256)

    async def story() -> None:
        async with connected(pki) as both:
            for at in range(0, len(content), MIB):
                both.transport.write(content[at : at + MIB])
            assert both.protocol.flow == ["held up"]
            assert both.transport.get_write_buffer_size() > MIB
            both.transport.close()
            assert await both.read() == content
            assert both.protocol.flow == ["held up", "let go"]
            assert both.transport.get_write_buffer_size() == 0

    asyncio.run(story())


def test_a_client_that_ends_its_side_is_answered_if_the_protocol_stays(pki: Pki) -> None:
    async def story() -> None:
        async with connected(pki, stays=True) as both:

            def ask() -> bytes:
                both.client.sendall(b"all of it")
                with suppress(ssl.SSLWantReadError):
                    both.client.setblocking(False)
                    both.client.unwrap()  # sends the end, and does not wait for the other's
                both.client.setblocking(True)
                both.client.settimeout(10)
                return read_all(both.client)

            asking = asyncio.create_task(asyncio.to_thread(ask))
            await until(lambda: both.protocol.ended)
            assert both.protocol.received == b"all of it"
            both.transport.write(b"an answer")
            both.transport.close()
            assert await asking == b"an answer"

    asyncio.run(story())


def test_a_client_that_ends_its_side_is_left_if_the_protocol_does_not_stay(pki: Pki) -> None:
    async def story() -> None:
        async with connected(pki) as both:
            both.client.close()
            assert await asyncio.wait_for(both.protocol.lost, 5) is None
            assert both.protocol.ended

    asyncio.run(story())


def test_an_answer_reaches_a_client_that_goes_on_sending(pki: Pki) -> None:
    async def story() -> None:
        async with connected(pki) as both:

            def talk() -> bytes:
                with suppress(OSError):
                    both.client.sendall(bytes(4 * MIB))
                return read_all(both.client)

            talking = asyncio.create_task(asyncio.to_thread(talk))
            await until(lambda: both.protocol.received)
            both.transport.write(b"enough")
            both.transport.close()
            assert await talking == b"enough"

    asyncio.run(story())


@pytest.mark.parametrize("written", [b"", bytes(32 * MIB)])
def test_a_client_that_does_not_take_its_leave_is_left_in_time(pki: Pki, written: bytes) -> None:
    async def story() -> None:
        async with connected(pki, limits=Limits(goodbye=0.2, farewell=0.2)) as both:
            both.transport.write(written)
            both.transport.close()
            assert await asyncio.wait_for(both.protocol.lost, 5) is None

    asyncio.run(story())


def test_a_client_that_reads_slowly_but_steadily_gets_everything(pki: Pki) -> None:
    content = bytes(range(256)) * (2 * MIB // 256)

    def read_slowly(client: ssl.SSLSocket) -> bytes:
        read = bytearray()
        while piece := client.recv(1 << 14):
            read += piece
            time.sleep(0.01)
        return bytes(read)

    async def story() -> None:
        async with connected(pki, limits=Limits(farewell=0.5, goodbye=0.5)) as both:
            both.transport.write(content)
            both.transport.close()
            assert await asyncio.to_thread(read_slowly, both.client) == content

    asyncio.run(story())


def test_a_client_that_leaves_an_answer_unread_is_left_in_time(pki: Pki) -> None:
    async def story() -> None:
        async with connected(pki, limits=Limits(unread=0.2)) as both:
            both.transport.write(bytes(32 * MIB))
            assert await asyncio.wait_for(both.protocol.lost, 5) is None

    asyncio.run(story())


@pytest.mark.parametrize("call", ["data_received", "eof_received", "pause_writing"])
def test_a_protocol_that_fails_loses_its_connection_and_the_loop_says_why(
    pki: Pki, call: str
) -> None:
    def fail(*_: object) -> None:
        raise LookupError(call)

    async def story() -> None:
        said: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: said.append(context))
        async with connected(pki) as both:
            setattr(both.protocol, call, fail)
            both.client.sendall(b"something")
            if call == "eof_received":
                both.client.close()
            if call == "pause_writing":
                both.transport.write(bytes(32 * MIB))
            assert isinstance(await asyncio.wait_for(both.protocol.lost, 5), LookupError)
        assert [type(context["exception"]) for context in said] == [LookupError]

    asyncio.run(story())


def test_a_key_update_is_taken_and_loses_nothing(pki: Pki, tmp_path: Path) -> None:
    issued = pki.authority.issue_client(Grant(f"keys-{secrets.token_hex(4)}", Role.ADMIN))
    (tmp_path / "client.pem").write_text(issued.certificate + issued.key)

    heard: list[Recorder] = []

    def has(line: bytes) -> bool:
        return bool(heard) and heard[0].received.endswith(line)

    def talk(port: int) -> None:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{port}"]
        command += ["-cert", str(tmp_path / "client.pem")]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as client:
            assert client.stdin is not None
            # A K that s_client reads by itself means: send a key update, and ask for one. Q ends.
            for line in (b"before\n", b"K\n", b"between\n", b"K\n", b"after\n", b"Q\n"):
                client.stdin.write(line)
                client.stdin.flush()
                if len(line) > 2:
                    wait_until(partial(has, line), 20, "the line arrives")
                else:
                    time.sleep(0.5)
            client.communicate(timeout=20)

    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0)) as door:
            talking = asyncio.create_task(asyncio.to_thread(talk, door.getsockname()[1]))
            door.setblocking(False)
            channel, _ = await asyncio.get_running_loop().sock_accept(door)
            channel.setblocking(False)
            protocol = Recorder()
            heard.append(protocol)
            TlsTransport(await shake_hands(channel, pki.gate.context, 10), protocol, USUAL)
            await talking
            await asyncio.wait_for(protocol.lost, 5)
            assert protocol.received == b"before\nbetween\nafter\n"

    asyncio.run(story())


def test_nothing_is_sent_after_the_end(pki: Pki) -> None:
    async def story() -> None:
        async with connected(pki) as both:
            both.transport.write(b"the end")
            both.transport.close()
            both.transport.write(b"and more")
            assert both.transport.is_closing()
            assert await both.read() == b"the end"

    asyncio.run(story())


def test_what_is_no_tls_ends_the_connection_with_its_reason(pki: Pki) -> None:
    async def story() -> None:
        async with connected(pki) as both:
            socket.socket.send(both.client, b"x" * 100)
            assert isinstance(await asyncio.wait_for(both.protocol.lost, 5), ssl.SSLError)

    asyncio.run(story())
