"""Compressed streams, told by their first bytes and unpacked in bounded pieces."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from enum import StrEnum
from typing import Any, Protocol

from edd.errors import ArchiveError, EddError, TruncatedArchiveError

PIECE = 1 << 19
"""Bytes unpacked at a time: enough to be worth a thread's wake-up, little enough to hold."""

MAGIC_BYTES = 4
"""How many first bytes `form_of` needs."""

_FOREIGN = {"xz": b"\xfd7zX", "bzip2": b"BZh", "zip": b"PK\x03\x04"}
"""First bytes of what is not unpacked here."""

_MAX_WINDOW_LOG = 27
"""128 MiB, what `zstd -d` grants without being asked: bounds the memory a frame can claim."""

_FEW_FRAMES = 1000
_LEAST_FRAME = 64
"""Bytes; seekable layers (eStargz) have a frame per file, and a tar header alone packs to more.
Each frame costs a decompressor, so a stream of empty ones would cost far more than its bytes."""

_WINDOW = 1 << 14


class Form(StrEnum):
    """How content is packed."""

    PLAIN = "plain"
    GZIP = "gzip"
    ZSTD = "zstd"


class _Frame(Protocol):
    """A gzip member (zlib's object) or a zstd frame (the zstd module's)."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: memoryview, max_length: int, /) -> bytes: ...


def form_of(head: bytes) -> Form:
    """Tell how content that begins with ``head`` is packed (RFC 1952; RFC 8878, 3.1.1 and 3.1.2).

    A zstd stream may begin with a skippable frame, as parallel compressors write.
    """
    if head[:3] == b"\x1f\x8b\x08":
        return Form.GZIP
    if head[:4] == b"\x28\xb5\x2f\xfd" or (head[1:4] == b"\x2a\x4d\x18" and head[0] >> 4 == 5):
        return Form.ZSTD
    return Form.PLAIN


class Decoder:
    """Unpacks a stream of one or more gzip members or zstd frames; safe to run in a thread.

    Zeros may follow the last frame (tapes and block devices pad), anything else is refused.
    """

    def __init__(self, form: Form, window_log: int = _MAX_WINDOW_LOG) -> None:
        self._form = form
        self._window_log = window_log
        self._frame: _Frame | None = None
        self._failure: type[Exception] = zlib.error
        self._data = b""
        self._at = 0
        self._fed = 0
        self._frames = 0
        self.has_more = False

    def feed(self, data: bytes) -> None:
        """Add packed bytes. `read` until it has no more before the next call."""
        self._data = self._data[self._at :] + data
        self._at = 0
        self._fed += len(data)

    def read(self, limit: int = PIECE) -> bytes:
        """Return at most ``limit`` unpacked bytes.

        ``has_more`` tells afterwards whether there may be more without more input.

        Raises:
            ArchiveError: the bytes are damaged, or something else follows the last frame.
        """
        while self._frame is not None or self._open():
            out = self._step(limit)
            if out or (self._frame is not None and self._at == len(self._data)):
                self.has_more = self._at < len(self._data) or len(out) == limit
                return out
        self.has_more = False
        return b""

    def _step(self, limit: int) -> bytes:
        """Take the current frame on by one call."""
        frame = self._frame
        if frame is None:
            return b""
        # What follows a frame is copied each time: with many frames, give little at a time.
        window = PIECE if self._frames < _FEW_FRAMES else _WINDOW
        data = memoryview(self._data)[self._at : self._at + window]
        try:
            out = frame.decompress(data, limit)
        except self._failure as problem:
            raise ArchiveError(f"The {self._form} data cannot be unpacked: {problem}.") from None
        rest = frame.unused_data if frame.eof else getattr(frame, "unconsumed_tail", b"")
        self._at += len(data) - len(rest)
        if frame.eof:
            self._frame = None
        return out

    def unpack(self, data: bytes) -> Iterator[bytes]:
        """Feed ``data`` and yield what it unpacks to, piece by piece."""
        self.feed(data)
        while piece := self.read():
            yield piece
            if not self.has_more:
                return

    def finish(self) -> None:
        """See that the last frame is complete.

        Raises:
            TruncatedArchiveError: it is not.
            ArchiveError: a few stray bytes follow it.
        """
        if self._frame is not None or not self._frames:
            raise TruncatedArchiveError(f"The {self._form} data ends before its end.")
        if self._data[self._at :].strip(b"\0"):
            raise ArchiveError(f"Something other than {self._form} data follows it.")

    def _open(self) -> bool:
        """Begin the next frame, if enough of it is here to know it."""
        while self._frames and self._at < len(self._data) and not self._data[self._at]:
            self._at += 1
        magic = self._data[self._at : self._at + MAGIC_BYTES]
        if len(magic) < MAGIC_BYTES:
            return False
        if form_of(magic) is not self._form:
            raise ArchiveError(f"Something other than {self._form} data follows it.")
        if self._frames > _FEW_FRAMES + self._fed // _LEAST_FRAME:
            raise ArchiveError(f"The {self._form} data consists of too many tiny parts.")
        self._frame, self._failure = _new_frame(self._form, self._window_log)
        self._frames += 1
        return True


async def unpacked(source: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield the bytes of ``source``, unpacked if they are gzip or zstd.

    Unpacking runs in a thread, one piece ahead of the consumer.

    Raises:
        ArchiveError: nothing arrived, or it is damaged.
        TruncatedArchiveError: the packed data ends early.
    """
    head = b""
    async for chunk in source:
        head += chunk
        if len(head) >= MAGIC_BYTES:
            break
    if not head:
        raise ArchiveError("The archive is empty: not a byte arrived.")
    form = form_of(head)
    if form is Form.PLAIN:
        refuse_foreign("The archive", head)
        yield head
        async for chunk in source:
            yield chunk
        return
    async with aclosing(_decoded(Decoder(form), _preceded(head, source))) as pieces:
        async for piece in pieces:
            yield piece


