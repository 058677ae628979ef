"""The parts of a tap that need no engine."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from backports import zstd

from edd.client.places import cache_folder
from edd.client.tap.files import dropping_file, nameless_file, write_all
from edd.client.tap.layers import TappedLayer, unpack
from edd.client.tap.manifests import Packed, candidates, diff_ids_in
from edd.client.tap.memory import Memory, recall, remember
from edd.client.tap.server import serving
from edd.client.tap.spool import FREE, Spool
from edd.distribution import Manifest
from edd.errors import (
    DigestMismatchError,
    EngineRefusedError,
    SourceError,
    TruncatedArchiveError,
)

MEMORY = Memory(0, "0123456789abcdef0123456789abcdef")
LAYER = bytes(range(256)) * 9000


def sha256(content: bytes) -> str:
    """Return the digest of ``content``."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


# --- what is remembered -----------------------------------------------------------------------


def test_what_is_remembered_is_recalled(tmp_path: Path) -> None:
    memory = Memory(4711, MEMORY.password)
    remember(tmp_path / "cache" / "edd", memory)

    assert recall(tmp_path / "cache" / "edd") == memory
    assert (tmp_path / "cache" / "edd" / "tap.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"port": 1}',
        b'{"password": "\xff"}',
        b'{"port": 70000, "password": "' + b"x" * 32 + b'"}',
    ],
)
def test_what_is_damaged_is_forgotten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tap.json").write_bytes(content)
    (tmp_path / "tap.json").chmod(0o600)

    assert recall(tmp_path).port == 0
    assert len(recall(tmp_path).password) == 32


def test_a_password_that_others_could_read_is_not_used(tmp_path: Path) -> None:
    remember(tmp_path, MEMORY)
    (tmp_path / "tap.json").chmod(0o644)

    assert recall(tmp_path).password != MEMORY.password


def test_without_a_place_to_remember_nothing_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remember(tmp_path / "file" / "edd", MEMORY)

    assert recall(tmp_path / "file" / "edd").port == 0


def test_a_relative_cache_folder_is_ignored() -> None:
    assert cache_folder({"XDG_CACHE_HOME": "x"}) == Path.home() / ".cache" / "edd"
    assert cache_folder({"XDG_CACHE_HOME": "/x"}) == Path("/x/edd")


# --- manifests --------------------------------------------------------------------------------


def manifest(config: str, *layers: str) -> Manifest:
    """A manifest that names these blobs."""
    members = {"config": {"digest": config}, "layers": [{"digest": one} for one in layers]}
    content = json.dumps(members).encode()
    return Manifest("application/json", content, sha256(content))


def test_only_manifests_with_as_many_layers_are_candidates() -> None:
    index = Manifest("application/json", b'{"manifests": [{"digest": "x"}]}', "sha256:1")
    found = candidates([index, manifest("c1", "a"), manifest("c2", "a", "b")], 2)

    assert found == [Packed("c2", ("a", "b"))]


def test_what_is_needed_is_the_configuration_and_the_wanted_layers() -> None:
    packed = Packed("c", ("a", "b", "a"))

    assert packed.needed(["A", "B", "A"], {"A"}) == {"c", "a"}
    assert packed.digests == {"c", "a", "b"}


@pytest.mark.parametrize("content", [b"", b"{}", b'{"rootfs": {}}', b"\x1f\x8b"])
def test_another_document_has_no_diff_ids(content: bytes) -> None:
    assert diff_ids_in(content) == []


# --- layers -----------------------------------------------------------------------------------


def unpacked(packed: bytes, diff_id: str, folder: Path) -> tuple[TappedLayer, bytes]:
    """Return the layer and its bytes."""

    async def it() -> tuple[TappedLayer, bytes]:
        layer = await unpack(io.BytesIO(packed), diff_id, folder)
        with layer.file as file:
            return layer, file.read()

    return asyncio.run(it())


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstd.compress])
def test_a_layer_is_unpacked_and_verified(pack: type[bytes], tmp_path: Path) -> None:
    layer, content = unpacked(pack(LAYER), sha256(LAYER), tmp_path)

    assert (content, layer.size, layer.diff_id) == (LAYER, len(LAYER), sha256(LAYER))
    assert list(tmp_path.iterdir()) == []


def test_a_layer_without_content_is_one_too(tmp_path: Path) -> None:
    assert unpacked(b"", sha256(b""), tmp_path)[1] == b""


def test_another_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DigestMismatchError):
        unpacked(gzip.compress(LAYER), sha256(b"x"), tmp_path)


def test_half_a_layer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TruncatedArchiveError):
        unpacked(gzip.compress(LAYER)[:-9], sha256(LAYER), tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="temporary file"):
        unpacked(gzip.compress(LAYER), sha256(LAYER), tmp_path / "missing")


# --- the spool and its server -----------------------------------------------------------------


async def pieces(count: int, size: int = 1 << 16) -> AsyncIterator[bytes]:
    """Yield ``count`` pieces."""
    for _ in range(count):
        yield bytes(size)


def test_a_large_blob_asks_once_and_a_no_ends_the_tap() -> None:
    asked: list[int] = []

    def refuse(size: int) -> bool:
        asked.append(size)
        return False

    async def it() -> None:
        spool = Spool(refuse, dropping_file)
        small, large = await spool.begin("r"), await spool.begin("r")
        await spool.append("r", small, pieces(16))
        with pytest.raises(EngineRefusedError):
            await spool.append("r", large, pieces(40))
        with pytest.raises(EngineRefusedError):
            spool.failure.result()
        spool.close()

    asyncio.run(it())
    assert len(asked) == 1
    assert asked[0] > FREE


def test_a_folder_that_takes_no_file_ends_the_tap(tmp_path: Path) -> None:
    async def it() -> None:
        spool = Spool(lambda _: True, partial(nameless_file, tmp_path / "missing"))
        with pytest.raises(SourceError, match="No such file"):
            await spool.begin("r")
        with pytest.raises(SourceError):
            spool.failure.result()
        spool.close()

    asyncio.run(it())


def test_a_full_disk_is_told_by_the_write() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full, pytest.raises(OSError, match="space"):
        write_all(full, b"x")


def login(password: str) -> str:
    """A header's value with this password."""
    return "Basic " + base64.b64encode(f"edd:{password}".encode()).decode()


def test_only_the_password_opens() -> None:
    async def it() -> None:
        spool = Spool(lambda _: True, dropping_file)
        async with (
            serving(spool, MEMORY) as (port, gatekeeper),
            aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        ):
            for given in ({}, {"Authorization": login("x")}):
                async with session.get("/v2/", headers=given) as answer:
                    assert answer.status == 401
                    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
            before = gatekeeper.passed
            headers = {"Authorization": login(MEMORY.password)}
            async with session.get("/v2/", headers=headers) as answer:
                assert answer.status == 200
            assert (before, gatekeeper.passed) == (False, True)
        spool.close()

    asyncio.run(it())


def test_an_engine_that_tries_tls_first_is_answered_and_not_logged(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async def it() -> bytes:
        spool = Spool(lambda _: True, dropping_file)
        async with serving(spool, MEMORY) as (port, _):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(160))
            answer = await reader.read()
            writer.close()
        spool.close()
        return answer

    assert asyncio.run(it()).startswith(b"HTTP/1.")
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_files_have_no_names(tmp_path: Path) -> None:
    async def it() -> None:
        spool = Spool(lambda _: True, partial(nameless_file, tmp_path))
        upload = await spool.begin("r")
        await spool.append("r", upload, pieces(1))
        assert list(tmp_path.iterdir()) == []
        spool.close()

    asyncio.run(it())
