"""What an engine wrote out stays as long as it is used."""

import asyncio
from pathlib import Path

from edd.store.extracts import Extracts

LAYER = f"sha256:{'1' * 64}"


async def kept(extracts: Extracts, name: str = "website") -> Path:
    """Keep a layer for a deployment; return where it lies."""
    with extracts.workshop() as folder:
        file = folder / "layer"
        file.write_bytes(b"layer")
        await extracts.keep(name, {LAYER: file})
    return extracts.path(name, LAYER)


def test_what_is_used_stays_when_another_lets_it_go(tmp_path: Path) -> None:
    async def story() -> None:
        extracts = Extracts(tmp_path / "extracts")
        async with extracts.used("website"):
            path = await kept(extracts)
            async with extracts.used("website"):
                pass
            await extracts.let_go("website")
            await extracts.sweep(-1)
            assert path.exists()
        await extracts.let_go("website")
        assert not path.exists()

    asyncio.run(story())


def test_what_nobody_has_used_for_a_while_goes(tmp_path: Path) -> None:
    async def story() -> None:
        extracts = Extracts(tmp_path / "extracts")
        async with extracts.used("website"):
            path = await kept(extracts)
        await extracts.sweep(60)
        assert await extracts.absent("website", [LAYER]) == []
        await extracts.sweep(-1)
        assert await extracts.absent("website", [LAYER]) == [LAYER]
        assert not path.exists()

    asyncio.run(story())


def test_nothing_outlives_the_daemon(tmp_path: Path) -> None:
    path = asyncio.run(kept(Extracts(tmp_path / "extracts")))

    Extracts(tmp_path / "extracts")

    assert not path.exists()