async def unpacked_zstd(
    source: AsyncIterator[bytes], window_log: int
) -> AsyncGenerator[bytes, None]:
    """Yield what the zstd frames in ``source`` unpack to; none at all are no bytes.

    When ``source`` breaks, what came before is yielded first. Raises as `unpacked`, also when a
    frame asks for more than 2^``window_log`` bytes of memory.
    """
    decoder = Decoder(Form.ZSTD, window_log)
    async for head in source:
        async with aclosing(_decoded(decoder, _preceded(head, source))) as pieces:
            async for piece in pieces:
                yield piece
        return


async def _preceded(head: bytes, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield head
    async for chunk in source:
        yield chunk


async def _decoded(decoder: Decoder, source: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """Yield what ``source`` unpacks to; the next piece is made while one is consumed."""
    loop = asyncio.get_running_loop()
    ready = b""
    ahead: asyncio.Future[bytes] | None = None
    try:
        async for chunk in source:
            decoder.feed(chunk)
            while True:
                ahead = loop.run_in_executor(None, decoder.read)
                if ready:
                    yield ready
                    ready = b""  # or damage that is met next would let it be yielded again
                ready = await asyncio.shield(ahead)
                if not decoder.has_more:
                    break
    except EddError:
        if ready:
            yield ready
        raise
    else:
        if ready:
            yield ready
        decoder.finish()
    finally:
        if ahead is not None:
            await ended(ahead)


async def ended(work: asyncio.Future[Any]) -> None:
    """Wait until a worker is done; what it did or why it failed is of no interest any more."""
    await asyncio.wait([work])
    if not work.cancelled():
        work.exception()


def refuse_foreign(what: str, head: bytes) -> None:
    """Refuse what begins with ``head`` if it is packed in a way that image tools do not write.

    An archive would be called a broken tar. A layer would be worse off: dockerd unpacks xz and
    bzip2 by their first bytes, whatever was announced, so that nobody here would have seen what
    they unpack to (moby, pkg/archive, DecompressStream).

    Raises:
        ArchiveError: it is.
    """
    for name, magic in _FOREIGN.items():
        if head.startswith(magic):
            raise ArchiveError(f"{what} is packed with {name}; send it plain, gzip or zstd.")


def _new_frame(form: Form, window_log: int) -> tuple[_Frame, type[Exception]]:
    """Return a decompressor and what it raises when its input is damaged."""
    if form is Form.GZIP:
        return zlib.decompressobj(31), zlib.error  # 31: a gzip header and trailer, checked
    # Most hosts never see zstd, and an idle daemon's memory is a budget.
    from edd.archive import zstd  # noqa: PLC0415

    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: window_log}
    return zstd.ZstdDecompressor(options=options), zstd.ZstdError
