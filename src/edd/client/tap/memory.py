"""The port and password that the engine knows this user's tap by, from one run to the next.

The engine notes under registry, repository and credentials which layers it has packed; a new
registry each time would fill those notes with its entries. Losing the file costs nothing else.
"""

import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from edd.client.notes import decode_note, write_note

_MOST = 4096
_NAME = "tap.json"
_LOCK = "tap.lock"


class Memory(Struct, frozen=True):
    """A TCP port (0: any) and a password that only this user and the engine's root can read."""

    port: int
    password: str


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Yield whether no other tap of this user is open: that one has the port meanwhile."""
    first = True
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield first  # nothing can be remembered here anyway
        return
    try:
        with suppress(OSError):
            first = False
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            first = True
        yield first
    finally:
        os.close(lock)


def recall(folder: Path) -> Memory:
    """Return what was remembered, or a fresh memory if there is none to be trusted."""
    try:
        with (folder / _NAME).open("rb") as file:
            status = os.fstat(file.fileno())
            private = status.st_uid == os.geteuid() and not stat.S_IMODE(status.st_mode) & 0o077
            found = decode_note(file.read(_MOST), Memory) if private else None
    except OSError:
        found = None
    if found is None or not 0 <= found.port < 1 << 16 or len(found.password) < 32:
        return Memory(0, secrets.token_hex(16))
    return found


def remember(folder: Path, memory: Memory) -> None:
    """Keep ``memory`` for the next run, in a file for this user alone, if that is possible."""
    write_note(folder / _NAME, memory)
