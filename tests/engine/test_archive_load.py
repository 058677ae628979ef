"""What real tools write goes through the gate into a real engine, and arrives as one image."""

import shutil
import subprocess
from pathlib import Path

import pytest

from edd.errors import DigestMismatchError, TruncatedArchiveError
from edd.model.image import ArchiveImage
from tests.support.engine import TestEngine
from tests.support.images import Image, big_image, image_id, website_image, write_archive
from tests.support.loading import REFERENCE, load
from tests.unit.archive import builders

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


def assert_loaded(engine: TestEngine, image: Image, loaded: ArchiveImage) -> None:
    """The engine holds that image under our reference, no other image and no other tag."""
    found = engine.inspect(REFERENCE)
    assert loaded.config == image_id(image)
    assert engine.image_ids() == {found["Id"]}
    assert found["RepoTags"] == [REFERENCE]
    assert found["RootFS"]["Layers"] == [f"sha256:{layer.digest}" for layer in image.layers]
    # The containerd store knows an image by its manifest, which it wrote itself.
    assert engine.store == "containerd" or found["Id"] == loaded.config


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


def test_what_an_engine_saves_loads_into_it_again(
    any_engine: TestEngine, image: Image, tmp_path: Path
) -> None:
    any_engine.load(write_archive(tmp_path / "image.tar", image))
    target = tmp_path / "saved.tar"
    any_engine.docker("save", "-o", str(target), "website:latest")
    any_engine.clean()
    assert_loaded(any_engine, image, load(any_engine, target.read_bytes()))


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


@pytest.mark.parametrize("twice", [False, True], ids=["by the engine", "at the gate"])
@pytest.mark.parametrize(
    "form", [builders.docker_save_20, builders.docker_save_25, builders.oci_layout]
)
def test_a_changed_layer_leaves_the_engine_as_it_was(
    clean_engine: TestEngine, image: Image, form: builders.Form, twice: bool
) -> None:
    assert_damage_is_refused(clean_engine, image, form, twice=twice)


def test_a_changed_layer_leaves_any_engine_as_it_was(any_engine: TestEngine, image: Image) -> None:
    assert_damage_is_refused(any_engine, image, builders.docker_save_25)


def assert_damage_is_refused(
    engine: TestEngine, image: Image, form: builders.Form, *, twice: bool = False
) -> None:
    """Whichever layer is damaged, no image and no layer of it is there afterwards.

    The containerd store keeps what arrived before the damage was seen, as content that nothing
    refers to: tests/engine/test_damaged_archives.py.
    """
    layers = tuple(b"".join(one.read()) for one in image.layers)
    built = builders.Image(layers=layers, architecture=image.architecture)
    for layer in layers:
        content = bytearray(builders.tar_of(form(built)))
        content[content.index(layer) + len(layer) // 2] ^= 1
        with pytest.raises(DigestMismatchError):
            load(engine, bytes(content), twice=twice)
        assert engine.image_ids() == set()
        assert engine.layers() == set()
        assert engine.inspect(REFERENCE) == {}


def test_the_engine_reads_layers_of_many_mebibytes(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    image = big_image("website:1", 40, layers=3)
    content = write_archive(tmp_path / "big.tar", image).read_bytes()
    loaded = load(clean_engine, content)
    assert_loaded(clean_engine, image, loaded)
    assert loaded.layer_bytes == sum(layer.size for layer in image.layers)


def test_a_foreign_tag_does_not_move(any_engine: TestEngine, tmp_path: Path) -> None:
    database = website_image("postgres:16", "the database")
    any_engine.load(write_archive(tmp_path / "db.tar", database))
    before = any_engine.inspect("postgres:16")["Id"]
    hostile = website_image("postgres:16", "not the database")
    load(any_engine, write_archive(tmp_path / "hostile.tar", hostile).read_bytes())
    assert any_engine.inspect("postgres:16")["Id"] == before
    assert any_engine.inspect(REFERENCE)["RootFS"]["Layers"] == [
        f"sha256:{layer.digest}" for layer in hostile.layers
    ]
