import io
import random

import pytest

from edd.delta import Effort, apply_patch
from tests.unit.delta.layers import tar_of
from tests.unit.delta.patching import digest_of, patch_of, round_trip

CHANCE = random.Random(4)
FILES = [
    (f"file-{letter}", CHANCE.randbytes(size))
    for letter, size in zip("abcd", (256, 900, 5000, 21000), strict=True)
]
VENDOR = [(f"lib/vendor-{number}", CHANCE.randbytes(370_000)) for number in range(10)]
APP = [(f"app/part-{number}", CHANCE.randbytes(16_100)) for number in range(10)]
BOTH = pytest.mark.parametrize("content", [True, False])


def layer(*files: tuple[str, bytes], mtime: float = 1_700_000_000) -> bytes:
    return tar_of(files, mtime=mtime)


@BOTH
def test_the_same_layer_costs_its_digests(content: bool) -> None:
    same = layer(*FILES)
    assert round_trip(same, [same], content=content) <= 115


@BOTH
def test_layers_in_another_order_cost_their_digests(content: bool) -> None:
    bases = [layer(file) for file in FILES]
    patches = [round_trip(base, bases[::-1], content=content) for base in bases]
    assert sum(patches) <= 4 * (115 + 33 * 3)


@pytest.mark.parametrize(("content", "most"), [(True, 1567), (False, 2 * 1567)])
def test_one_kilobyte_changed_in_an_application_costs_about_that(content: bool, most: int) -> None:
    name, old = APP[4]
    changed = old[:7000] + CHANCE.randbytes(1024) + old[8024:]
    new = [*APP[:4], (name, changed), *APP[5:]]
    target = layer(*new, mtime=1_700_000_999)
    assert round_trip(target, [layer(*VENDOR), layer(*APP)], content=content) <= most


@BOTH
def test_a_moved_folder_costs_next_to_nothing(content: bool) -> None:
    moved = [(name.replace("lib/", "opt/elsewhere/"), data) for name, data in VENDOR]
    assert round_trip(layer(*moved), [layer(*VENDOR)], content=content) <= 250


def test_an_insertion_costs_what_was_inserted() -> None:
    old = CHANCE.randbytes(3_000_000)
    places = sorted(CHANCE.sample(range(len(old)), 5))
    new = b"".join(
        old[a:b] + b"inserted" for a, b in zip([0, *places], [*places, len(old)], strict=True)
    )
    assert round_trip(layer(("data", new)), [layer(("data", old))]) < 3_000
    assert round_trip(layer(("data", new)), [layer(("data", old))], content=False) < 200_000


@pytest.mark.parametrize("effort", list(Effort))
def test_every_effort_makes_a_patch_that_applies(effort: Effort) -> None:
    old, new = layer(*APP), layer(*APP[1:], ("text", b"some new text\n" * 999))
    out = io.BytesIO()
    patch = patch_of(new, [old], effort=effort)
    assert apply_patch(io.BytesIO(patch), {digest_of(old): io.BytesIO(old)}, out, len(new))
    assert out.getvalue() == new


@BOTH
def test_programs_built_again_come_back_among_many_edited_texts(content: bool) -> None:
    chance = random.Random(21)
    old, new = [], []
    for number in range(2):
        code = bytearray(chance.randbytes(200_000))
        old.append((f"lib/program-{number}", bytes(code)))
        for at in range(30, len(code), 70):
            code[at] = (code[at] + 16) & 0xFF
        new.append((f"lib/program-{number}", bytes(code)))
    for number in range(600):
        text = b"".join(b"%d in %d\n" % (chance.random() * 1e9, n) for n in range(1200))
        old.append((f"share/text-{number}", text))
        new.append((f"share/text-{number}", text[:9000] + chance.randbytes(100) + text[9100:]))
    size = round_trip(layer(*new), [layer(*old)], content=content)
    assert size < (120_000 if content else 2_000_000)
