"""What people push with, against the push half of the distribution API, over plain HTTP."""

import asyncio
import gzip
import hashlib
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edd.errors import UnhealthyError
from tests.support.blobs import FolderStorage, assembled, pushing_to
from tests.support.engine import TestEngine
from tests.support.images import Image, files_layer, image_id, noise_layer, write_archive

NAME = "team/website"
WEB = Image(
    ["website:1"],
    {"Cmd": ["/none"]},
    [noise_layer("base", 3, seed=11), files_layer({"www/index.html": b"one"})],
)


@pytest.fixture
def storage(tmp_path: Path) -> FolderStorage:
    """Where pushes go."""
    return FolderStorage(tmp_path / "storage")


def pushed(storage: FolderStorage, push: Callable[[str], str]) -> str:
    """Run ``push`` with the address of a door over ``storage``; return what it returned."""

    async def it() -> str:
        async with pushing_to(storage) as port:
            return await asyncio.to_thread(push, f"127.0.0.1:{port}")

    return asyncio.run(it())


def plain(blob: bytes) -> bytes:
    """A layer as its diff ID names it."""
    return gzip.decompress(blob) if blob.startswith(b"\x1f\x8b") else blob


def check(storage: FolderStorage, tag: str) -> None:
    """See that the image arrived as it is."""
    config, *layers = assembled(storage, NAME, tag)
    assert f"sha256:{hashlib.sha256(config).hexdigest()}" == image_id(WEB)
    digests = [hashlib.sha256(plain(layer)).hexdigest() for layer in layers]
    assert digests == [layer.digest for layer in WEB.layers]


def docker_push(engine: TestEngine, address: str) -> str:
    """Push the image with the docker command line and return what it said."""
    name = f"{address}/{NAME}:1"
    engine.docker("tag", "website:1", name)
    try:
        done = subprocess.run(
            ["docker", "push", name],
            env=engine.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.stdout + done.stderr
    finally:
        engine.docker("rmi", name)


def test_docker_push_delivers_the_image(
    clean_engine: TestEngine, storage: FolderStorage, tmp_path: Path
) -> None:
    clean_engine.load(write_archive(tmp_path / "image.tar", WEB))

    said = pushed(storage, lambda address: docker_push(clean_engine, address))

    assert "1: digest: sha256:" in said
    check(storage, "1")


def test_a_second_docker_push_sends_no_layer(
    clean_engine: TestEngine, storage: FolderStorage, tmp_path: Path
) -> None:
    clean_engine.load(write_archive(tmp_path / "image.tar", WEB))
    pushed(storage, lambda address: docker_push(clean_engine, address))

    said = pushed(storage, lambda address: docker_push(clean_engine, address))

    assert said.count("Layer already exists") == 2
    assert "Pushed" not in said


def test_docker_push_shows_why_the_image_was_not_taken(
    clean_engine: TestEngine, storage: FolderStorage, tmp_path: Path
) -> None:
    clean_engine.load(write_archive(tmp_path / "image.tar", WEB))
    storage.refusal = UnhealthyError("The new release did not become healthy.")

    said = pushed(storage, lambda address: docker_push(clean_engine, address))

    assert "The new release did not become healthy. Mend the image" in said


@pytest.mark.skipif(shutil.which("skopeo") is None, reason="not installed: skopeo")
@pytest.mark.parametrize("form", ["oci", "v2s2"])
def test_skopeo_copy_delivers_the_image(storage: FolderStorage, tmp_path: Path, form: str) -> None:
    archive = write_archive(tmp_path / "image.tar", WEB)

    def copy(address: str) -> str:
        source, target = f"docker-archive:{archive}", f"docker://{address}/{NAME}:1"
        words = ["--insecure-policy", "copy", "--dest-tls-verify=false", "--format", form]
        done = subprocess.run(
            ["skopeo", *words, source, target],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return f"{done.returncode} {done.stderr}"

    assert pushed(storage, copy).startswith("0 ")
    config, *layers = assembled(storage, NAME, "1")
    assert b"diff_ids" in config
    digests = [hashlib.sha256(plain(layer)).hexdigest() for layer in layers]
    assert digests == [layer.digest for layer in WEB.layers]
