"""What IMAGE means, and the bytes each source gives."""

import asyncio
import hashlib
import io
import os
import tarfile
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from edd.client.layouts import layout_bytes, layout_size
from edd.client.missing import missing_image
from edd.client.sources import Source, describe_source, find_path, open_source
from edd.errors import SourceError


def read(image: str) -> tuple[Source, bytes]:
    async def everything() -> tuple[Source, bytes]:
        async with open_source(image) as source:
            return source, b"".join([chunk async for chunk in source.chunks])

    return asyncio.run(everything())


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    return tmp_path


@pytest.fixture
def layout(here: Path) -> Path:
    folder = here / "layout"
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    (folder / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
    (folder / "index.json").write_text("{}")
    (folder / "notes.txt").write_text("stays here")
    for content in (b"", b"a" * 512, b"b" * 700_001):
        (blobs / hashlib.sha256(content).hexdigest()).write_bytes(content)
    return folder


def test_a_dot_or_slash_in_front_makes_a_path(here: Path) -> None:
    assert [str(find_path(name)) for name in ("./x", "../x", "/x")] == ["x", "../x", "/x"]


def test_a_bare_name_is_an_image_even_if_a_file_is_called_so(here: Path) -> None:
    (here / "website").write_text("x")

    assert find_path("website") is None


@pytest.mark.parametrize("name", ["web.tar", "web.tar.gz", "web.TGZ", "web.tar.zst", "out/web"])
def test_an_existing_path_wins_if_it_looks_like_one(here: Path, name: str) -> None:
    assert find_path(name) is None
    (here / name).parent.mkdir(exist_ok=True)
    (here / name).write_text("x")
    assert find_path(name) == Path(name)


def test_a_repository_with_slashes_is_an_image(here: Path) -> None:
    assert find_path("registry.example.org/team/web:1") is None


def test_a_file_comes_whole_with_its_size(here: Path) -> None:
    content = os.urandom(600_000)
    (here / "web.tar").write_bytes(content)

    source, found = read("web.tar")

    assert (source.size, found) == (600_000, content)


def test_a_missing_file_is_told(here: Path) -> None:
    with pytest.raises(SourceError, match="nothing cannot be read: no such file"):
        read("./nothing")


def test_a_device_is_no_archive() -> None:
    with pytest.raises(SourceError, match="neither a file"):
        read("/dev/zero")


def test_a_file_that_shrinks_while_it_is_sent_is_told(here: Path) -> None:
    (here / "web.tar").write_bytes(b"a" * 600_000)

    async def shrink() -> None:
        async with open_source("web.tar") as source:
            async for _ in source.chunks:
                os.truncate(here / "web.tar", 10)

    with pytest.raises(SourceError, match="became shorter"):
        asyncio.run(shrink())


def test_a_pipe_is_read_to_its_end(here: Path) -> None:
    os.mkfifo(here / "pipe.tar")
    content = os.urandom(700_000)
    writer = threading.Thread(target=(here / "pipe.tar").write_bytes, args=(content,))
    writer.start()

    source, found = read("pipe.tar")

    writer.join()
    assert source.size is None
    assert found == content


def test_a_pipe_cannot_be_planned(here: Path) -> None:
    os.mkfifo(here / "pipe.tar")

    with pytest.raises(SourceError, match="would be read once"):
        asyncio.run(describe_source("pipe.tar"))


def test_no_thread_waits_for_somebody_to_write_to_a_pipe(here: Path) -> None:
    os.mkfifo(here / "pipe.tar")

    async def interrupted() -> None:
        entered = False
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5), open_source("pipe.tar") as source:
                    entered = True
                    await anext(source.chunks)
        finally:
            os.close(os.open(here / "pipe.tar", os.O_RDWR))  # lets go a thread that waits
        assert entered

    asyncio.run(interrupted())


def test_a_layout_folder_becomes_a_tar_of_the_announced_size(layout: Path) -> None:
    source, content = read("./layout")

    assert source.size == len(content)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        names = archive.getnames()
        assert names[:2] == ["oci-layout", "index.json"]
        assert "notes.txt" not in names
        for name in names[2:]:
            blob = archive.extractfile(name)
            assert blob is not None
            assert hashlib.sha256(blob.read()).hexdigest() == name.rpartition("/")[2]


def test_long_blob_names_count_in_the_size(layout: Path) -> None:
    (layout / "blobs" / "sha512").mkdir()
    (layout / "blobs" / "sha512" / ("f" * 128)).write_bytes(b"x")

    assert layout_size(layout) == sum(map(len, layout_bytes(layout, 1000)))


def test_a_link_in_a_layout_is_refused(layout: Path) -> None:
    (layout / "blobs" / "sha256" / ("0" * 64)).symlink_to("/etc/passwd")

    with pytest.raises(SourceError, match="is a link"):
        read("./layout")


def test_a_linked_blobs_folder_is_refused(layout: Path) -> None:
    (layout / "blobs").rename(layout / "elsewhere")
    (layout / "blobs").symlink_to("elsewhere")

    with pytest.raises(SourceError, match="is a link"):
        read("./layout")


def test_a_folder_without_oci_layout_is_refused(here: Path) -> None:
    with pytest.raises(SourceError, match="not an OCI layout"):
        read(".")


def test_a_layout_without_index_is_told(layout: Path) -> None:
    (layout / "index.json").unlink()

    with pytest.raises(SourceError, match=r"index\.json cannot be read"):
        read("./layout")


def test_without_an_engine_the_advice_is_to_name_a_path(here: Path) -> None:
    with pytest.raises(SourceError, match="No engine answers") as caught:
        read("website")

    assert "./website.tar" in caught.value.advice


def test_an_engine_on_another_machine_is_not_asked(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "ssh://root@build")

    with pytest.raises(SourceError, match="ssh://root@build"):
        read("website")


def test_a_plan_of_a_file_knows_its_size_only(here: Path) -> None:
    (here / "web.tar").write_bytes(tarfile.TarInfo("a").tobuf() + bytes(1024))

    request = asyncio.run(describe_source("web.tar"))

    assert (request.image, request.bytes) == ("", 1536)


def test_a_missing_archive_is_not_taken_for_a_misspelt_image() -> None:
    error = missing_image("website.tar", ["website:1"])

    assert error.detail == "There is no file website.tar, and no image of that name."


@pytest.mark.parametrize(
    ("name", "similar"),
    [
        ("webiste:1", ["website:1", "website:2"]),
        ("website", ["website:2", "website:1"]),
        ("website:9", ["website:2", "website:1"]),
        ("demo_website", []),
    ],
)
def test_similar_images_are_offered_but_no_release_of_a_deployment(
    name: str, similar: list[str]
) -> None:
    error = missing_image(name, ["website:1", "website:2", "demo_website:release-3"])

    assert error.data["similar"] == similar


def test_standard_input_cannot_be_planned() -> None:
    with pytest.raises(SourceError, match="but not planned"):
        asyncio.run(describe_source("-"))


def test_an_engines_answer_may_come_in_pieces(here: Path) -> None:
    digest = f"sha256:{'0' * 64}"
    body = b'{"Id": "%b", "RepoTags": ["website:1"], "Size": 5}' % digest.encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        told = b"[]" if b"/history " in asked else body
        head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        writer.write(head % len(told))
        for start in range(0, len(told), 20):
            await asyncio.sleep(0.01)
            writer.write(told[start : start + 20])
        await writer.drain()
        writer.close()

    async def describe() -> str | None:
        async with await asyncio.start_unix_server(answer, here / "docker.sock"):
            return (await describe_source("website:1")).image

    assert asyncio.run(describe()) == digest
