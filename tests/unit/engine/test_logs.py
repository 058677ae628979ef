"""The engine's frames around the output of containers without a terminal."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.engine.logs import demultiplexed, split_streams
from edd.errors import EngineUnreachableError


def frame(stream: int, payload: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(payload).to_bytes(4, "big") + payload


def collect(raw: bytes, cut: int) -> bytes:
    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(raw), cut):
            yield raw[start : start + cut]

    async def all_of_it() -> bytes:
        return b"".join([part async for part in demultiplexed(chunks())])

    return asyncio.run(all_of_it())


@given(st.lists(st.binary(max_size=50)), st.integers(1, 40))
def test_payloads_survive_however_the_stream_is_cut(payloads: list[bytes], cut: int) -> None:
    raw = b"".join(frame(1 + n % 2, payload) for n, payload in enumerate(payloads))

    assert collect(raw, cut) == b"".join(payloads)


def test_a_stream_that_is_not_framed_is_refused() -> None:
    with pytest.raises(EngineUnreachableError):
        collect(b"plain text, no frames", 8)


@pytest.mark.parametrize("kept", range(1, 12))
def test_an_end_within_a_frame_is_none(kept: int) -> None:
    with pytest.raises(EngineUnreachableError):
        collect(frame(1, b"half")[:kept], 3)


def test_what_was_written_byte_by_byte_comes_together_but_for_errors_between() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield (frame(1, b".") * 3) + frame(2, b"!") + frame(1, b"and ")[:-2]
        yield b"d " + frame(1, b"so on")

    async def pieces() -> list[tuple[int, bytes]]:
        return [piece async for piece in split_streams(chunks())]

    assert asyncio.run(pieces()) == [(1, b"..."), (2, b"!"), (1, b"an"), (1, b"d so on")]
