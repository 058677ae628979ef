"""The stream of a delivery: one JSON event a line, an outcome or a failure the last."""

from collections.abc import AsyncIterator

import msgspec

from edd.client.problems import error_from
from edd.errors import HostUnreachableError
from edd.model.job import Event, Failure, Outcome, Progress, Report

MAX_LINE = 4 << 20
"""Bytes accepted as one event; a failure carries log lines."""

_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


async def read_outcome(pieces: AsyncIterator[bytes], report: Report) -> Outcome:
    """Report progress until the delivery ended, and return how.

    Raises:
        EddError: the failure the host told of.
        HostUnreachableError: the stream ended before the delivery did.
    """
    async for line in _lines(pieces):
        event = _decode(line)
        if isinstance(event, Progress):
            report(event)
        elif isinstance(event, Failure):
            raise error_from(event.problem)
        elif isinstance(event, Outcome):
            return event
    raise HostUnreachableError(
        "The connection was cut before the host said how the delivery ended.",
        kept="The host ends or undoes the delivery by itself.",
        advice="See how it ended: edd jobs.",
    )


def _decode(line: bytes) -> Event | None:
    try:
        return _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # an event of a later version


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = bytearray()
    async for piece in pieces:
        rest += piece
        *lines, last = rest.split(b"\n")
        for line in lines:
            if line.strip():
                yield bytes(line)
        rest = last
        if len(rest) > MAX_LINE:
            raise HostUnreachableError("The host sent an event that never ends.")
    if rest.strip():
        yield bytes(rest)
