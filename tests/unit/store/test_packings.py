"""What a host remembers of packed layers."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.model.packing import Packing
from edd.store import packings
from edd.store.database import Database
from edd.store.packings import Packings

LAYER = f"sha256:{'f' * 64}"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "state.db")
    yield database
    database.close()


def numbered(number: int) -> Packing:
    return Packing(f"sha256:{number:064x}", LAYER, number)


def test_a_packing_is_known_to_its_deployment_alone(database: Database) -> None:
    known = Packings(database)

    asyncio.run(known.remember("website", numbered(1)))

    assert asyncio.run(known.find("website", numbered(1).digest)) == numbered(1)
    assert asyncio.run(known.find("shop", numbered(1).digest)) is None
    assert asyncio.run(known.find("website", numbered(2).digest)) is None


def test_the_oldest_are_forgotten_and_what_is_met_again_is_not_old(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packings, "KEPT", 3)
    known = Packings(database)

    async def story() -> list[int]:
        await known.remember("shop", numbered(1))
        for number in (1, 2, 3, 1, 4):
            await known.remember("website", numbered(number))
        found = [await known.find("website", numbered(number).digest) for number in range(1, 5)]
        assert await known.find("shop", numbered(1).digest)
        return [packing.size for packing in found if packing]

    assert asyncio.run(story()) == [1, 3, 4]
