"""The engine's framing of output from containers without a terminal."""

from collections.abc import AsyncIterator

from edd.errors import EngineUnreachableError

HEADER = 8


async def demultiplexed(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yield the payload of a multiplexed stream, in constant memory."""
    async for _, payload in split_streams(chunks):
        yield payload


async def split_streams(chunks: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """Yield the payload of a multiplexed stream with the numbers of its streams, as it comes.

    Each frame is one byte of stream number (0, 1 or 2), three zero bytes, a big-endian length,
    and the payload (Docker Engine API, ContainerAttach).
    """
    header = b""
    number = left = 0
    async for chunk in chunks:
        position = 0
        while position < len(chunk):
            if left:
                payload = chunk[position : position + left]
                position += len(payload)
                left -= len(payload)
                yield number, payload
                continue
            part = chunk[position : position + HEADER - len(header)]
            position += len(part)
            header += part
            if len(header) == HEADER:
                number, left = header[0], frame_length(header)
                header = b""


def frame_length(header: bytes) -> int:
    """Return the payload's length, or raise when this is no frame header."""
    if header[0] > 2 or header[1:4] != b"\0\0\0":
        raise EngineUnreachableError("The engine's log stream makes no sense.")
    return int.from_bytes(header[4:], "big")
