"""Temporary files that no kill can leave behind, since they have no name."""

import os
import tempfile
from pathlib import Path
from typing import IO


def nameless_file(folder: Path | None) -> IO[bytes]:
    """Return an empty file in ``folder``, or where the system has temporary files.

    It has no buffer: what the disk does not take is told by the write, not when it is closed.
    """
    return tempfile.TemporaryFile(buffering=0, dir=folder)


def dropping_file() -> IO[bytes]:
    """Return a file that takes everything and keeps nothing."""
    return Path(os.devnull).open("r+b", buffering=0)


def write_all(file: IO[bytes], data: bytes) -> None:
    """Write all of ``data``, however little the file takes at a time."""
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]
