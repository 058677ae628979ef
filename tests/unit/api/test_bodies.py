"""Bodies: refused before they are asked for, read as they come, bounded."""

import asyncio
import io
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from edd.api.bodies import share
from edd.api.limits import Limits
from edd.errors import ArchiveError, TruncatedArchiveError
from edd.model.caller import Caller, Role
from edd.model.job import Outcome, Report
from edd.model.upload import Upload
from tests.unit.api.pki import Pki
from tests.unit.api.running import Running, running, until

HOLD = "Expect: 100-continue\r\n"


async def exchange(host: Running, head: str, body: bytes = b"") -> bytes:
    """Send a request line by line on the local socket; send ``body`` when asked to continue."""
    reader, writer = await asyncio.open_unix_connection(str(host.socket))
    try:
        writer.write(f"{head}\r\n".encode())
        first = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        if not first.startswith(b"HTTP/1.1 100 "):
            return first + await asyncio.wait_for(reader.read(), 5)
        writer.write(body)
        return first + await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("name", "more", "status"),
    [
        ("nowhere", "", 404),
        ("Bad%20Name", "", 404),
        ("busy", "", 409),
        ("website", "Content-Type: application/json\r\n", 415),
        ("website", "Content-Type: multipart/form-data; boundary=x\r\n", 415),
        ("website", "Origin: https://evil.example\r\n", 403),
    ],
)
def test_who_expects_100_continue_is_refused_without_being_asked_for_a_byte(
    pki: Pki, name: str, more: str, status: int
) -> None:
    async def story() -> None:
        async with running(pki) as host:
            head = (
                f"POST /v1/{name}/load HTTP/1.1\r\nHost: h\r\nContent-Length: 999\r\n{HOLD}{more}"
            )
            answer = await exchange(host, head)
            assert answer.startswith(f"HTTP/1.1 {status} ".encode())
            assert b"Connection: close" in answer

    asyncio.run(story())


