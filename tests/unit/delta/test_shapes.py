"""Whatever shape a layer's members have, the layer comes back byte for byte."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edd.delta import decode_skeleton, describe
from tests.unit.delta.layers import Layer, contents
from tests.unit.delta.patching import round_trip
from tests.unit.delta.shapes import ENDS, SHAPES, Shape, dirty_fill, plain

BOTH = pytest.mark.parametrize("content", [True, False])
NAMES = [b"file", b"usr/lib/part-1.2.3.so", b"gr\xc3\xbc\xc3\x9fe/text", b"n" * 99]


def layer(shape: Shape, name: bytes, content: bytes, end: bytes) -> bytes:
    around = plain(b"before", b"what comes before\n" * 90), plain(b"after", b"and after\n" * 90)
    return Layer(around[0] + shape(name, content) + around[1] + end)


@BOTH
@pytest.mark.parametrize("name", list(SHAPES))
@settings(deadline=None, max_examples=8)
@given(data=st.data())
def test_a_layer_with_a_member_of_this_shape_comes_back(
    name: str, content: bool, data: st.DataObject
) -> None:
    end = ENDS[data.draw(st.sampled_from(list(ENDS)))]
    names = data.draw(st.sampled_from(NAMES)), data.draw(st.sampled_from(NAMES))
    old = layer(SHAPES[name], names[0], data.draw(contents()), end)
    new = layer(SHAPES[name], names[1], data.draw(contents()), bytes(1024))
    round_trip(new, [old], content=content)
    round_trip(old, [new], content=content)


@pytest.mark.parametrize("name", list(SHAPES))
def test_a_member_of_this_shape_is_told_by_a_description(name: str) -> None:
    shaped = layer(SHAPES[name], b"file", b"some content\n" * 999, bytes(1024))
    told = describe(io.BytesIO(shaped))
    again = decode_skeleton(told.encode())
    assert list(again.entries) == list(told.entries)
    assert again.size == len(shaped)


@BOTH
def test_headers_behind_a_dirty_filling_are_found_at_their_places(content: bool) -> None:
    text = b"".join(b"line %d of a text\n" % line for line in range(2000))
    new = dirty_fill(b"one", b"\0" + text) + plain(b"one", b"") + bytes(1024)
    round_trip(new, [plain(b"one", text) + bytes(1024)], content=content)


@BOTH
@pytest.mark.parametrize("end", list(ENDS))
def test_a_layer_that_ends_like_this_comes_back(end: str, content: bool) -> None:
    here, usual = (
        layer(plain, b"file", b"content", ENDS[end]),
        layer(plain, b"file", b"other", ENDS["end"]),
    )
    assert round_trip(here, [usual], content=content) < 1200
    assert round_trip(usual, [here], content=content) < 400
    assert round_trip(ENDS[end], [usual], content=content) < 1200


@settings(deadline=None, max_examples=100)
@given(data=st.data(), content=st.booleans())
def test_members_of_all_shapes_come_back_together(data: st.DataObject, content: bool) -> None:
    def drawn() -> bytes:
        shapes = data.draw(st.lists(st.sampled_from(list(SHAPES)), max_size=6))
        parts = [
            SHAPES[shape](data.draw(st.sampled_from(NAMES)), data.draw(contents()))
            for shape in shapes
        ]
        return Layer(b"".join(parts) + ENDS[data.draw(st.sampled_from(list(ENDS)))])

    round_trip(drawn(), [drawn(), drawn()], content=content)
