"""Layers told by patches, with and without the old one's bytes at hand."""

import io
from functools import partial
from pathlib import Path
from random import Random

import pytest

from edd.client.images import Blob
from edd.client.patches import Old, Patch, patches_against
from edd.delta import apply_patch, describe
from tests.unit.archive import builders

NOISE = {f"lib/{number}": Random(number).randbytes(3000) for number in range(100)}
OLD = builders.layer(**NOISE, page=b"one")
NEW = builders.layer(**NOISE, page=b"two")


def digest(content: bytes) -> str:
    return f"sha256:{builders.sha(content)}"


def blob(content: bytes) -> Blob:
    return Blob(lambda: io.BytesIO(content), len(content))


def applied(patch: Patch) -> bytes:
    made = io.BytesIO()
    with patch.path.open("rb") as file:
        apply_patch(file, {digest(OLD): io.BytesIO(OLD)}, made, len(NEW))
    return made.getvalue()


def test_a_description_of_the_old_layer_is_enough(tmp_path: Path) -> None:
    told = {digest(OLD): describe(io.BytesIO(OLD)).encode()}

    [patch] = patches_against(Old(skeletons=told), {digest(NEW): blob(NEW)}, tmp_path)

    assert (patch.digest, patch.target) == (digest(patch.path.read_bytes()), digest(NEW))
    assert patch.path.stat().st_size < len(NEW) / 100
    assert applied(patch) == NEW


@pytest.mark.parametrize("size", [len(OLD), None], ids=["plain", "packed"])
def test_the_old_layer_itself_serves_too(tmp_path: Path, size: int | None) -> None:
    old = Blob(lambda: io.BytesIO(OLD), size)
    [patch] = patches_against(Old({digest(OLD): old}), {digest(NEW): blob(NEW)}, tmp_path)
    assert applied(patch) == NEW


def test_packed_layers_do_not_overwrite_each_other(tmp_path: Path) -> None:
    news = {digest(NEW): Blob(lambda: io.BytesIO(NEW))}
    olds = {digest(each): Blob(partial(io.BytesIO, each)) for each in (OLD, builders.layer())}
    [patch] = patches_against(Old(olds), news, tmp_path)
    assert patch.path.stat().st_size < len(NEW) / 100


def test_a_packed_layer_is_unpacked_first(tmp_path: Path) -> None:
    packed = Blob(lambda: io.BytesIO(NEW))
    told = {digest(OLD): describe(io.BytesIO(OLD)).encode()}
    [patch] = patches_against(Old(skeletons=told), {digest(NEW): packed}, tmp_path)
    assert applied(patch) == NEW


def test_a_layer_that_has_nothing_in_common_gets_no_patch(tmp_path: Path) -> None:
    other = builders.layer(noise=Random("other").randbytes(300_000))
    told = {digest(OLD): describe(io.BytesIO(OLD)).encode()}
    assert patches_against(Old(skeletons=told), {digest(other): blob(other)}, tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_is_not_what_it_is_called_gets_no_patch(tmp_path: Path) -> None:
    told = {digest(OLD): describe(io.BytesIO(OLD)).encode()}
    assert patches_against(Old(skeletons=told), {digest(b"other"): blob(NEW)}, tmp_path) == []
