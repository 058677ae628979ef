import io
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edd.delta import decode_skeleton, describe
from tests.unit.delta.layers import layers, mangled, tar_of
from tests.unit.delta.patching import round_trip


@settings(deadline=None, max_examples=150)
@given(data=st.data(), content=st.booleans(), count=st.integers(0, 3))
def test_any_layer_comes_back_from_a_patch_against_any_layers(
    data: st.DataObject, content: bool, count: int
) -> None:
    target = data.draw(mangled(layers()))
    bases = [data.draw(mangled(layers())) for _ in range(count)]
    round_trip(target, bases, content=content)


@settings(deadline=None, max_examples=80)
@given(data=st.data(), content=st.booleans())
def test_a_layer_comes_back_from_a_patch_against_a_damaged_form_of_itself(
    data: st.DataObject, content: bool
) -> None:
    layer = data.draw(layers())
    round_trip(layer, [data.draw(mangled(st.just(layer)))], content=content)
    round_trip(data.draw(mangled(st.just(layer))), [layer], content=content)


@settings(deadline=None, max_examples=80)
@given(layer=mangled(layers()))
def test_a_skeleton_comes_back_from_its_bytes(layer: bytes) -> None:
    skeleton = describe(io.BytesIO(layer))
    again = decode_skeleton(skeleton.encode())
    assert list(again.entries) == list(skeleton.entries)
    assert again.size == skeleton.size == len(layer)
    headers = range(len(skeleton.headers))
    assert [again.headers[at] for at in headers] == [skeleton.headers[at] for at in headers]


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=3000), st.binary(max_size=3000), st.booleans())
def test_bytes_that_are_no_tar_come_back(one: bytes, other: bytes, content: bool) -> None:
    round_trip(one, [other, one[: len(one) // 2]], content=content)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_changed_time_on_every_member_costs_next_to_nothing(form: int) -> None:
    names = [f"usr/lib/module{number}/{'part' * (number % 40)}.py" for number in range(500)]
    old = tar_of([(name, name.encode() * 30) for name in names], form, mtime=1_700_000_000)
    new = tar_of([(name, name.encode() * 30) for name in names], form, mtime=1_700_000_777)
    assert round_trip(new, [old]) < 400
    assert round_trip(new, [old], content=False) < 400
