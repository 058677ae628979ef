"""Small files in the user's cache folder: whatever became of one, nothing fails because of it."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode_note(content: bytes, kind: type[T]) -> T | None:
    """Return what ``content`` says; None if it is damaged, in whatever way."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_note(path: Path, kind: type[T], largest: int) -> T | None:
    """Return what ``path`` says; None if it is not there, damaged, or cut by ``largest`` bytes."""
    try:
        with path.open("rb") as file:
            return decode_note(file.read(largest), kind)
    except OSError:
        return None


def write_note(path: Path, note: object) -> None:
    """Replace ``path``, if that is possible, by a file for this user alone."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(note))
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
