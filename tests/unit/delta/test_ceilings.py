"""The images that balena-engine measures its deltas on, rebuilt, and its ceilings.

Its ceilings count what deltas say; what names the images, and their sizes, it tells elsewhere. So
a patch's head is not counted here. A layer that the host holds is not sent at all.
"""

import io
import random

import pytest

from edd.delta import read_head
from tests.unit.delta.layers import tar_of
from tests.unit.delta.patching import apply, patch_of

CHANCE = random.Random(14)
SIZES = (0, 0, 256, 333, 1024, 1024, 3307, 8192, 9876, 10240, 131072, 150000, 500003)
DATA = [CHANCE.randbytes(size) for size in (*SIZES, 1_000_000, 1_000_000, 1 << 20, 1 << 20)]
VENDOR = [b"".join(DATA[number] for number in (first, 13, 12, 14, 10)) for first in (15, 16)]

File = tuple[str, bytes]


def copied(*numbers: int) -> bytes:
    """Return a layer with files of random data, as ``COPY 002.data 003.data /`` makes it."""
    return layer(*((f"{number:03}.data", DATA[number]) for number in numbers))


def layer(*files: File) -> bytes:
    members = tar_of(files, mtime=1_500_000_000).rstrip(b"\0")
    return members + bytes(-len(members) % 512 + 1024)


def vendor(number: int) -> bytes:
    others = [(f"{one:03}.data", DATA[one]) for one in (6, 9)]
    return layer(("000.data", b""), (f"10{number}.data", VENDOR[number]), *others)


EMPTY = copied(0)
ONE = [EMPTY, layer(("001/000.data", b""))]
THREE = [
    *ONE,
    layer(("003/000-a.data", b"")),
    layer(("003/000-b.data", b"")),
    layer(("001/000.data", DATA[2])),
    layer(("003/000-c.data", b"")),
]
MIXED = [
    copied(*numbers)
    for numbers in ((1,), (2, 3, 4), (5, 6), (7,), (8,), (9, 10), (11,), (12, 13, 14, 15))
]
SINGLE = [copied(number) for number in range(1, 16)]
REORDERED = [copied(n) for n in (2, 8, 3, 5, 15, 1, 11, 6, 9, 7, 14, 10, 12, 13, 4)]
SQUASHED = [copied(*range(1, 16))]
APP = [vendor(0), copied(4, 9, 11)]

CASES = {
    "one empty file more": ([EMPTY], ONE, 1556),
    "a small file more": ([EMPTY], [EMPTY, copied(2)], 1045),
    "four layers more": (ONE, THREE, 5201),
    "five layers more": ([EMPTY], THREE, 6757),
    "the same": (MIXED, MIXED, 0),
    "layers in another order": (SINGLE, REORDERED, 381),
    "layers made one": (SINGLE, SQUASHED, 115),
    "one layer made many": (SQUASHED, SINGLE, 381),
    "an application with one file changed": (APP, [vendor(0), copied(5, 9, 11)], 1567),
    "a base with a megabyte changed": (APP, [vendor(1)], 1_049_132),
}


@pytest.mark.parametrize("content", [True, False])
@pytest.mark.parametrize(("old", "new", "most"), CASES.values(), ids=CASES)
def test_a_new_image_costs_no_more_than_balena_pays(
    old: list[bytes], new: list[bytes], most: int, content: bool
) -> None:
    absent = [each for each in new if each not in old]
    assert sum(cost(each, old, content=content) for each in absent) <= most


def cost(target: bytes, bases: list[bytes], *, content: bool) -> int:
    patch = patch_of(target, bases, content=content)
    assert apply(patch, bases) == target
    file = io.BytesIO(patch)
    read_head(file)
    return len(patch) - file.tell()
