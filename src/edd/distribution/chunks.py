"""The body of an upload request: where it belongs, and no more of it than is allowed."""

import re
from collections.abc import AsyncIterator, Callable

from aiohttp import web

from edd.distribution.problems import Problem, refusal
from edd.errors import TooLargeError

PIECE = 256 * 1024

Read = Callable[[web.Request], AsyncIterator[bytes]]
"""Gives the body of a request as it arrives; it may raise an `EddError` when that breaks off."""

_CONTENT_RANGE = re.compile(r"(?:bytes )?([0-9]{1,18})-([0-9]{1,18})(?:/(?:[0-9]{1,18}|\*))?")


def check_position(request: web.Request, received: int, headers: dict[str, str]) -> None:
    """Refuse a chunk that does not go on where the upload stands; without a range it does.

    Raises:
        Refusal: 416 with the upload's own range, or 400 for a range that is none.
    """
    text = request.headers.get("Content-Range")
    if text is None:
        return
    match = _CONTENT_RANGE.fullmatch(text)
    if match is None:
        raise refusal(Problem.BLOB_UPLOAD_INVALID, "Content-Range is not START-END.")
    start, end = int(match[1]), int(match[2])
    if start != received:
        message = f"The chunk begins at {start}; the upload stands at {received}."
        raise refusal(Problem.BLOB_UPLOAD_INVALID, message, 416, headers)
    length = request.content_length
    if end < start or (length is not None and length != end - start + 1):
        raise refusal(Problem.SIZE_INVALID, "Content-Range and Content-Length disagree.", 400)


def read_pieces(request: web.Request) -> AsyncIterator[bytes]:
    """Return the body in pieces of at most 256 KiB."""
    return request.content.iter_chunked(PIECE)


def body_of(request: web.Request, limit: int, read: Read = read_pieces) -> AsyncIterator[bytes]:
    """Return the body as ``read`` gives it; at most ``limit`` bytes in all.

    Raises:
        TooLargeError: more is announced (at once) or comes (while it is read).
    """
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    return _bounded(read(request), limit)


async def _bounded(body: AsyncIterator[bytes], limit: int) -> AsyncIterator[bytes]:
    left = limit
    async for piece in body:
        left -= len(piece)
        if left < 0:
            raise _too_large(limit)
        yield piece


async def small_body(request: web.Request, limit: int, read: Read = read_pieces) -> bytes:
    """Return a whole body of at most ``limit`` bytes.

    Raises:
        TooLargeError: it is larger.
    """
    return b"".join([piece async for piece in body_of(request, limit, read)])


def range_of(received: int) -> str:
    """Return the ``Range`` of what was received: inclusive, and ``0-0`` also for nothing."""
    return f"0-{max(0, received - 1)}"


def _too_large(limit: int) -> TooLargeError:
    return TooLargeError(f"More than the {max(limit, 0)} bytes that are still allowed.")
