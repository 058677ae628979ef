"""What a host remembers of the files of layers."""

import asyncio
from pathlib import Path

import pytest

from edd.model.sketch import Sketch
from edd.store import sketches
from edd.store.database import Database
from edd.store.sketches import Sketches


def test_those_that_are_known_are_found_and_the_oldest_are_forgotten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sketches, "KEPT", 3)
    database = Database(tmp_path / "state.db")
    known = Sketches(database)

    async def story() -> dict[str, Sketch]:
        for layer in ("a", "b", "c", "a", "d"):
            await known.remember(layer, Sketch(layer.encode() * 4))
        return await known.find(["a", "b", "c", "e"])

    assert asyncio.run(story()) == {"a": Sketch(b"aaaa"), "c": Sketch(b"cccc")}
    database.close()
