"""`docker save` gives layers back as they came: a host can patch what it has into what is new."""

import os
import tarfile

import pytest

from edd.engine.saving import open_saved
from edd.errors import EngineRefusedError
from tests.support.engine import TestEngine
from tests.support.loading import load_past_the_gate
from tests.support.partial_archives import arrive, fresh, has, image, packed_save_25, saved, without
from tests.unit.archive import builders
from tests.unit.archive.builders import Entry, docker_save_20, docker_save_25, gz, sha


def strange_layers() -> dict[str, bytes]:
    """Layers as other tools write them, the same files but other bytes."""
    entries = [
        Entry("./d", kind=tarfile.DIRTYPE),
        Entry("./d/file", os.urandom(700)),
        Entry("./d/hard", kind=tarfile.LNKTYPE, target="./d/file"),
        Entry("d/soft", kind=tarfile.SYMTYPE, target="file"),
        Entry(f"d/{'ü' * 120}", b"a long name"),
        Entry("d/.wh.gone"),
    ]
    gnu = builders.tar_of(entries)
    bare = gnu.rstrip(b"\0")
    return {
        "gnu": gnu,
        "pax": builders.tar_of(entries, tarfile.PAX_FORMAT),
        "no end": bare + bytes(-len(bare) % 512),
        "more after the end": gnu + b"more" * 128,
    }


def test_docker_save_gives_each_layer_back_byte_for_byte(any_engine: TestEngine) -> None:
    layers = tuple(strange_layers().values())
    arrive(any_engine, *layers)
    assert {sha(one) for one in layers} <= saved(any_engine, "base:1")


def test_the_classic_store_knows_packed_layers_as_plain_ones(classic_engine: TestEngine) -> None:
    layer = fresh("a")
    arrive(classic_engine, layer, form=packed_save_25)
    assert {sha(layer), sha(gz(layer))} & saved(classic_engine, "base:1") == {sha(layer)}
    new = image(layer, fresh("c"))
    load_past_the_gate(classic_engine, without(docker_save_25, new, layer))
    assert has(classic_engine, new)


def test_only_the_containerd_store_takes_a_layer_that_names_a_path_twice(
    any_engine: TestEngine,
) -> None:
    twice = builders.tar_of([Entry("file", b"one"), Entry("file", os.urandom(100))])
    answer = load_past_the_gate(any_engine, without(docker_save_20, image(twice)))
    assert ("duplicates of file paths not supported" in answer.error) == (
        any_engine.store == "graphdriver"
    )
    assert bool(answer.error) == (any_engine.store == "graphdriver")


@pytest.mark.parametrize(
    "form", [packed_save_25, builders.kaniko], ids=["OCI layout", "docker archive"]
)
def test_the_containerd_store_keeps_and_saves_layers_as_they_came(
    containerd_engine: TestEngine, form: builders.Form
) -> None:
    plain, packed = fresh("a"), fresh("b")
    arrive(containerd_engine, plain)
    assert sha(plain) in containerd_engine.blobs()

    load_past_the_gate(containerd_engine, without(form, image(packed)))
    assert {sha(packed), sha(gz(packed))} & containerd_engine.blobs() == {sha(gz(packed))}
    assert {sha(packed), sha(gz(packed))} & saved(containerd_engine, "site:1") == {sha(gz(packed))}

    new = image(packed, fresh("c"), tag="new:1")
    load_past_the_gate(containerd_engine, without(packed_save_25, new, gz(packed)))
    assert has(containerd_engine, new)
    assert {sha(gz(one)) for one in new.layers} <= saved(containerd_engine, "new:1")


def test_an_image_that_is_gone_is_refused_in_the_engines_own_words(any_engine: TestEngine) -> None:
    socket = str(any_engine.socket)

    with pytest.raises(EngineRefusedError) as refused, open_saved(socket, "gone:1"):
        pass

    assert "gone:1" in refused.value.detail
    assert refused.value.data["status"] == 404
