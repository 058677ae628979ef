"""Blobs on their way in, as distribution-spec v1.1 has them pushed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from edd.distribution import Limits
from tests.unit.distribution.pushing import REPOSITORY, Pusher, pusher, sha256

T = TypeVar("T")


@pytest.fixture
def run(tmp_path: Path) -> Callable[[Callable[[Pusher], Awaitable[T]]], T]:
    """Run what a test says against a door of its own."""

    def run_it(story: Callable[[Pusher], Awaitable[T]]) -> T:
        async def whole() -> T:
            async with pusher(tmp_path, Limits(blob=1000)) as client:
                return await story(client)

        return asyncio.run(whole())

    return run_it


Run = Callable[[Callable[[Pusher], Awaitable[None]]], None]


def test_a_blob_in_one_put_is_kept(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        answer = await client.ask("PUT", f"{location}?digest={sha256(b'layer')}", b"layer")

        assert answer.status == 201
        assert answer.headers["Location"] == f"/v2/{REPOSITORY}/blobs/{sha256(b'layer')}"
        assert answer.headers["Docker-Content-Digest"] == sha256(b"layer")
        assert client.storage.blobs(REPOSITORY) == {sha256(b"layer"): b"layer"}

    run(story)


def test_a_blob_in_one_post_is_kept(run: Run) -> None:
    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/blobs/uploads/?digest={sha256(b'layer')}"
        answer = await client.ask("POST", path, b"layer")

        assert answer.status == 201
        assert client.storage.blobs(REPOSITORY) == {sha256(b"layer"): b"layer"}

    run(story)


def test_a_post_with_a_digest_and_no_body_begins_an_upload(run: Run) -> None:
    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/blobs/uploads/?digest={sha256(b'layer')}"
        answer = await client.ask("POST", path)

        assert answer.status == 202

    run(story)


def test_an_empty_blob_is_kept(run: Run) -> None:
    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/blobs/uploads/?digest={sha256(b'')}"
        answer = await client.ask("POST", path)

        assert answer.status == 201
        assert client.storage.blobs(REPOSITORY) == {sha256(b""): b""}

    run(story)


def test_chunks_are_answered_202_with_how_far_the_upload_is(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        first = await client.chunk(location, 0, b"abc")
        second = await client.chunk(first.headers["Location"], 3, b"defg")

        assert (first.status, first.headers["Range"]) == (202, "0-2")
        assert (second.status, second.headers["Range"]) == (202, "0-6")
        last = await client.ask(
            "PUT", f"{location}?digest={sha256(b'abcdefgh')}", b"h", Content_Range="7-7"
        )
        assert last.status == 201

    run(story)


def test_a_streamed_patch_without_length_or_range_goes_on_where_the_upload_stands(
    run: Run,
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        yield b"abc"
        yield b"def"

    async def story(client: Pusher) -> None:
        location = await client.begin()
        await client.ask("PATCH", location, stream())
        answer = await client.ask("PATCH", location, stream())

        assert (answer.status, answer.headers["Range"]) == (202, "0-11")

    run(story)


@pytest.mark.parametrize("start", [0, 1, 4, 100])
def test_a_chunk_that_does_not_go_on_is_answered_416_and_changes_nothing(
    run: Run, start: int
) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        await client.chunk(location, 0, b"abc")
        answer = await client.chunk(location, start, b"xyz")

        assert (answer.status, answer.headers["Range"]) == (416, "0-2")
        assert answer.code == "BLOB_UPLOAD_INVALID"
        good = await client.ask("PUT", f"{location}?digest={sha256(b'abc')}")
        assert good.status == 201

    run(story)


def test_the_last_chunk_out_of_order_is_answered_416(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        answer = await client.ask(
            "PUT", f"{location}?digest={sha256(b'x')}", b"x", Content_Range="5-5"
        )

        assert answer.status == 416

    run(story)


@pytest.mark.parametrize("span", ["3-1", "0-9", "x", "0", "-1-2", "0-99999999999999999999"])
def test_a_range_that_is_none_is_refused(run: Run, span: str) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        answer = await client.ask("PATCH", location, b"abc", Content_Range=span)

        assert answer.status in {400, 416}

    run(story)


def test_the_status_of_an_upload_is_204_with_its_range(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        empty = await client.ask("GET", location)
        await client.chunk(location, 0, b"abc")
        answer = await client.ask("GET", location)

        assert (empty.status, empty.headers["Range"]) == (204, "0-0")
        assert (answer.status, answer.headers["Range"]) == (204, "0-2")
        assert answer.headers["Location"] == location

    run(story)


def test_a_broken_connection_keeps_what_came_and_the_upload_goes_on(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        _, writer = await asyncio.open_connection("127.0.0.1", client.port)
        head = f"PATCH {location} HTTP/1.1\r\nHost: edd\r\nContent-Length: 6\r\n\r\nabc"
        writer.write(head.encode())
        await writer.drain()
        while (await client.ask("GET", location)).headers["Range"] != "0-2":
            await asyncio.sleep(0.01)
        writer.transport.abort()

        answer = await client.chunk(location, 3, b"def")

        assert (answer.status, answer.headers["Range"]) == (202, "0-5")
        assert (await client.ask("PUT", f"{location}?digest={sha256(b'abcdef')}")).status == 201

    run(story)


def test_a_client_that_comes_back_ends_its_own_dead_connection(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        head = f"PATCH {location} HTTP/1.1\r\nHost: edd\r\nContent-Length: 6\r\n\r\nabc"
        writer.write(head.encode())
        while (await client.ask("GET", location)).headers["Range"] != "0-2":
            await asyncio.sleep(0.01)

        async with asyncio.timeout(5):
            answer = await client.chunk(location, 3, b"def")

        assert (answer.status, answer.headers["Range"]) == (202, "0-5")
        assert await reader.read() == b""
        writer.close()

    run(story)


def test_content_under_another_digest_is_refused_and_dropped(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        answer = await client.ask("PUT", f"{location}?digest={sha256(b'other')}", b"layer")

        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
        assert (await client.ask("GET", location)).status == 404

    run(story)


@pytest.mark.parametrize(
    "digest", ["", "sha256:ab", "sha512:" + "0" * 128, "md5:" + "0" * 32, "sha256:" + "A" * 64]
)
def test_a_digest_that_is_not_a_sha256_is_refused(run: Run, digest: str) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        answer = await client.ask("PUT", f"{location}?digest={digest}", b"layer")

        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")

    run(story)


def test_a_mount_is_answered_as_a_normal_upload(run: Run) -> None:
    async def story(client: Pusher) -> None:
        digest = await client.push(b"layer", "other")
        path = f"/v2/{REPOSITORY}/blobs/uploads/?mount={digest}&from=other"
        answer = await client.ask("POST", path)

        assert answer.status == 202
        assert (await client.ask("HEAD", f"/v2/{REPOSITORY}/blobs/{digest}")).status == 404

    run(story)


def test_an_upload_belongs_to_its_repository(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin("other")
        stranger = location.replace("/other/", f"/{REPOSITORY}/")
        for method in ("GET", "PATCH", "DELETE"):
            answer = await client.ask(method, stranger)
            assert (answer.status, answer.code) == (404, "BLOB_UPLOAD_UNKNOWN")

    run(story)


def test_a_cancelled_upload_is_gone(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        assert (await client.ask("DELETE", location)).status == 204
        assert (await client.ask("GET", location)).status == 404

    run(story)


def test_a_body_that_is_announced_too_large_is_refused_unread(run: Run) -> None:
    async def story(client: Pusher) -> None:
        location = await client.begin()
        answer = await client.ask("PATCH", location, bytes(1001))

        assert (answer.status, answer.code) == (413, "DENIED")

    run(story)


def test_an_upload_cannot_grow_beyond_the_limit_chunk_by_chunk(run: Run) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield bytes(100)

    async def story(client: Pusher) -> None:
        location = await client.begin()
        assert (await client.ask("PATCH", location, stream())).status == 202
        answer = await client.ask("PATCH", location, stream())

        assert (answer.status, answer.code) == (413, "DENIED")
        upload = client.storage.upload(REPOSITORY, location.rpartition("/")[2])
        assert upload.stat().st_size <= 1000

    run(story)


@pytest.mark.parametrize("upload", ["..", "%2e%2e%2fx", "a.b", "x" * 65])
def test_the_name_of_an_upload_leads_nowhere_else(run: Run, upload: str) -> None:
    async def story(client: Pusher) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        path = f"/v2/{REPOSITORY}/blobs/uploads/{upload}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: edd\r\nConnection: close\r\n\r\n".encode())
        assert b" 404 " in await reader.readline()
        writer.close()

    run(story)
