"""Whatever the frames and the chunks, what was packed comes out, within bounds."""

import asyncio
import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edd.archive.compression import Decoder, Form, form_of, unpacked
from edd.errors import ArchiveError
from tests.unit.archive.builders import gz, zst
from tests.unit.archive.reading import chunks

SKIPPABLE = b"\x5a\x2a\x4d\x18\x00\x00\x00\x00"
packings = pytest.mark.parametrize("pack", [gz, zst], ids=["gzip", "zstd"])


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
