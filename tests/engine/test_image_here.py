"""How an image of a real engine is read: by a save, or by a push once saves have cost enough."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.client.engine import describe_image
from edd.client.images.saved import PACKS_ONCE, EngineImageHere
from edd.client.saves import Saves
from edd.model.job import Progress
from tests.support.engine import TestEngine
from tests.support.images import Image, Layer, files_layer, noise_layer, write_archive

LARGE = noise_layer("base", 100, seed=4711)


@pytest.fixture
def engine_(
    clean_engine: TestEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestEngine]:
    """An engine with a small layer on a large one that it never packed."""
    monkeypatch.setenv("DOCKER_HOST", clean_engine.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    image = Image(["web:1"], {"Cmd": ["/none"]}, (LARGE, page()))
    clean_engine.load(write_archive(tmp_path / "image.tar", image))
    yield clean_engine
    assert "/edd/tap" not in clean_engine.docker("images", "--all")


def page() -> Layer:
    """The small layer."""
    return files_layer({"page": b"one"})


@pytest.fixture
def saves(tmp_path: Path) -> Saves:
    """What is remembered of saves."""
    return Saves(tmp_path / "cache" / "edd")


def read_page() -> list[str]:
    """Read the small layer; return what was said meanwhile."""
    said: list[Progress] = []

    async def read() -> bytes:
        image = EngineImageHere(await describe_image("web:1"))
        async with image.content([diff_id(page())], said.append) as content:
            with content.blobs[diff_id(page())].open() as layer:
                return layer.read()

    assert asyncio.run(read()) == b"".join(page().read())
    return [one.message for one in said]


def diff_id(layer: Layer) -> str:
    """A layer's diff ID."""
    return f"sha256:{layer.digest}"


def wasted(saves: Saves) -> float:
    """Seconds of saves noted of images on the large layer."""
    return saves.wasted([diff_id(LARGE)])


@pytest.mark.usefixtures("engine_")
def test_a_save_for_a_small_layer_is_noted_as_wasted(saves: Saves) -> None:
    assert read_page() == []
    once = wasted(saves)
    assert once > 0
    assert read_page() == []
    assert wasted(saves) > once


@pytest.mark.usefixtures("engine_")
def test_once_saves_have_cost_enough_the_layers_are_packed_and_no_more_saved(saves: Saves) -> None:
    saves.note([diff_id(LARGE)], 60.0)
    assert read_page() == [PACKS_ONCE]
    assert wasted(saves) == 0
    assert read_page() == []
    assert wasted(saves) == 0, "it was saved again"


@pytest.mark.usefixtures("engine_")
def test_what_was_learnt_meanwhile_is_not_saved_again(saves: Saves) -> None:
    read_page()

    async def learn() -> None:
        await EngineImageHere(await describe_image("web:1")).learn()

    asyncio.run(learn())
    assert wasted(saves) == 0
    assert read_page() == []
    assert wasted(saves) == 0, "it was saved again"


@pytest.mark.usefixtures("engine_")
def test_an_image_that_is_wanted_whole_wastes_next_to_nothing(saves: Saves) -> None:
    async def read() -> None:
        image = EngineImageHere(await describe_image("web:1"))
        async with image.content([diff_id(LARGE), diff_id(page())], lambda _: None):
            pass

    asyncio.run(read())
    assert wasted(saves) < 0.1
