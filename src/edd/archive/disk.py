"""Files that are written while an archive passes, and what a full disk is called."""

from collections.abc import Iterator
from contextlib import contextmanager

from edd.errors import ON_STATE_DISK, DiskFullError


@contextmanager
def disk_room(failure: str) -> Iterator[None]:
    """Raise DiskFullError, with the sentence ``failure`` begins, when a file cannot be written."""
    try:
        yield
    except OSError as problem:
        words = f"{failure}: {problem.strerror}."
        raise DiskFullError(words, advice=ON_STATE_DISK) from None
