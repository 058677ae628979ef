"""Databases of records are changed under a lock that SME Server's own tools heed."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edd.config.records import folder_of, read_database, unusable
from edd.model.record import Records
from edd.setup import account
from edd.trust.files import Access, write_atomically
from edd.trust.paths import DEFAULT_DIRECTORY

HEAD = "# Written by `edd db`: each change makes this file anew, and comments in it are lost.\n"


def place_of(name: str) -> Path:
    """Return where the database ``name`` lies: below $DBPATH, else where this host has them."""
    return Path(os.environ.get("DBPATH") or folder_of(DEFAULT_DIRECTORY), name)


@contextmanager
def changing(path: Path) -> Iterator[Records]:
    """Let a block change the records in ``path``, alone; what it changed is written at its end.

    The file keeps its group and mode, a new one can be read by the daemon, and readers see the old
    one or the new one. What the block raises leaves it as it was.

    Raises EddError when the file cannot be read or written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.with_name(f"{path.name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            records = read_database(path)
            before = dict(records)
            yield records
            if records != before:
                lines = [f"{key}={records[key]}\n" for key in sorted(records)]
                write_atomically(path, (HEAD + "".join(lines)).encode(), _access(path))
    except OSError as error:
        raise unusable(path, error) from error


def _access(path: Path) -> Access:
    try:
        status = path.stat()
    except FileNotFoundError:
        return Access(0o640, account.group_id() if os.geteuid() == 0 else None)
    return Access(status.st_mode & 0o777, status.st_gid)
