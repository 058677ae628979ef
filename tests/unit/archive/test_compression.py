"""Whatever the frames and the chunks, what was packed comes out, within bounds."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edd.archive.compression import PIECE, Decoder, Form, form_of, unpacked
from edd.errors import ArchiveError, EddError, TruncatedArchiveError
from tests.unit.archive.builders import gz, zst
from tests.unit.archive.reading import chunks

SKIPPABLE = b"\x5a\x2a\x4d\x18\x00\x00\x00\x00"
packings = pytest.mark.parametrize("pack", [gz, zst], ids=["gzip", "zstd"])


def before(refusal: type[EddError], source: AsyncIterator[bytes]) -> bytes:
    """Return what comes out of ``source`` before it is refused."""
    found = bytearray()

    async def read() -> None:
        async for piece in unpacked(source):
            found.extend(piece)

    with pytest.raises(refusal):
        asyncio.run(read())
    return bytes(found)


@packings
@settings(deadline=None, max_examples=40)
@given(
    parts=st.lists(st.binary(max_size=5000), min_size=1, max_size=5),
    step=st.integers(1, 700),
    limit=st.integers(1, 3000),
)
def test_what_was_packed_comes_out(
    pack: Callable[[bytes], bytes], parts: list[bytes], step: int, limit: int
) -> None:
    packed = b"".join(map(pack, parts))
    decoder = Decoder(form_of(packed[:4]))
    found = bytearray()
    for at in range(0, len(packed), step):
        decoder.feed(packed[at : at + step])
        decoder.has_more = True
        while decoder.has_more:
            piece = decoder.read(limit)
            assert len(piece) <= limit
            found += piece
    decoder.finish()
    assert found == b"".join(parts)


@packings
@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("size", [10, PIECE, 3 * PIECE + 7])
def test_what_came_before_damage_comes_out_once(
    pack: Callable[[bytes], bytes], size: int, together: bool
) -> None:
    content = random.Random(size).randbytes(size)
    whole, damage = pack(content), b"nonsense" * 20

    async def source() -> AsyncIterator[bytes]:
        for piece in [whole + damage] if together else [whole, damage]:
            yield piece

    assert before(ArchiveError, source()) == content


@packings
@settings(deadline=None, max_examples=40)
@given(
    parts=st.lists(st.binary(max_size=5000), min_size=1, max_size=5),
    steps=st.lists(st.integers(1, 4000), min_size=1, max_size=5),
    kept=st.floats(0, 1),
)
def test_what_came_before_a_break_comes_out_wherever_that_is(
    pack: Callable[[bytes], bytes], parts: list[bytes], steps: list[int], kept: float
) -> None:
    packed, content = b"".join(map(pack, parts)), b"".join(parts)
    arrived = packed[: 4 + int(kept * (len(packed) - 4))]

    async def source() -> AsyncIterator[bytes]:
        async for piece in chunks(arrived, steps):
            yield piece
        raise TruncatedArchiveError("The sender went away.")

    found = before(TruncatedArchiveError, source())
    assert content.startswith(found)
    assert len(arrived) < len(packed) or found == content


@packings
def test_a_seekable_layer_of_many_small_frames_is_read(pack: Callable[[bytes], bytes]) -> None:
    parts = [random.Random(number).randbytes(100) for number in range(3_000)]
    packed = b"".join(map(pack, parts))

    async def read() -> bytes:
        return b"".join([piece async for piece in unpacked(chunks(packed, [1 << 16]))])

    assert asyncio.run(read()) == b"".join(parts)


@pytest.mark.parametrize(
    ("form", "frame"), [(Form.GZIP, gz(b"")), (Form.ZSTD, zst(b"")), (Form.ZSTD, SKIPPABLE)]
)
def test_frames_without_content_and_without_end_are_refused(form: Form, frame: bytes) -> None:
    decoder = Decoder(form)
    with pytest.raises(ArchiveError, match="tiny"):
        list(decoder.unpack(frame * 100_000))


@packings
def test_a_bomb_comes_out_in_bounded_pieces(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(bytes(64 << 20))
    decoder = Decoder(form_of(packed[:4]))
    sizes = [len(piece) for piece in decoder.unpack(packed)]
    assert max(sizes) <= 1 << 19
    assert sum(sizes) == 64 << 20
