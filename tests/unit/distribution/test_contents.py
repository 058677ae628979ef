"""Blobs and manifests that are there, and all that this door refuses."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edd import errors
from edd.distribution import Limits, Manifest
from tests.unit.distribution.pushing import REPOSITORY, Pusher, pusher, sha256

OCI = "application/vnd.oci.image.manifest.v1+json"
Run = Callable[[Callable[[Pusher], Awaitable[None]]], None]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run what a test says against a door of its own."""

    def run_it(story: Callable[[Pusher], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with pusher(tmp_path, Limits(manifest=1000)) as client:
                await story(client)

        asyncio.run(whole())

    return run_it


def put(client: Pusher, reference: str, content: bytes, kind: str = OCI) -> Awaitable[object]:
    path = f"/v2/{REPOSITORY}/manifests/{reference}"
    return client.ask("PUT", path, content, Content_Type=kind)


def test_the_api_is_announced(run: Run) -> None:
    async def story(client: Pusher) -> None:
        answer = await client.ask("GET", "/v2/")

        assert answer.status == 200
        assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"

    run(story)


def test_a_blob_is_told_of_and_not_sent(run: Run) -> None:
    async def story(client: Pusher) -> None:
        digest = await client.push(b"layer")
        told = await client.ask("HEAD", f"/v2/{REPOSITORY}/blobs/{digest}")
        sent = await client.ask("GET", f"/v2/{REPOSITORY}/blobs/{digest}")

        assert (told.status, told.headers["Content-Length"], told.body) == (200, "5", b"")
        assert told.headers["Docker-Content-Digest"] == digest
        assert (sent.status, sent.code) == (405, "UNSUPPORTED")

    run(story)


@pytest.mark.parametrize(
    ("method", "path"),
    [("HEAD", f"blobs/{sha256(b'x')}"), ("HEAD", "manifests/1"), ("GET", "manifests/1")],
)
def test_what_is_missing_is_answered_404(run: Run, method: str, path: str) -> None:
    async def story(client: Pusher) -> None:
        assert (await client.ask(method, f"/v2/{REPOSITORY}/{path}")).status == 404

    run(story)


def test_a_manifest_is_kept_byte_for_byte_with_members_unknown_here(run: Run) -> None:
    content = json.dumps({"mediaType": OCI, "layers": [], "x": {"y": 1}}, indent=3).encode()

    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/manifests/"
        answer = await client.ask("PUT", path + "1.0", content, Content_Type=OCI)

        assert answer.status == 201
        assert answer.headers["Location"] == path + sha256(content)
        assert answer.headers["Docker-Content-Digest"] == sha256(content)
        kept = client.storage.manifests[REPOSITORY, "1.0"]
        assert kept == Manifest(OCI, content, sha256(content))
        read = await client.ask("GET", path + sha256(content))
        assert (read.body, read.headers["Content-Type"]) == (content, OCI)
        told = await client.ask("HEAD", path + "1.0")
        assert told.headers["Docker-Content-Digest"] == sha256(content)

    run(story)


def test_a_manifest_under_a_digest_must_have_it(run: Run) -> None:
    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/manifests/{sha256(b'other')}"
        answer = await client.ask("PUT", path, b"{}", Content_Type=OCI)

        assert (answer.status, answer.code) == (400, "DIGEST_INVALID")

    run(story)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", OCI),
        (b"[]", OCI),
        (b"\xff", OCI),
        (b'{"x":' + b"[" * 900, OCI),
        (b'{"mediaType": 3}', OCI),
        (b'{"mediaType": "text/html"}', OCI),
        (b"{}", "x" * 256),
    ],
)
def test_a_manifest_that_is_none_is_refused(run: Run, content: bytes, kind: str) -> None:
    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/manifests/1"
        answer = await client.ask("PUT", path, content, Content_Type=kind)

        assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")
        assert not client.storage.manifests

    run(story)


def test_a_manifest_beyond_the_limit_is_refused(run: Run) -> None:
    async def story(client: Pusher) -> None:
        path = f"/v2/{REPOSITORY}/manifests/1"
        answer = await client.ask("PUT", path, b'{"x":"' + b"y" * 1000, Content_Type=OCI)

        assert (answer.status, answer.code) == (413, "DENIED")

    run(story)


@pytest.mark.parametrize(
    "name", ["Website", "a//b", "-a", "a-", "a..b", "a___b", "%2e%2e/a", "a%00b", "a" * 256, "ä"]
)
def test_a_repository_name_of_another_form_is_refused(run: Run, name: str) -> None:
    async def story(client: Pusher) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", client.port)
        path = f"/v2/{name}/blobs/uploads/"
        head = f"POST {path} HTTP/1.1\r\nHost: edd\r\nConnection: close\r\n\r\n"
        writer.write(head.encode())
        answer = await reader.read()
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400", b"HTTP/1.1 404"))
        writer.close()

    run(story)


@pytest.mark.parametrize("name", ["website", "a/b/c", "a.b-c__d", "a--b", "9", "a" * 255])
def test_a_repository_name_of_the_specifications_form_is_taken(run: Run, name: str) -> None:
    async def story(client: Pusher) -> None:
        assert name in await client.begin(name)

    run(story)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", f"{REPOSITORY}/blobs/{sha256(b'x')}", 405),
        ("DELETE", f"{REPOSITORY}/manifests/1", 405),
        ("GET", f"{REPOSITORY}/tags/list", 405),
        ("GET", f"{REPOSITORY}/referrers/{sha256(b'x')}", 404),
        ("GET", "_catalog", 405),
    ],
)
def test_what_is_not_served_is_refused_by_name(
    run: Run, method: str, path: str, status: int
) -> None:
    async def story(client: Pusher) -> None:
        answer = await client.ask(method, f"/v2/{path}")

        assert (answer.status, answer.code) == (status, "UNSUPPORTED")

    run(story)


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.UnknownDeploymentError("No."), 404, "NAME_UNKNOWN"),
        (errors.ForbiddenError("No."), 403, "DENIED"),
        (errors.BusyError("No."), 429, "TOOMANYREQUESTS"),
        (errors.DiskFullError("No."), 400, "DENIED"),
        (errors.UnhealthyError("It did not become healthy."), 400, "DENIED"),
        (errors.WrongPlatformError("No."), 400, "MANIFEST_INVALID"),
    ],
)
def test_what_the_storage_met_is_told_in_the_specifications_form(
    run: Run, error: errors.EddError, status: int, code: str
) -> None:
    async def story(client: Pusher) -> None:
        client.storage.refusal = error
        path = f"/v2/{REPOSITORY}/manifests/1"
        answer = await client.ask("PUT", path, b"{}", Content_Type=OCI)

        assert (answer.status, answer.code) == (status, code)
        assert error.detail in answer.body.decode()

    run(story)
