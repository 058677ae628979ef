"""What real tools write goes through the gate into a real engine, and arrives as one image."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from edd.archive import ArchiveStream, Wanted
from edd.engine.connection import EngineConnection
from edd.engine.images import Images
from edd.errors import DigestMismatchError, TruncatedArchiveError
from edd.model.image import ArchiveImage, Platform
from tests.support.engine import TestEngine
from tests.support.images import Image, big_image, image_id, website_image, write_archive
from tests.unit.archive import builders

REFERENCE = "ed_website:edd-1"

needs_skopeo = pytest.mark.skipif(
    shutil.which("skopeo") is None, reason="not installed: skopeo (apt-get install skopeo)"
)


@pytest.fixture(scope="module")
def image() -> Image:
    return website_image("website:latest", "hello")


@pytest.fixture
def saved(clean_engine: TestEngine, image: Image, tmp_path: Path) -> Path:
    """What this engine's `docker save` writes of two images, one of them the website."""
    for number, one in enumerate((image, website_image("postgres:16", "other"))):
        clean_engine.load(write_archive(tmp_path / f"{number}.tar", one))
    path = tmp_path / "saved.tar"
    clean_engine.docker("save", "-o", str(path), "website:latest")
    clean_engine.docker("save", "-o", str(tmp_path / "two.tar"), "postgres:16", "website:latest")
    clean_engine.clean()
    return path


def load(engine: TestEngine, content: bytes, spool: Path | None = None) -> ArchiveImage:
    """Load ``content`` through the gate."""
    platform = Platform("linux", website_image("x", "x").architecture)
    wanted = Wanted("website", "ed_website", REFERENCE, platform, 1 << 30, spool_dir=spool)

    async def source() -> AsyncIterator[bytes]:
        for at in range(0, len(content), 1 << 18):
            yield content[at : at + (1 << 18)]

    async def run() -> ArchiveImage:
        stream = ArchiveStream(source(), wanted)
        before = open_files()
        try:
            async with EngineConnection(str(engine.socket)) as connection:
                await Images(connection).load(stream)
        finally:
            await stream.aclose()
            async with asyncio.timeout(10):
                # aiohttp closes a connection that was cut short in the background.
                while open_files() > before:
                    await asyncio.sleep(0.01)
        return stream.image

    return asyncio.run(run())


def open_files() -> int:
    """Return how many files and sockets this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def assert_loaded(engine: TestEngine, image: Image, loaded: ArchiveImage) -> None:
    """The engine holds that image under our reference, no other image and no other tag."""
    assert loaded.config == image_id(image)
    assert engine.image_ids() == {image_id(image)}
    assert engine.inspect(REFERENCE)["RepoTags"] == [REFERENCE]


def skopeo(engine: TestEngine, source: str, target: str, *words: str) -> None:
    """Copy an image with skopeo."""
    done = subprocess.run(
        ["skopeo", "--insecure-policy", "copy", *words, source, target],
        env=engine.environment,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize(
    "pack", [builders.plain, builders.gz, builders.zst], ids=["plain", "gzip", "zstd"]
)
def test_docker_save_loads(
    clean_engine: TestEngine, saved: Path, image: Image, pack: builders.Compress
) -> None:
    assert_loaded(clean_engine, image, load(clean_engine, pack(saved.read_bytes())))


def test_of_two_saved_images_only_the_deployments_arrives(
    clean_engine: TestEngine, saved: Path, image: Image
) -> None:
    both = saved.with_name("two.tar").read_bytes()
    assert_loaded(clean_engine, image, load(clean_engine, both))


@needs_skopeo
@pytest.mark.parametrize("words", [[], ["--dest-compress-format=zstd"]], ids=["gzip", "zstd"])
def test_skopeos_oci_archive_loads(
    clean_engine: TestEngine, saved: Path, image: Image, tmp_path: Path, words: list[str]
) -> None:
    target = tmp_path / "oci.tar"
    skopeo(clean_engine, f"docker-archive:{saved}", f"oci-archive:{target}:website:1", *words)
    loaded = load(clean_engine, target.read_bytes(), tmp_path)
    assert clean_engine.inspect(REFERENCE)["RepoTags"] == [REFERENCE]
    # The OCI form of the configuration is another document, so another id, of the same layers.
    assert clean_engine.inspect(REFERENCE)["Id"] == loaded.config
    assert clean_engine.inspect(REFERENCE)["RootFS"]["Layers"] == [
        f"sha256:{layer.digest}" for layer in image.layers
    ]


@needs_skopeo
def test_skopeos_docker_archive_loads(
    clean_engine: TestEngine, saved: Path, image: Image, tmp_path: Path
) -> None:
    target = tmp_path / "copy.tar"
    skopeo(clean_engine, f"docker-archive:{saved}", f"docker-archive:{target}:website:1")
    assert_loaded(clean_engine, image, load(clean_engine, target.read_bytes()))


@needs_skopeo
def test_what_skopeo_reads_from_the_engine_loads(
    clean_engine: TestEngine, saved: Path, image: Image, tmp_path: Path
) -> None:
    clean_engine.load(saved)
    host = f"--src-daemon-host={clean_engine.url}"
    target = tmp_path / "daemon.tar"
    skopeo(clean_engine, "docker-daemon:website:latest", f"docker-archive:{target}:a:1", host)
    clean_engine.clean()
    assert_loaded(clean_engine, image, load(clean_engine, target.read_bytes()))


@pytest.mark.parametrize("form", [builders.kaniko, builders.docker_save_25, builders.oci_layout])
def test_other_builders_forms_load(
    clean_engine: TestEngine, image: Image, form: builders.Form
) -> None:
    layers = tuple(b"".join(one.read()) for one in image.layers)
    built = builders.Image(layers=layers, architecture=image.architecture)
    loaded = load(clean_engine, builders.tar_of(form(built)))
    assert loaded.config == built.id
    assert clean_engine.image_ids() == {built.id}


@pytest.mark.parametrize("keep", [0.3, 0.9, 0.999])
def test_a_truncated_archive_leaves_the_engine_as_it_was(
    clean_engine: TestEngine, saved: Path, keep: float
) -> None:
    content = saved.read_bytes().rstrip(b"\0")
    with pytest.raises(TruncatedArchiveError):
        load(clean_engine, content[: int(len(content) * keep)])
    assert clean_engine.image_ids() == set()


def test_a_changed_layer_leaves_the_engine_as_it_was(clean_engine: TestEngine, saved: Path) -> None:
    content = bytearray(saved.read_bytes())
    content[content.index(b"hello")] ^= 1
    with pytest.raises(DigestMismatchError):
        load(clean_engine, bytes(content))
    assert clean_engine.image_ids() == set()


def test_the_engine_reads_layers_of_many_mebibytes(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    image = big_image("website:1", 40, layers=3)
    content = write_archive(tmp_path / "big.tar", image).read_bytes()
    loaded = load(clean_engine, content)
    assert_loaded(clean_engine, image, loaded)
    assert loaded.layer_bytes == sum(layer.size for layer in image.layers)


def test_a_foreign_tag_does_not_move(clean_engine: TestEngine, tmp_path: Path) -> None:
    database = website_image("postgres:16", "the database")
    clean_engine.load(write_archive(tmp_path / "db.tar", database))
    before = clean_engine.inspect("postgres:16")["Id"]
    hostile = website_image("postgres:16", "not the database")
    load(clean_engine, write_archive(tmp_path / "hostile.tar", hostile).read_bytes())
    assert clean_engine.inspect("postgres:16")["Id"] == before
    assert clean_engine.inspect(REFERENCE)["Id"] == image_id(hostile)
