"""Content is packed as small as the link is slow."""

import asyncio
import io
import os

from backports import zstd

from edd.client.packing import LEVELS, PIECE, START, WINDOW, Pace, Packing


def test_a_slow_link_gets_smaller_frames_step_by_step() -> None:
    pace = Pace()
    for _ in range(WINDOW * len(LEVELS)):
        pace.note(packing=0.01, sending=1.0)
    assert pace.level == LEVELS[-1]


def test_a_fast_link_is_not_kept_waiting() -> None:
    pace = Pace()
    for _ in range(WINDOW * len(LEVELS)):
        pace.note(packing=0.01, sending=0.001)
    assert pace.level == LEVELS[0]


def test_a_link_about_as_fast_as_packing_changes_nothing() -> None:
    pace = Pace()
    for _ in range(WINDOW):
        pace.note(packing=0.01, sending=0.02)
    assert pace.level == LEVELS[START]


def test_a_slow_link_that_takes_pieces_in_bursts_is_a_slow_one() -> None:
    pace = Pace()
    for number in range(WINDOW * len(LEVELS)):
        pace.note(packing=0.01, sending=0.8 if number % 4 == 0 else 0.001)
    assert pace.level == LEVELS[-1]


def test_every_frame_unpacks_by_itself_to_its_piece() -> None:
    content = os.urandom(PIECE) + bytes(PIECE) + b"end"

    async def frames() -> list[bytes]:
        return [frame async for frame in Packing(io.BytesIO(content), Pace())]

    made = asyncio.run(frames())
    assert [len(zstd.decompress(frame)) for frame in made] == [PIECE, PIECE, 3]
    assert b"".join(map(zstd.decompress, made)) == content


def test_nothing_gives_no_frame() -> None:
    async def frames() -> list[bytes]:
        return [frame async for frame in Packing(io.BytesIO(), Pace())]

    assert asyncio.run(frames()) == []
