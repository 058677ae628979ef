"""What each engine makes of an archive that lacks layers: the ground that deltas stand on.

docs/adr/0019-partial-archives.md has the same as a table.
"""

from dataclasses import replace

import pytest

from tests.support.engine import TestEngine
from tests.support.engines import MIDDLE
from tests.support.loading import Answer, load_past_the_gate
from tests.support.partial_archives import (
    FORM_NAMES,
    FORMS,
    arrive,
    can_run,
    fresh,
    has,
    image,
    packed_save_25,
    saved,
    without,
)
from tests.unit.archive import builders
from tests.unit.archive.builders import docker_save_20, docker_save_25, oci_layout, sha


@pytest.mark.parametrize("form", FORMS, ids=FORM_NAMES)
def test_the_classic_store_needs_no_layer_whose_chain_it_has(
    classic_engine: TestEngine, form: builders.Form
) -> None:
    first, second = fresh("a"), fresh("b")
    arrive(classic_engine, first, second)
    new = image(first, second, fresh("c"))
    answer = load_past_the_gate(classic_engine, without(form, new, first, second))
    assert answer == Answer(200, "", "Loaded image: site:1\n")
    assert has(classic_engine, new)


def test_an_archive_of_both_forms_suits_every_engine(any_engine: TestEngine) -> None:
    first, second = fresh("a"), fresh("b")
    arrive(any_engine, first, second)
    new = image(first, second, fresh("c"))
    answer = load_past_the_gate(any_engine, without(docker_save_25, new, first, second))
    assert answer == Answer(200, "", "Loaded image: site:1\n")
    assert has(any_engine, new)
    assert {sha(new.config), *map(sha, new.layers)} <= saved(any_engine, "site:1")


def test_an_oci_layout_alone_suits_the_containerd_store(containerd_engine: TestEngine) -> None:
    first = fresh("a")
    arrive(containerd_engine, first)
    new = image(first, fresh("c"))
    answer = load_past_the_gate(containerd_engine, without(oci_layout, new, first))
    assert answer == Answer(200, "", "Loaded image: site:1\n")
    assert has(containerd_engine, new)


def test_the_containerd_store_finds_a_layer_by_its_digest_wherever_it_lies(
    containerd_engine: TestEngine,
) -> None:
    first, second = fresh("a"), fresh("b")
    arrive(containerd_engine, first, second)
    new = image(second, fresh("c"))
    answer = load_past_the_gate(containerd_engine, without(docker_save_25, new, second))
    assert answer == Answer(200, "", "Loaded image: site:1\n")
    assert has(containerd_engine, new)


@pytest.mark.parametrize("form", FORMS, ids=FORM_NAMES)
@pytest.mark.parametrize("known", [False, True], ids=["nowhere", "under another chain"])
def test_the_classic_store_refuses_a_layer_whose_chain_it_lacks_and_keeps_nothing(
    classic_engine: TestEngine, form: builders.Form, known: bool
) -> None:
    first, second = fresh("a"), fresh("b")
    arrive(classic_engine, first, second)
    images, layers = classic_engine.image_ids(), classic_engine.layers()
    absent = second if known else fresh("c")
    lacking = image(fresh("d"), absent, tag="base:1")
    answer = load_past_the_gate(classic_engine, without(form, lacking, absent))
    assert answer.status == 200
    assert answer.error.startswith("open ")
    assert answer.error.endswith(": no such file or directory")
    assert (classic_engine.image_ids(), classic_engine.layers()) == (images, layers)
    assert classic_engine.inspect("base:1")["Id"] in images


def test_the_classic_store_refuses_an_oci_layout_alone(classic_engine: TestEngine) -> None:
    answer = load_past_the_gate(classic_engine, without(oci_layout, image(fresh("a"))))
    assert answer.status == 200
    assert answer.error.endswith("/blobs/json: no such file or directory")


def test_the_containerd_store_refuses_a_docker_archive_that_lacks_a_layer(
    containerd_engine: TestEngine,
) -> None:
    first = fresh("a")
    arrive(containerd_engine, first)
    before = containerd_engine.inspect("base:1")
    lacking = image(first, fresh("c"), tag="base:1")
    answer = load_past_the_gate(containerd_engine, without(docker_save_20, lacking, first))
    assert answer.status == 200
    assert answer.error.startswith("failed to resolve layers: layer ")
    assert containerd_engine.inspect("base:1") == before


def test_the_containerd_store_moves_the_tag_to_an_image_whose_layer_it_lacks(
    containerd_engine: TestEngine,
) -> None:
    base = arrive(containerd_engine, fresh("a"))
    absent = fresh("c")
    lacking = replace(base, layers=(*base.layers, absent))
    before = containerd_engine.inspect("base:1")["Id"]
    answer = load_past_the_gate(containerd_engine, without(docker_save_25, lacking, absent))
    assert answer.status == 200
    missing = f"failed to get reader from content store: content digest sha256:{sha(absent)}"
    if containerd_engine.version == MIDDLE:
        # It lacks the layer, or what lies below it, if that was collected when the tag moved.
        assert answer.error.startswith("failed to unpack loaded image: ")
        assert answer.error.endswith(": not found")
    else:
        assert answer.error == ""
        assert "Loaded image: base:1\nError unpacking image base:1: " in answer.told
        assert missing in answer.told
    broken = containerd_engine.inspect("base:1")
    assert broken["Id"] != before
    assert not can_run(containerd_engine, "base:1")
    assert sha(absent) not in saved(containerd_engine, "base:1")
    # Engine 26 lists only what is whole; later ones list it, but cannot tell what it is.
    assert (broken["Id"] in containerd_engine.image_ids()) == (broken["Os"] == "")
    assert (broken["Os"] == "linux") == (containerd_engine.version == MIDDLE)

    load_past_the_gate(containerd_engine, without(docker_save_25, lacking))
    assert has(containerd_engine, lacking)


def test_the_containerd_store_runs_an_image_that_it_cannot_save(
    containerd_engine: TestEngine,
) -> None:
    first = fresh("a")
    arrive(containerd_engine, first, form=packed_save_25)
    new = image(first, fresh("c"))
    # The chain is unpacked already, but the first layer lies here under its packed digest only.
    answer = load_past_the_gate(containerd_engine, without(docker_save_25, new, first))
    assert answer == Answer(200, "", "Loaded image: site:1\n")
    assert can_run(containerd_engine, "site:1")
    assert not {sha(new.config), *map(sha, new.layers)} & saved(containerd_engine, "site:1")
