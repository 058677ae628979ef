import io
import random
import tracemalloc
from contextlib import suppress

import pytest

from edd.delta import apply_patch, decode_skeleton, describe, read_head
from edd.delta.packing import MAGIC, PatchHead, PatchWriter
from edd.delta.script import ScriptWriter, Span
from edd.delta.varints import Column
from edd.errors import (
    ArchiveError,
    DigestMismatchError,
    EddError,
    TooLargeError,
    TruncatedArchiveError,
)
from tests.unit.delta.layers import tar_of
from tests.unit.delta.patching import apply, digest_of, patch_of

OLD = tar_of([(f"file{number}", b"content %d\n" % number * 900) for number in range(30)])
NEW = tar_of(
    [(f"file{number}", b"content %d\n" % number * 900 + b"more") for number in range(0, 40, 2)]
)
MIB = 1 << 20


def crafted(script: ScriptWriter, literal: bytes = b"", size: int = 1 << 30) -> bytes:
    out = io.BytesIO()
    writer = PatchWriter(out, 3)
    writer.head(PatchHead(digest_of(b""), size, (digest_of(OLD),)))
    writer.group(script.finish(), literal, b"", b"")
    writer.end()
    return out.getvalue()


@pytest.mark.parametrize("content", [True, False])
def test_a_damaged_patch_is_refused_or_makes_the_same_layer(content: bool) -> None:
    patch = patch_of(NEW, [OLD], content=content)
    chance = random.Random(7)
    for _ in range(1500):
        damaged = bytearray(patch)
        for _ in range(chance.randint(1, 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(EddError):
            assert apply(bytes(damaged), [OLD], limit=MIB) == NEW


def test_a_patch_that_ends_early_is_truncated() -> None:
    patch = patch_of(NEW, [OLD])
    for end in range(0, len(patch), 3):
        with pytest.raises((TruncatedArchiveError, ArchiveError)):
            apply(patch[:end], [OLD])


def test_a_patch_that_goes_on_after_its_end_is_refused() -> None:
    with pytest.raises(ArchiveError, match="after its end"):
        apply(patch_of(NEW, [OLD]) + b"x", [OLD])


def test_a_damaged_description_is_refused_or_describes_something_else() -> None:
    told = describe(io.BytesIO(OLD)).encode()
    chance = random.Random(8)
    for _ in range(1500):
        damaged = bytearray(told)
        damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        with suppress(ArchiveError):
            decode_skeleton(bytes(damaged))


def test_a_base_that_is_not_what_was_described_is_found_out() -> None:
    other = OLD.replace(b"content 4\n", b"CONTENT 4\n")
    patch = patch_of(NEW, [OLD], content=False)
    held = {digest_of(OLD): io.BytesIO(other)}
    with pytest.raises(DigestMismatchError):
        apply_patch(io.BytesIO(patch), held, io.BytesIO(), MIB)


def test_a_place_outside_the_base_is_refused() -> None:
    for span in (Span(0, len(OLD) - 1, 2), Span(0, 1 << 40, 5), Span(0, -1, 5)):
        script = ScriptWriter(1)
        script.copy(span)
        with pytest.raises(ArchiveError, match="outside its base"):
            apply(crafted(script), [OLD])


def test_a_base_that_is_not_at_hand_is_named() -> None:
    with pytest.raises(ArchiveError, match=digest_of(OLD)):
        apply(patch_of(NEW, [OLD]), [NEW])


def test_an_announced_size_above_the_limit_is_refused_before_anything_is_written() -> None:
    out = io.BytesIO()
    patch = io.BytesIO(patch_of(NEW, [OLD]))
    with pytest.raises(TooLargeError):
        apply_patch(patch, {digest_of(OLD): io.BytesIO(OLD)}, out, len(NEW) - 1)
    assert not out.getvalue()


def test_a_patch_never_makes_more_than_it_announces() -> None:
    script = ScriptWriter(1)
    for _ in range(1000):
        script.copy(Span(0, 0, len(OLD)))
    out = io.BytesIO()
    with pytest.raises(ArchiveError, match="more than it announces"):
        apply_patch(
            io.BytesIO(crafted(script, size=len(OLD) * 2)),
            {digest_of(OLD): io.BytesIO(OLD)},
            out,
            1 << 40,
        )
    assert len(out.getvalue()) <= len(OLD) * 2


def test_a_bomb_is_not_unpacked_beyond_what_it_announces() -> None:
    script = ScriptWriter(1)
    script.literal(100, None)
    bomb, script_bomb = crafted(script, bytes(300 * MIB)), crafted_script(bytes(100 * MIB))
    tracemalloc.start()
    try:
        with pytest.raises(ArchiveError, match="size that it announces"):
            apply(bomb, [OLD])
        with pytest.raises(ArchiveError):
            apply(script_bomb, [OLD])
        assert tracemalloc.get_traced_memory()[1] < 16 * MIB
    finally:
        tracemalloc.stop()


def crafted_script(script: bytes) -> bytes:
    out = io.BytesIO()
    writer = PatchWriter(out, 3)
    writer.head(PatchHead(digest_of(b""), 1 << 30, (digest_of(OLD),)))
    writer.group(script, b"", b"", b"")
    writer.end()
    return out.getvalue()


def test_a_patch_of_very_many_small_steps_is_refused_after_so_many() -> None:
    out = io.BytesIO()
    writer = PatchWriter(out, 3)
    writer.head(PatchHead(digest_of(b""), 1 << 18, (digest_of(OLD),)))
    script = ScriptWriter(1)
    for _ in range(1 << 6):
        for at in range(0, 8000, 2):
            script.copy(Span(0, at % len(OLD), 1))
        writer.group(script.finish(), b"", b"", b"")
    base = Read(OLD)
    with pytest.raises(ArchiveError, match="steps"):
        apply_patch(io.BytesIO(out.getvalue()), {digest_of(OLD): base}, io.BytesIO(), 1 << 40)
    assert base.reads < 1 << 17


class Read(io.BytesIO):
    """Bytes that count how often they were read."""

    reads = 0

    def read(self, size: int | None = -1) -> bytes:
        self.reads += 1
        return super().read(size)


def test_another_version_is_refused_by_name() -> None:
    patch = patch_of(NEW, [OLD])
    with pytest.raises(ArchiveError, match="version"):
        apply(MAGIC[:3] + b"\x02" + patch[4:], [OLD])
    with pytest.raises(ArchiveError, match="not a patch"):
        apply(b"PK\x03\x04" + patch[4:], [OLD])


def test_a_description_larger_than_any_is_refused() -> None:
    top = Column(b"EDs\x01")
    for number in (512, 1 << 40, 5):
        top.put(number)
    with pytest.raises(ArchiveError, match="larger"):
        decode_skeleton(bytes(top) + b"12345")


def test_the_head_is_read_without_applying() -> None:
    head = read_head(io.BytesIO(patch_of(NEW, [OLD])))
    assert (head.target, head.size, head.bases) == (digest_of(NEW), len(NEW), (digest_of(OLD),))
