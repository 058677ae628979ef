"""Images of a real local engine, as `edd push` reads them."""

import asyncio
import io
import json
import tarfile
from pathlib import Path

import pytest

from edd.client.engine import describe_image
from edd.client.sources import describe_source, open_source
from edd.errors import SourceError
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive


@pytest.fixture
def local_engine(
    clean_engine: TestEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> TestEngine:
    """An engine with two tags of one repository, found through DOCKER_HOST."""
    monkeypatch.setenv("DOCKER_HOST", clean_engine.url)
    monkeypatch.chdir(tmp_path)
    for tag in ("website:latest", "website:2"):
        clean_engine.load(write_archive(tmp_path / "image.tar", website_image(tag, tag)))
    return clean_engine


def saved(image: str) -> list[str]:
    """Return the tags in the manifest of what would be sent."""

    async def read() -> bytes:
        async with open_source(image) as source:
            return b"".join([chunk async for chunk in source.chunks])

    with tarfile.open(fileobj=io.BytesIO(asyncio.run(read()))) as archive:
        manifest = archive.extractfile("manifest.json")
        assert manifest is not None
        return [tag for entry in json.load(manifest) for tag in entry["RepoTags"] or ["none"]]


def test_a_name_without_a_tag_sends_the_latest_image_only(local_engine: TestEngine) -> None:
    assert saved("website") == ["website:latest"]


def test_a_tag_sends_that_image(local_engine: TestEngine) -> None:
    assert saved("website:2") == ["website:2"]


def test_an_id_sends_that_image(local_engine: TestEngine) -> None:
    short = local_engine.inspect("website:2")["Id"].removeprefix("sha256:")[:12]

    assert saved(short) == ["none"]


def test_a_plan_knows_the_images_id_and_size(local_engine: TestEngine) -> None:
    found = asyncio.run(describe_source("website"))

    inspected = local_engine.inspect("website:latest")
    assert (found.image, found.bytes) == (inspected["Id"], inspected["Size"])


def test_a_layer_of_folders_alone_leaves_every_size_with_its_layer(
    local_engine: TestEngine, tmp_path: Path
) -> None:
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "page").write_bytes(bytes(300_000))
    steps = [
        "FROM website",
        'ENV A="b"',
        "WORKDIR /app",
        "COPY page /",
        'SHELL ["/bin/busybox", "sh", "-c"]',
        "RUN busybox mkdir /empty",
        'CMD ["/bin/busybox"]',
    ]
    (folder / "Dockerfile").write_text("\n".join(steps))
    local_engine.docker("build", "--network", "host", "-t", "built", str(folder))

    found = asyncio.run(describe_image("built"))

    below, page, app, new, empty = found.sizes
    assert (app, new, empty) == (0, 300_000, 0)
    assert below > page > 0


def test_a_misspelt_image_is_answered_with_similar_tags(local_engine: TestEngine) -> None:
    with pytest.raises(SourceError, match="Did you mean website:2"):
        asyncio.run(describe_source("webiste:2"))


def test_a_missing_tag_is_answered_with_the_present_ones(local_engine: TestEngine) -> None:
    with pytest.raises(SourceError, match="website:latest"):
        asyncio.run(describe_source("website:3"))


def test_a_file_of_that_name_is_pointed_at(local_engine: TestEngine, tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("x")

    with pytest.raises(SourceError, match=r"There is a file of that name: \./shop"):
        asyncio.run(describe_source("shop"))