def test_an_unknown_path_asks_for_no_byte_either(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            head = f"POST /nothing HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n{HOLD}"
            assert (await exchange(host, head)).startswith(b"HTTP/1.1 404 ")

    asyncio.run(story())


def test_a_declared_size_beyond_the_limit_is_refused_before_the_body(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            size = 1 << 40
            head = f"POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n{HOLD}"
            assert (await exchange(host, head)).startswith(b"HTTP/1.1 413 ")

    asyncio.run(story())


def test_continue_is_sent_when_the_archive_is_first_read(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            head = f"POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n{HOLD}"
            answer = await exchange(host, head, b"12345")
            assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 ") or (
                b"HTTP/1.1 200 " in answer
            )
            assert host.standin.received == {"website": 5}

    asyncio.run(story())


@pytest.mark.parametrize("kind", ["curl -T file", "curl -T -", "--data-binary"])
def test_curl_uploads_in_all_its_ways(pki: Pki, tmp_path: Path, kind: str) -> None:
    size = 3_000_000
    archive = tmp_path / "image.tar"
    archive.write_bytes(bytes(size))
    url = "http://edd/v1/website/load"
    sending = {
        "curl -T file": ["-T", str(archive)],
        "curl -T -": ["-T", "-", "-H", "Content-Type:application/x-tar"],
        "--data-binary": ["--data-binary", f"@{archive}"],
    }[kind]

    async def story() -> None:
        async with running(pki) as host:
            command = ["curl", "-sS", "-X", "POST", "--unix-socket", str(host.socket), *sending]
            done = await asyncio.to_thread(
                subprocess.run, [*command, url], input=bytes(size), capture_output=True, check=True
            )
            assert b'"outcome":"success"' in done.stdout
            assert host.standin.received == {"website": size}

    asyncio.run(story())


def test_curl_sends_no_byte_of_a_refused_archive(pki: Pki, tmp_path: Path) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(bytes(5_000_000))

    async def story() -> None:
        async with running(pki) as host:
            done = await asyncio.to_thread(
                subprocess.run,
                [
                    "curl",
                    "-sS",
                    "-X",
                    "POST",
                    "--unix-socket",
                    str(host.socket),
                    "-T",
                    str(archive),
                    "-w",
                    "%{stderr}%{size_upload} %{http_code}",
                    "http://edd/v1/nowhere/load",
                ],
                capture_output=True,
                check=True,
            )
            assert done.stderr == b"0 404"

    asyncio.run(story())


def test_a_sender_who_goes_away_leaves_a_truncated_archive(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            _reader, writer = await asyncio.open_unix_connection(str(host.socket))
            writer.write(
                b"POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n123"
            )
            await asyncio.wait_for(host.standin.reading.wait(), 5)
            writer.close()
            await writer.wait_closed()
            await until(lambda: host.standin.refused)
            assert isinstance(host.standin.refused, TruncatedArchiveError)

    asyncio.run(story())


def test_a_sender_over_tls_who_goes_away_leaves_a_truncated_archive(pki: Pki) -> None:
    context = pki.client("vanishing", Role.DEPLOYER)

    async def story() -> None:
        async with running(pki) as host:
            _reader, writer = await asyncio.open_connection(
                "localhost", host.port, ssl=context, family=2
            )
            writer.write(
                b"POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n123"
            )
            await asyncio.wait_for(host.standin.reading.wait(), 5)
            writer.transport.abort()
            await until(lambda: host.standin.refused)
            assert isinstance(host.standin.refused, TruncatedArchiveError)

    asyncio.run(story())


def test_a_sender_who_goes_away_before_it_is_asked_to_continue_leaves_a_truncated_archive(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    refused: list[BaseException] = []

    async def hesitate(_name: str, upload: Upload, _caller: Caller, _report: Report) -> Outcome:
        begun.set()
        await asyncio.sleep(0.1)
        try:
            await anext(upload.source)
        except BaseException as error:
            refused.append(error)
            raise
        return Outcome("success", "running", "healthy")

    async def story() -> None:
        async with running(pki) as host:
            monkeypatch.setattr(host.standin, "load", hesitate)
            _reader, writer = await asyncio.open_unix_connection(str(host.socket))
            head = f"POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n{HOLD}\r\n"
            writer.write(head.encode())
            await asyncio.wait_for(begun.wait(), 5)
            writer.close()
            await writer.wait_closed()
            await until(lambda: refused)
            assert isinstance(refused[0], TruncatedArchiveError)

    asyncio.run(story())


def test_a_broken_chunk_is_a_truncated_archive(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            reader, writer = await asyncio.open_unix_connection(str(host.socket))
            head = "POST /v1/website/load HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
            writer.write(f"{head}\r\n3\r\nabc\r\n".encode())
            await asyncio.wait_for(host.standin.reading.wait(), 5)
            writer.write(b"nonsense\r\n")
            answer = await asyncio.wait_for(reader.read(), 5)
            assert answer.startswith(b"HTTP/1.1 400 ")
            assert b"truncated-archive" in answer
            writer.close()
            await writer.wait_closed()


def test_what_is_not_http_is_answered_with_a_problem(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            answer = await exchange(host, "nonsense\r\n")
            assert b" 400 " in answer.partition(b"\r\n")[0]
            assert b"application/problem+json" in answer
            assert b"malformed-request" in answer

    asyncio.run(story())


def test_a_head_that_does_not_end_is_left(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            reader, writer = await asyncio.open_unix_connection(str(host.socket))
            writer.write(b"GET /v1/info HTTP/1.1\r\nHost: h\r\n")
            with suppress(ConnectionError):
                for number in range(100):
                    writer.write(f"X-{number}: {'x' * 8000}\r\n".encode())
                    await writer.drain()
                assert await asyncio.wait_for(reader.read(), 5) == b""
            assert number < 99
            writer.close()

    asyncio.run(story())


def test_bodies_and_heads_one_after_another_are_no_head_that_does_not_end(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            reader, writer = await asyncio.open_unix_connection(str(host.socket))
            head = "POST /v1/website/load HTTP/1.1\r\nHost: h\r\n"
            for size in ("Content-Length: 300000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n"):
                writer.write((head + size).encode())
                for _ in range(30):
                    piece = bytes(10_000)
                    writer.write(piece if "Length" in size else b"2710\r\n" + piece + b"\r\n")
                    await asyncio.sleep(0.005)
                writer.write(b"" if "Length" in size else b"0\r\n\r\n")
                for part in ("GET /v1/in", "fo HTTP/1.1\r\nHo", "st: h\r\n\r\n"):
                    writer.write(part.encode())
                    await asyncio.sleep(0.01)
                for _ in range(2):
                    answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                    assert answer.startswith(b"HTTP/1.1 200 ")
                    length = answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                    await reader.readexactly(int(length))
            writer.close()

    asyncio.run(story())


def test_a_silent_sender_counts_as_gone(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki, Limits(silence=0.1, linger=0.1)) as host:
            head = "POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: 99\r\n\r\n123"
            reader, writer = await asyncio.open_unix_connection(str(host.socket))
            writer.write(head.encode())
            answer = await asyncio.wait_for(reader.readuntil(b"}"), 5)
            assert b"truncated-archive" in answer
            writer.close()
            await writer.wait_closed()

    asyncio.run(story())


async def begin_upload(host: Running, size: int) -> asyncio.StreamWriter:
    """Begin to send so many bytes to a deployment."""
    _reader, writer = await asyncio.open_unix_connection(str(host.socket))
    head = f"POST /v1/website/load HTTP/1.1\r\nHost: h\r\nContent-Length: {size}\r\n\r\n"
    writer.write(head.encode() + bytes(size))
    return writer


def test_a_refused_body_has_no_share_though_what_refused_it_is_kept(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[AsyncIterator[bytes]] = []

    async def refuse(_name: str, upload: Upload, _caller: Caller, _report: Report) -> Outcome:
        kept.append(upload.source)
        await anext(upload.source)
        raise ArchiveError("It is none.")

    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            monkeypatch.setattr(host.standin, "load", refuse)
            for _ in range(16):
                async with client.post("/v1/website/load", data=bytes(2)) as answer:
                    assert answer.status == 400
            assert (len(kept), share()) == (16, 1 << 20)

    asyncio.run(story())


def test_of_many_bodies_that_nobody_takes_little_is_read(
    pki: Pki, monkeypatch: pytest.MonkeyPatch
) -> None:
    many, size = 64, 2 << 20
    taken: list[int] = []
    enough = asyncio.Event()

    async def hesitate(_name: str, upload: Upload, _caller: Caller, _report: Report) -> Outcome:
        await anext(upload.source)
        taken.append(share())
        await enough.wait()
        async for _ in upload.source:
            pass
        return Outcome("success", "running", "healthy")

    async def story() -> None:
        async with running(pki) as host:
            monkeypatch.setattr(host.standin, "load", hesitate)
            writers = [await begin_upload(host, size) for _ in range(many)]
            await until(lambda: len(taken) == many)
            await asyncio.sleep(0.2)
            left = sum(writer.transport.get_write_buffer_size() for writer in writers)
            enough.set()
            for writer in writers:
                writer.close()
            assert taken[-1] == (8 << 20) // many
            # Of each the kernel has some 200 KiB, and 256 KiB arrive at once: what was taken, what
            # waits, and what came while that was counted.
            assert many * size - left < many * (1200 << 10)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"{}", "`path`"),
        (b'{"path": 3}', "$.path"),
        (b'{"path": "x", "more": 1}', "more"),
        (b"{", "truncated"),
        (b"", "truncated"),
        (b'{"path": "\xff"}', "utf-8"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_with_the_place(
    pki: Pki, body: bytes, where: str
) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            headers = {"Content-Type": "application/json"}
            async with client.post("/v1/website/pull", data=body, headers=headers) as answer:
                problem = await answer.json()
                assert (answer.status, problem["code"]) == (400, "invalid-request")
                assert where in problem["detail"]

    asyncio.run(story())


@pytest.mark.parametrize("size", [-1, 10**22])
def test_a_forecast_for_an_impossible_size_is_refused(pki: Pki, size: int) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.post("/v1/website/plan", json={"bytes": size}) as answer,
        ):
            problem = await answer.json()
            assert (answer.status, problem["code"]) == (400, "invalid-request")
            assert "$.bytes" in problem["detail"]

    asyncio.run(story())


def test_json_beyond_a_mebibyte_is_refused(pki: Pki) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b" " * 500_000

    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            headers = {"Content-Type": "application/json"}
            for data in (io.BytesIO(b" " * 1_100_000), chunks()):
                async with client.post("/v1/website/pull", data=data, headers=headers) as answer:
                    assert (answer.status, (await answer.json())["code"]) == (413, "too-large")

    asyncio.run(story())


def test_json_of_another_type_is_refused_with_what_to_send(pki: Pki) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.post("/v1/website/pull", data={"path": "x"}) as answer,
        ):
            problem = await answer.json()
            assert (answer.status, problem["code"]) == (415, "wrong-body-type")
            assert "application/json" in problem["detail"]

    asyncio.run(story())


def test_a_rollback_needs_no_body(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            async with client.post("/v1/website/rollback") as answer:
                assert answer.status == 200
            async with client.post("/v1/website/rollback", json={"release": 9}) as answer:
                assert (answer.status, (await answer.json())["code"]) == (404, "unknown-release")

    asyncio.run(story())


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1&limit=2", "colour=red"])
def test_a_query_that_does_not_fit_is_refused(pki: Pki, query: str) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.get(f"/v1/jobs?{query}") as answer,
        ):
            assert (answer.status, (await answer.json())["code"]) == (400, "invalid-request")

    asyncio.run(story())
