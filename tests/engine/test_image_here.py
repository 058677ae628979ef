"""How an image of a real engine is read: by a save, or by a push once saves have cost enough."""

import asyncio
import itertools
import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec import structs

from edd.client.engine import FoundImage, describe_image
from edd.client.images.saved import AFTERWARDS, EngineImageHere
from edd.client.saves import Saves
from edd.model.job import Progress
from tests.support.engine import TestEngine
from tests.support.images import Image, Layer, files_layer, noise_layer, write_archive

_seeds = itertools.count(4711)
PAGE = files_layer({"page": b"one"})


@dataclass
class Here:
    """An engine with an image of a small layer on a large one that it never packed."""

    engine: TestEngine
    large: Layer
    folder: Path

    @property
    def saves(self) -> Saves:
        """What is remembered of saves."""
        return Saves(self.folder / "cache" / "edd")

    @property
    def wasted(self) -> float:
        """Seconds noted of the large layer."""
        return self.saves.wasted([diff_id(self.large)])

    @property
    def port(self) -> int:
        """The port that taps are remembered to have."""
        return int(json.loads((self.folder / "cache/edd/tap.json").read_text())["port"])

    def found(self) -> FoundImage:
        """The image as the engine describes it."""
        return asyncio.run(describe_image("web:1"))

    def read(
        self, *layers: Layer, found: FoundImage | None = None, learn: bool = False
    ) -> list[str]:
        """Read layers, let the engine learn meanwhile if it may; return what was said."""
        said: list[Progress] = []
        wanted = [diff_id(layer) for layer in layers]

        async def it() -> None:
            image = EngineImageHere(found or await describe_image("web:1"))
            async with image.content(wanted, said.append) as content:
                for layer, digest in zip(layers, wanted, strict=True):
                    with content.blobs[digest].open() as file:
                        assert file.read() == b"".join(layer.read())
                if learn and content.learn:
                    await content.learn()

        asyncio.run(it())
        return [one.message for one in said]


@pytest.fixture
def here(
    clean_engine: TestEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Here]:
    """An engine with ``web:1``, a page on a layer that is new to it."""
    monkeypatch.setenv("DOCKER_HOST", clean_engine.url)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    large = noise_layer("base", 100, seed=next(_seeds))
    image = Image(["web:1"], {"Cmd": ["/none"]}, (large, PAGE))
    clean_engine.load(write_archive(tmp_path / "image.tar", image))
    yield Here(clean_engine, large, tmp_path)
    assert "/edd/tap" not in clean_engine.docker("images", "--all")


def diff_id(layer: Layer) -> str:
    """A layer's diff ID."""
    return f"sha256:{layer.digest}"


def packs(said: Collection[str]) -> bool:
    """Tell whether it was said that the engine packs."""
    return any(AFTERWARDS in each for each in said)


def test_a_save_for_a_small_layer_is_noted_as_wasted(here: Here) -> None:
    assert not packs(here.read(PAGE))
    assert here.wasted > 0


def test_once_saves_have_cost_enough_the_layers_are_packed_and_no_more_saved(here: Here) -> None:
    here.saves.note({diff_id(here.large): 60.0})
    said = here.read(PAGE)
    assert packs(said)
    assert any(" MB at most)" in each for each in said)
    assert here.wasted == 0
    assert not packs(here.read(PAGE))
    assert here.wasted == 0, "it was saved again"


def test_what_was_learnt_meanwhile_is_not_saved_again(here: Here) -> None:
    here.read(PAGE, learn=True)
    assert here.wasted == 0
    here.read(PAGE)
    assert here.wasted == 0, "it was saved again"


def test_an_image_that_is_wanted_whole_wastes_nothing(here: Here) -> None:
    here.read(here.large, PAGE)
    assert here.saves.wasted([diff_id(here.large), diff_id(PAGE)]) == 0


def test_where_sizes_are_not_known_nothing_is_called_wasted(here: Here) -> None:
    here.read(here.large, PAGE, found=structs.replace(here.found(), sizes=()))
    assert here.wasted == 0


def test_a_small_image_on_the_same_base_takes_nothing_from_a_large_one(here: Here) -> None:
    here.read(PAGE, learn=True)
    here.saves.note({diff_id(here.large): 1.0, "sha256:large-one": 30.0})
    here.read(PAGE)
    assert here.saves.wasted([diff_id(here.large), "sha256:large-one"]) == 30.0


def test_a_tap_beside_another_leaves_the_port_to_that(here: Here) -> None:
    here.read(PAGE, learn=True)
    before = here.port

    async def beside() -> None:
        image = EngineImageHere(await describe_image("web:1"))
        wanted = [diff_id(PAGE)]
        async with image.content(wanted, print), image.content(wanted, print):
            pass

    asyncio.run(beside())
    here.read(PAGE)
    assert here.port == before


def test_what_came_by_a_push_has_nothing_to_learn(here: Here) -> None:
    here.read(PAGE, learn=True)

    async def it() -> None:
        image = EngineImageHere(await describe_image("web:1"))
        async with image.content([diff_id(PAGE)], print) as content:
            assert content.learn is None

    asyncio.run(it())
