"""Images are added as bases where they clearly have what no other base has."""

from collections.abc import Iterable, Mapping
from random import Random
from struct import pack

from edd.model.holding import Holding, LayeredImage
from edd.model.sketch import HELD, TOLD, Sketch
from edd.planning.relatives import MOST_IMAGES, MOST_LAYERS, Wanted, further_bases

MIB = 1 << 20
CHANCE = Random("hashes")
HASHES = [CHANCE.getrandbits(32) for _ in range(40_000)]


def sketched(files: Iterable[int]) -> Sketch:
    smallest = sorted(HASHES[number] for number in files)[:HELD]
    return Sketch(pack(f">{len(smallest)}I", *smallest))


def wanted(files: Iterable[int], size: int = 10 * MIB) -> Wanted:
    return Wanted(size, frozenset(sketched(files).values[:TOLD]))


def image(name: str, layers: str, size: int = MIB) -> LayeredImage:
    return LayeredImage(name, tuple(layers), size)


def chosen(
    new: Wanted | list[Wanted],
    held: Mapping[str, Iterable[int]],
    *images: LayeredImage,
    told: str = "",
) -> str:
    news = new if isinstance(new, list) else [new]
    sketches = {layer: sketched(files) for layer, files in held.items()}
    return "".join(further_bases(news, told, sketches, Holding(images, chained=True)))


def test_a_layer_with_most_of_the_files_is_found() -> None:
    held = {"a": range(1000), "b": range(5000, 6000)}
    assert chosen(wanted(range(100, 1050)), held, image("one", "ab")) == "a"


def test_of_a_much_larger_layer_a_part_is_found() -> None:
    assert chosen(wanted(range(700)), {"a": range(20_000)}, image("one", "a")) == "a"


def test_in_a_much_larger_layer_a_smaller_one_is_found() -> None:
    held = {"a": range(4000), "b": range(20_000, 21_000)}
    assert chosen(wanted(range(10_000)), held, image("one", "ab")) == "a"


def test_what_has_little_in_common_is_left() -> None:
    assert chosen(wanted(range(1000)), {"a": range(900, 1900)}, image("one", "a")) == ""


def test_one_file_that_is_alike_by_chance_is_not_enough() -> None:
    assert chosen(wanted(range(5)), {"a": [4, *range(90, 99)]}, image("one", "a")) == ""


def test_the_only_file_of_a_layer_is() -> None:
    assert chosen(wanted([7]), {"a": range(50)}, image("one", "a")) == "a"


def test_what_the_bases_so_far_have_is_not_looked_for_again() -> None:
    held = {"a": range(1000), "b": range(950)}
    images = image("serving", "a"), image("other", "b")
    assert chosen(wanted(range(1000)), held, *images, told="a") == ""
    assert chosen(wanted(range(1000)), held, *images, told="z") == "a"


def test_what_they_lack_is() -> None:
    held = {"a": range(500), "b": range(500, 1000)}
    images = image("serving", "a"), image("other", "b")
    assert chosen(wanted(range(1000)), held, *images, told="a") == "b"


def test_another_release_with_the_same_is_not_added() -> None:
    held = {"a": range(1000), "b": range(5, 1000), "c": range(10, 1000)}
    images = [image(name, name) for name in "abc"]
    assert chosen(wanted(range(1000)), held, *images) == "a"


def test_of_equal_images_the_smaller_one_is_written_out() -> None:
    held = {"a": range(1000), "b": range(1000)}
    assert chosen(wanted(range(1000)), held, image("large", "a", 99), image("small", "b", 9)) == "b"


def test_one_image_that_has_all_is_taken_rather_than_two() -> None:
    held = {"a": range(600), "b": range(600, 1000), "c": range(550), "d": range(400, 1000)}
    images = image("first", "a"), image("second", "b"), image("whole", "cd")
    assert chosen(wanted(range(1000)), held, *images) == "cd"


def test_many_layers_of_one_image_add_up() -> None:
    held = {str(part): range(part * 100, part * 100 + 100) for part in range(7)}
    found = chosen(wanted(range(1000)), held, image("one", "0123456"))
    assert set(found) <= set("0123456")
    assert len(found) > 4


def test_each_wanted_layer_may_have_another_image() -> None:
    held = {"a": range(1000), "b": range(3000, 4000)}
    new = [wanted(range(1000), size=MIB), wanted(range(3000, 4000), size=2 * MIB)]
    assert chosen(new, held, image("one", "a"), image("two", "b")) == "ba"


def test_images_and_layers_are_bounded() -> None:
    held = {chr(97 + part): range(part * 10, part * 10 + 10) for part in range(20)}
    new = [wanted(files) for files in held.values()]
    assert len(chosen(new, held, *[image(name, name) for name in held])) == MOST_IMAGES
    assert len(chosen(new, held, image("all", "".join(held)))) == MOST_LAYERS


def test_layers_that_no_image_has_are_never_named() -> None:
    assert chosen(wanted(range(100)), {"a": range(100)}, image("one", "b")) == ""
    assert chosen(wanted(range(100)), {"a": range(100)}) == ""


def test_rubbish_is_like_nothing() -> None:
    assert chosen(Wanted(1 << 62, frozenset()), {"a": range(100)}, image("one", "a")) == ""
    assert Sketch(b"abcde").values == (int.from_bytes(b"abcd"),)
