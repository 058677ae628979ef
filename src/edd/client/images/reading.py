"""Parts of files, and packed ones, as files to read."""

import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, BinaryIO, cast

from edd.archive.compression import Form
from edd.errors import SourceError


class Slice(io.RawIOBase):
    """``size`` bytes of a file from ``start`` on, as a file of their own.

    Several may read one file at once: each keeps its own place. Closing one closes ``file`` only
    if it is its ``owner``.
    """

    def __init__(self, file: IO[bytes], start: int, size: int, *, owner: bool) -> None:
        self._file = file
        self._start = start
        self._size = size
        self._owner = owner
        self._at = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as the slice goes."""
        view = memoryview(buffer)[: max(0, self._size - self._at)]
        count = os.preadv(self._file.fileno(), [view], self._start + self._at) if view else 0
        self._at += count
        return count

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place within the slice."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = min(max(0, base + offset), self._size)
        return self._at

    def tell(self) -> int:
        """Return the place within the slice."""
        return self._at

    def close(self) -> None:
        """Let go of the file beneath."""
        if self._owner:
            self._file.close()
        super().close()


def unpacking(opened: Callable[[], BinaryIO], form: Form) -> BinaryIO:
    """Open what is packed, as it unpacks."""
    if form is Form.GZIP:
        return cast(BinaryIO, gzip.GzipFile(fileobj=opened()))
    from edd.archive import zstd  # noqa: PLC0415 - loaded only where it is met

    return cast(BinaryIO, zstd.ZstdFile(opened()))


@contextmanager
def readable(doubt: str = "The image cannot be read here") -> Iterator[None]:
    """Tell faults of files, and of what is packed in them, as SourceError with ``doubt`` first."""
    try:
        yield
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(doubt, error) from error
    except Exception as error:
        if not _is_zstd(error):
            raise
        raise _unreadable(doubt, error) from error


def _unreadable(doubt: str, error: Exception) -> SourceError:
    words = error.strerror if isinstance(error, OSError) else None
    return SourceError(
        f"{doubt}: {words or error}.",
        kept="What ran before still runs.",
        advice="See that the file is whole and that the disk for temporary files has room.",
    )


def _is_zstd(error: Exception) -> bool:
    from edd.archive import zstd  # noqa: PLC0415 - loaded only where it is met

    return isinstance(error, zstd.ZstdError)
