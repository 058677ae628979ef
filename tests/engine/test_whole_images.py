"""Whether a containerd store has all of an image, and what keeps it there."""

import asyncio

from edd.engine.connection import EngineConnection
from edd.engine.images import Images
from tests.support.engine import TestEngine
from tests.support.loading import load_past_the_gate
from tests.support.partial_archives import (
    arrive,
    can_run,
    fresh,
    has,
    image,
    packed_save_25,
    saved,
    without,
)
from tests.unit.archive.builders import oci_layout, sha


def is_whole(engine: TestEngine, reference: str) -> bool:
    async def ask() -> bool:
        async with EngineConnection(str(engine.socket)) as connection:
            return await Images(connection).is_whole(reference)

    return asyncio.run(ask())


def test_an_image_that_builds_upon_plain_layers_is_whole_and_stays_so_without_its_base(
    containerd_engine: TestEngine,
) -> None:
    first = fresh("a")
    arrive(containerd_engine, first)
    new = image(first, fresh("c"))
    load_past_the_gate(containerd_engine, without(oci_layout, new, first))
    assert is_whole(containerd_engine, "site:1")

    containerd_engine.docker("rmi", "base:1")
    containerd_engine.docker("image", "prune", "--force")

    assert is_whole(containerd_engine, "site:1")
    assert has(containerd_engine, new)
    assert {sha(new.config), *map(sha, new.layers)} <= saved(containerd_engine, "site:1")


def test_an_image_that_lacks_a_layer_is_not_whole_until_it_is_loaded_whole(
    containerd_engine: TestEngine,
) -> None:
    first, absent = fresh("a"), fresh("b")
    arrive(containerd_engine, first)
    new = image(first, absent)
    load_past_the_gate(containerd_engine, without(oci_layout, new, absent))
    assert not is_whole(containerd_engine, "site:1")

    containerd_engine.docker("rmi", "site:1")
    load_past_the_gate(containerd_engine, without(oci_layout, new))

    assert is_whole(containerd_engine, "site:1")
    assert can_run(containerd_engine, "site:1")


def test_an_image_whose_layer_lies_here_packed_is_not_whole(
    containerd_engine: TestEngine,
) -> None:
    first = fresh("a")
    arrive(containerd_engine, first, form=packed_save_25)
    new = image(first, fresh("c"))
    load_past_the_gate(containerd_engine, without(oci_layout, new, first))
    assert not is_whole(containerd_engine, "site:1")

    containerd_engine.docker("rmi", "site:1")
    load_past_the_gate(containerd_engine, without(oci_layout, new))

    assert is_whole(containerd_engine, "site:1")
    assert {sha(new.config), *map(sha, new.layers)} <= saved(containerd_engine, "site:1")
