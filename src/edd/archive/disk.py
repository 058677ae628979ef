"""Files that are written while an archive passes, and what a full disk is called."""

from collections.abc import Iterator
from contextlib import contextmanager

from edd.errors import DiskFullError


@contextmanager
def disk_room(failure: str) -> Iterator[None]:
    """Raise DiskFullError, with the sentence ``failure`` begins, when a file cannot be written."""
    try:
        yield
    except OSError as problem:
        raise DiskFullError(f"{failure}: {problem.strerror}.") from None
