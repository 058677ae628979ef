"""What is alike is told to those who may build upon it, and looking for it hinders nothing."""

import asyncio
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edd.delta import sketch
from edd.model.caller import Caller, Role
from edd.model.holding import Holding, LayeredImage
from edd.model.offer import BasesRequest, SketchedLayer, Suggestion
from edd.operations.relatives import Relatives
from edd.store.database import Database
from edd.store.sketches import Sketches
from tests.unit.delta.layers import tar_of

LAYER = tar_of([(f"opt/{number}.py", bytes(10_000 + number)) for number in range(120)])
MOVED = tar_of([(f"srv/{number}.py", bytes(10_000 + number)) for number in range(110)])
ASKED = BasesRequest((SketchedLayer(len(MOVED), sketch(io.BytesIO(MOVED)).told),), ("z",))
SUGGESTED = Suggestion(("a",), 7)


class Host:
    """In the stead of `Holdings`: who is limited to deployment ``b`` sees no image."""

    async def of(self, caller: Caller) -> Holding:
        seen = () if "b" in caller.deployments else (LayeredImage("one", ("a", "c"), 7),)
        return Holding(seen, chained=True)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state.db")
    yield database
    database.close()


def relatives(database: Database) -> Relatives:
    host: Any = Host()
    return Relatives(host, Sketches(database))


def caller(*deployments: str) -> Caller:
    return Caller("alice", Role.DEPLOYER, frozenset(deployments))


def test_a_noted_layer_is_suggested_to_those_who_may_build_upon_it(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "layer"
    path.write_bytes(LAYER)
    here = relatives(database)

    async def story() -> list[Suggestion]:
        await here.note({"a": path})
        return [await here.suggest(ASKED, caller(*whose)) for whose in ((), ("a",), ("b",))]

    assert asyncio.run(story()) == [SUGGESTED, SUGGESTED, Suggestion()]


def test_a_layer_that_cannot_be_read_or_noted_hinders_nothing(
    database: Database, tmp_path: Path
) -> None:
    here = relatives(database)

    async def story() -> Suggestion:
        async with here.noting({"a": tmp_path / "gone"}):
            pass
        return await here.suggest(ASKED, caller())

    assert asyncio.run(story()) == Suggestion()


def test_small_layers_are_not_noted(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_bytes(LAYER[: 1 << 19])

    async def story() -> dict[str, Any]:
        await relatives(database).note({"a": path})
        return dict(await Sketches(database).find(["a"]))

    assert asyncio.run(story()) == {}
