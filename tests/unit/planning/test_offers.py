"""What of an offered image must be sent, and what it may be told in terms of."""

from edd.model.holding import Holding, LayeredImage
from edd.model.link import Link
from edd.planning.offers import (
    base_bytes,
    bases,
    homes,
    is_slow,
    left_out,
    likeliest,
    missing_layers,
    needed_layers,
    worth_patching,
)

GIB = 1 << 30


def holding(*chains: str, chained: bool = True) -> Holding:
    images = (LayeredImage(f"image-{chain}", tuple(chain)) for chain in chains)
    return Holding(tuple(images), chained)


def test_the_longest_common_base_is_left_out() -> None:
    assert left_out("abc", holding("ax", "aby", "b")) == 2


def test_a_layer_upon_other_layers_is_not_left_out_but_need_not_be_sent() -> None:
    elsewhere = holding("abc")
    assert left_out("bd", elsewhere) == 0
    assert needed_layers("bd", 0) == ("b", "d")
    assert missing_layers("bd", elsewhere) == ("d",)


def test_an_image_that_another_is_built_upon_is_left_out_whole() -> None:
    assert left_out("ab", holding("abc")) == 2


def test_an_empty_host_lacks_everything() -> None:
    assert missing_layers("ab", holding()) == ("a", "b")


def test_a_store_without_chains_needs_every_layers_bytes() -> None:
    assert left_out("ab", holding("abc", chained=False)) == 0
    assert missing_layers("ab", holding("abc", chained=False)) == ()


def test_a_layer_that_occurs_twice_is_sent_once() -> None:
    assert missing_layers("abcb", holding("a")) == ("b", "c")


def test_a_layer_left_out_below_is_needed_when_it_occurs_above() -> None:
    assert needed_layers("aba", 2) == ("a",)


def test_what_a_new_image_replaces_is_the_likeliest_base() -> None:
    assert bases("abz", LayeredImage("old", tuple("abcd"))) == ("c", "d", "a", "b")


def test_without_an_image_that_serves_there_is_no_base() -> None:
    assert bases("ab", None) == ()


SERVING = LayeredImage("serving", tuple("abc"))


def test_a_new_image_is_compared_with_the_one_that_serves() -> None:
    assert likeliest("abx", SERVING, holding("abd", "a")) is SERVING
    assert likeliest("xyz", SERVING, holding("q")) is SERVING


def test_it_is_compared_with_another_that_has_more_in_common_with_it() -> None:
    found = likeliest("abdx", SERVING, holding("q", "abd"))
    assert found == LayeredImage("image-abd", tuple("abd"))


def test_without_one_that_serves_something_in_common_is_asked_for() -> None:
    assert likeliest("ax", None, holding("q", "ab")) == LayeredImage("image-ab", tuple("ab"))
    assert likeliest("xy", None, holding("q", "ab")) is None
    assert likeliest("xy", None, holding()) is None


FAR, NEAR = Link(0.1), Link(0.001)


def test_what_is_far_has_a_slow_link_until_it_was_measured() -> None:
    assert is_slow(FAR)
    assert not is_slow(NEAR)
    assert not is_slow(Link(0.1, rate=50e6))
    assert is_slow(Link(0.001, rate=1e6))


def test_a_slow_link_makes_patching_worth_its_while() -> None:
    assert worth_patching(112_000_000, 200_000_000, FAR)
    assert worth_patching(112_000_000, 200_000_000, Link(0.001, rate=1e6))


def test_over_a_fast_link_whole_layers_go() -> None:
    assert not worth_patching(112_000_000, 200_000_000, NEAR)
    assert not worth_patching(112_000_000, 200_000_000, Link(0.1, rate=50e6))


def test_a_megabyte_takes_longer_to_send_than_its_bytes_say() -> None:
    assert worth_patching(1_000_000, 3_000_000, Link(0.15, rate=1.25e6))
    assert not worth_patching(200_000, 3_000_000, Link(0.02, rate=50e6))


def test_a_small_layer_of_a_large_image_is_sent_whole() -> None:
    assert not worth_patching(10_000, GIB, FAR)
    assert not worth_patching(2_000_000, 100 * GIB, FAR)


def sized(*images: tuple[str, int]) -> Holding:
    return Holding(tuple(LayeredImage(chain, tuple(chain), size) for chain, size in images), True)


def test_layers_are_read_from_as_few_images_as_have_them() -> None:
    here = sized(("a", 1), ("ab", 9), ("bc", 9), ("abc", 20), ("d", 4))
    assert {image.id for image in homes("abc", here).values()} == {"abc"}
    assert homes("dz", here).keys() == {"d"}
    assert homes("d", holding()) == {}


def test_every_image_that_must_be_written_out_counts_once() -> None:
    here = sized(("abc", 20), ("abcx", 30), ("d", 4))
    assert base_bytes("abcd", here) == 24
    assert base_bytes("", here) == 0
