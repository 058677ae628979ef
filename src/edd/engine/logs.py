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
    and the payload (Docker Engine API, ContainerAttach). What one chunk has of one stream in a row
    comes in one piece, since a container may write byte by byte.

    Raises:
        EngineUnreachableError: these are no frames, or they end within one.
    """
    header = b""
    number = left = 0
    async for chunk in chunks:
        position = 0
        told: list[tuple[int, bytearray]] = []
        while position < len(chunk):
            if left:
                payload = chunk[position : position + left]
                position += len(payload)
                left -= len(payload)
                if not told or told[-1][0] != number:
                    told.append((number, bytearray()))
                told[-1][1].extend(payload)
                continue
            part = chunk[position : position + HEADER - len(header)]
            position += len(part)
            header += part
            if len(header) == HEADER:
                number, left = header[0], frame_length(header)
                header = b""
        for source, payloads in told:
            yield source, bytes(payloads)
    if left or header:
        raise EngineUnreachableError("The Docker Engine broke off in the middle of its output.")


def frame_length(header: bytes) -> int:
    """Return the payload's length, or raise when this is no frame header."""
    if header[0] > 2 or header[1:4] != b"\0\0\0":
        raise EngineUnreachableError("The engine's log stream makes no sense.")
    return int.from_bytes(header[4:], "big")
