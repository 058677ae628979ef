"""What is alike is told to those who may build upon it, and looking for it hinders nothing."""

import asyncio
import io
import threading
from collections.abc import Iterator
from pathlib import Path, PosixPath
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


def relatives(database: Database, patience: float = 5.0) -> Relatives:
    host: Any = Host()
    return Relatives(host, Sketches(database), patience)


class Slow(PosixPath):
    """A layer that opens when ``gate`` does."""

    gate: threading.Event

    def open(self, *words: Any, **more: Any) -> Any:
        self.gate.wait(20)
        return super().open(*words, **more)


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[Slow]:
    path = Slow(tmp_path / "layer")
    Path(path).write_bytes(LAYER)
    path.gate = threading.Event()
    yield path
    path.gate.set()


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


def test_a_good_end_waits_a_little_for_sketches(database: Database, slow: Slow) -> None:
    here = relatives(database)

    async def story() -> Suggestion:
        async with here.noting({"a": slow}):
            asyncio.get_running_loop().call_later(0.2, slow.gate.set)
        return await here.suggest(ASKED, caller())

    assert asyncio.run(story()) == SUGGESTED


def test_nothing_waits_long_for_sketches(database: Database, slow: Slow) -> None:
    here = relatives(database, patience=0.1)

    async def story() -> Suggestion:
        async with asyncio.timeout(5):
            async with here.noting({"a": slow}):
                pass
            return await here.suggest(ASKED, caller())

    assert asyncio.run(story()) == Suggestion()


def test_a_failure_does_not_wait_for_sketches_at_all(database: Database, slow: Slow) -> None:
    async def story() -> None:
        async with asyncio.timeout(5), relatives(database, patience=60).noting({"a": slow}):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asyncio.run(story())


def test_small_layers_are_not_noted(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "layer"
    path.write_bytes(LAYER[: 1 << 19])

    async def story() -> dict[str, Any]:
        await relatives(database).note({"a": path})
        return dict(await Sketches(database).find(["a"]))

    assert asyncio.run(story()) == {}
