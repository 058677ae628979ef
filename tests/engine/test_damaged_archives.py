"""What each engine itself makes of damage, and of an upload that ends too soon.

docs/adr/0019-partial-archives.md has the same as a table. `edd` never lets such an image run:
tests/engine/test_archive_load.py.
"""

import pytest

from tests.support.engine import TestEngine
from tests.support.engines import MIDDLE
from tests.support.loading import Answer, cut_off, load_past_the_gate
from tests.support.partial_archives import (
    FORM_NAMES,
    FORMS,
    arrive,
    can_run,
    fresh,
    has,
    image,
    saved,
    without,
)
from tests.support.processes import wait_until
from tests.unit.archive import builders
from tests.unit.archive.builders import docker_save_20, docker_save_25, sha


@pytest.mark.parametrize("form", FORMS, ids=FORM_NAMES)
@pytest.mark.parametrize("which", [0, 1])
def test_the_classic_store_refuses_a_damaged_layer_and_keeps_nothing(
    classic_engine: TestEngine, form: builders.Form, which: int
) -> None:
    answer = load_damaged(classic_engine, form, which)
    assert answer.status == 200
    assert answer.error.startswith(f"invalid diffID for layer {which}: expected ")
    assert classic_engine.image_ids() == classic_engine.layers() == set()


@pytest.mark.parametrize("form", FORMS, ids=FORM_NAMES)
@pytest.mark.parametrize("which", [0, 1])
def test_the_containerd_store_tags_an_image_with_a_damaged_layer(
    containerd_engine: TestEngine, form: builders.Form, which: int
) -> None:
    answer = load_damaged(containerd_engine, form, which)
    assert answer.status == 200
    admitted = answer.error if containerd_engine.version == MIDDLE else answer.told
    assert ("wrong diff id calculated on extraction" in admitted) == (form is docker_save_20)
    assert ("failed to get reader from content store" in admitted) == (form is docker_save_25)
    assert bool(answer.error) == (containerd_engine.version == MIDDLE)
    assert containerd_engine.inspect("site:1")["RepoTags"] == ["site:1"]
    assert not can_run(containerd_engine, "site:1")


def test_no_engine_reads_a_layer_that_it_has(any_engine: TestEngine) -> None:
    first = fresh("a")
    arrive(any_engine, first)
    new = image(first, fresh("c"))
    content = damaged(without(docker_save_25, new), first)
    assert load_past_the_gate(any_engine, content) == Answer(200, "", "Loaded image: site:1\n")
    assert {sha(one) for one in new.layers} <= saved(any_engine, "site:1")


def damaged(content: bytes, layer: bytes) -> bytes:
    """The archive with one bit of that layer changed."""
    changed = bytearray(content)
    changed[content.index(layer) + 1000] ^= 1
    return bytes(changed)


def load_damaged(engine: TestEngine, form: builders.Form, which: int) -> Answer:
    broken = image(fresh("a"), fresh("b"))
    content = damaged(without(form, broken), broken.layers[which])
    return load_past_the_gate(engine, content)


def test_the_containerd_store_keeps_the_layers_of_an_upload_that_was_cut_off(
    containerd_engine: TestEngine,
) -> None:
    new = image(fresh("a"), fresh("b"))
    begun = without(docker_save_25, new)
    first_and_half = begun[: begun.index(new.layers[1]) + 1000]
    cut_off(containerd_engine, first_and_half, taken=lambda: True)
    arrived = sha(new.layers[0])
    wait_until(lambda: arrived in containerd_engine.blobs(), 10, "the layer is kept")
    containerd_engine.clean()
    assert arrived in containerd_engine.blobs()

    load_past_the_gate(containerd_engine, without(docker_save_25, new, new.layers[0]))
    assert has(containerd_engine, new)


def test_the_classic_store_keeps_nothing_of_an_upload_that_was_cut_off(
    classic_engine: TestEngine,
) -> None:
    new = image(fresh("a"), fresh("b"))
    begun = without(docker_save_25, new)
    first_and_half = begun[: begun.index(new.layers[1]) + 1000]
    unpacked = classic_engine.data / "tmp"
    cut_off(classic_engine, first_and_half, taken=lambda: any(unpacked.iterdir()))
    wait_until(lambda: not any(unpacked.iterdir()), 10, "nothing is kept")
    assert classic_engine.layers() == set()
