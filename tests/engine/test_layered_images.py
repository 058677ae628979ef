"""Which images an engine's layers are looked for in."""

import asyncio
from pathlib import Path

import pytest

from edd.engine.connection import EngineConnection
from edd.engine.images import MOST_OTHERS, Images
from edd.model.holding import LayeredImage
from tests.support.engine import TestEngine
from tests.support.images import Image, files_layer, write_archive
from tests.unit.archive import builders
from tests.unit.archive.builders import docker_save_20, layer, tar_of

SERVING = builders.Image(("ed_website:latest",), (layer(page=b"built reproducibly, so in 1970"),))


@pytest.fixture
def busy_engine(clean_engine: TestEngine, tmp_path: Path) -> TestEngine:
    """An engine with more images than are looked at, the one that serves the oldest of all."""
    upper = files_layer({"etc/motd": b"newer"})
    newer = [
        Image([f"other:{number}"], {"Labels": {"number": str(number)}}, [upper])
        for number in range(MOST_OTHERS + 1)
    ]
    clean_engine.load(write_archive(tmp_path / "newer.tar", *newer))
    (tmp_path / "serving.tar").write_bytes(tar_of(docker_save_20(SERVING)))
    clean_engine.load(tmp_path / "serving.tar")
    return clean_engine


def layered(engine: TestEngine, *, others: bool) -> list[LayeredImage]:
    async def ask() -> list[LayeredImage]:
        async with EngineConnection(str(engine.socket)) as connection:
            return await Images(connection).layered(["ed_website"], others=others)

    return asyncio.run(ask())


def test_what_serves_is_found_among_any_number_of_newer_images(busy_engine: TestEngine) -> None:
    serving = busy_engine.inspect("ed_website:latest")
    mine = LayeredImage(serving["Id"], tuple(serving["RootFS"]["Layers"]), serving["Size"])

    assert layered(busy_engine, others=False) == [mine]
    found = layered(busy_engine, others=True)
    assert found[0] == mine
    assert len(found) == MOST_OTHERS + 1
