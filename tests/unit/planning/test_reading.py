"""When single layers are worth a push."""

import pytest

from edd.model.link import Link
from edd.planning.reading import Reading, choose_reading, may_learn, worth_reading

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


def test_saves_that_wrote_out_for_nothing_end_in_a_push() -> None:
    rounds, wasted = 0, 0.0
    while choose_reading(GIB, GIB, "graphdriver", wasted) is Reading.SAVE:
        rounds, wasted = rounds + 1, wasted + GIB / 190e6
    assert rounds == 3


def test_however_many_pushes_follow_the_sender_spends_little_more_than_twice_the_least() -> None:
    save, pack = GIB / 190e6, GIB / 45e6
    spent = wasted = 0.0
    for pushes in range(1, 50):
        if choose_reading(GIB, GIB, "graphdriver", wasted) is Reading.SAVE:
            spent, wasted = spent + save, wasted + save
        elif wasted >= 0:
            spent, wasted = spent + pack, -1.0
        assert spent <= 2.1 * min(pushes * save, pack)
        if wasted < 0:
            break
    assert wasted < 0


@pytest.mark.parametrize(
    ("size", "link", "learns"),
    [
        (150 * MIB, Link(0.1, 1.25e6), True),
        (150 * MIB, Link(0.1), True),
        (10 * MIB, Link(0.1, 1.25e6), False),
        (GIB, Link(0.0001), False),
        (GIB, Link(0.1, 100e6), False),
    ],
)
def test_the_engine_learns_while_much_is_sent_over_a_slow_link(
    size: int, link: Link, *, learns: bool
) -> None:
    assert may_learn(size, link) is learns


def test_an_image_of_no_bytes_is_pushed() -> None:
    assert choose_reading(0, 0, "graphdriver") is Reading.PUSH


def test_a_small_image_is_read_rather_than_described_from_far_away() -> None:
    assert worth_reading(200 * MIB, 200 * MIB, 112 * MIB, "graphdriver")


def test_a_large_image_is_not_written_out_for_a_small_layer() -> None:
    assert not worth_reading(4 * GIB, 4 * GIB, MIB, "graphdriver")


def test_a_store_that_saves_slowly_is_asked_less_often() -> None:
    assert worth_reading(500 * MIB, 500 * MIB, 100 * MIB, "graphdriver")
    assert not worth_reading(500 * MIB, 500 * MIB, 100 * MIB, "containerd")
