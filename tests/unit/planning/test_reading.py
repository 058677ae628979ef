"""When single layers are worth a push."""

import pytest

from edd.planning.reading import Reading, choose_reading, worth_reading

GIB = 1 << 30
MIB = 1 << 20


@pytest.mark.parametrize("store", ["graphdriver", "containerd", "another"])
def test_a_small_layer_of_a_large_image_is_pushed(store: str) -> None:
    assert choose_reading(GIB, MIB, store) is Reading.PUSH


def test_a_whole_image_that_must_be_packed_is_saved() -> None:
    assert choose_reading(GIB, GIB, "graphdriver") is Reading.SAVE


def test_a_whole_image_that_is_stored_packed_is_pushed() -> None:
    assert choose_reading(GIB, GIB, "containerd") is Reading.PUSH


def test_packing_a_third_of_an_image_is_worth_what_the_engine_learns() -> None:
    assert choose_reading(GIB, GIB // 3, "graphdriver") is Reading.PUSH


def test_packing_most_of_an_image_is_not() -> None:
    assert choose_reading(GIB, GIB * 2 // 3, "graphdriver") is Reading.SAVE


def test_an_image_of_no_bytes_is_pushed() -> None:
    assert choose_reading(0, 0, "graphdriver") is Reading.PUSH


def test_a_small_image_is_read_rather_than_described_from_far_away() -> None:
    assert worth_reading(200 * MIB, 200 * MIB, 112 * MIB, "graphdriver")


def test_a_large_image_is_not_written_out_for_a_small_layer() -> None:
    assert not worth_reading(4 * GIB, 4 * GIB, MIB, "graphdriver")


def test_a_store_that_saves_slowly_is_asked_less_often() -> None:
    assert worth_reading(500 * MIB, 500 * MIB, 100 * MIB, "graphdriver")
    assert not worth_reading(500 * MIB, 500 * MIB, 100 * MIB, "containerd")
