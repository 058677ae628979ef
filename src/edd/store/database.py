"""One SQLite file, one thread that writes it, and transactions that survive a pulled plug."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from edd.errors import ON_STATE_DISK, ConfigError, DiskFullError, EddError
from edd.store.schema import MIGRATIONS

T = TypeVar("T")

Work = Callable[[sqlite3.Connection], T]

_NO_ROOM = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}
"""SQLite calls a disk without room for the write-ahead log's index an I/O error."""


_DAMAGED = "Restore it from a backup, or move it away to begin with an empty one."
_NOT_OPENED = "See that the daemon's user owns its directory, and that the disk has free inodes."


class Database:
    """The state of a host. ``run`` executes one transaction and returns once it is durable.

    WAL with ``synchronous=FULL``: a committed transaction outlives ``kill -9`` and a power cut
    (https://sqlite.org/pragma.html#pragma_synchronous).
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._connection = self._thread.submit(connect, path).result()

    async def run(self, work: Work[T]) -> T:
        """Run ``work`` in a transaction of its own; it is rolled back if it raises.

        Raises DiskFullError when the state cannot be written for want of room.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._transact, work)

    def close(self) -> None:
        """Finish what is under way and close the file."""
        self._thread.submit(self._connection.close).result()
        self._thread.shutdown()

    def _transact(self, work: Work[T]) -> T:
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                return work(self._connection)
        except sqlite3.OperationalError as error:
            raise state_error(self._path, error) from error


def connect(path: Path) -> sqlite3.Connection:
    """Open the state file, making or upgrading it.

    Raises:
        DiskFullError: there is no room to open it; what it holds is sound.
        ConfigError: it cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA busy_timeout=5000")
        migrate(connection, path)
    except sqlite3.DatabaseError as error:
        if lacks_room(error):
            raise state_error(path, error) from error
        raise ConfigError(
            f"The state in {path} cannot be used: {error}.",
            advice=_NOT_OPENED if is_shut(error) else _DAMAGED,
        ) from error
    except OSError as error:
        raise ConfigError(
            f"The state directory {path.parent} cannot be used: {error.strerror}.",
            advice="Let the daemon's user own it, or set `state_dir`.",
        ) from error
    return connection


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the schema to this version's; refuse a state that a newer version wrote."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > len(MIGRATIONS):
        raise ConfigError(
            f"A newer edd wrote the state in {path} (schema {version}; this one knows "
            f"{len(MIGRATIONS)}).",
            kept="The state was left as it is.",
            advice="Install that version again.",
        )
    for number, script in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.executescript(f"BEGIN; {script}; PRAGMA user_version={number}; COMMIT;")


def lacks_room(error: sqlite3.Error) -> bool:
    """Tell whether a full disk is behind ``error``; what the module itself raises has no code."""
    return getattr(error, "sqlite_errorcode", None) in _NO_ROOM


def is_shut(error: sqlite3.Error) -> bool:
    """Tell whether ``error`` is about opening or making a file, whatever is in it."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_CANTOPEN


def state_error(path: Path, error: sqlite3.DatabaseError) -> EddError:
    """Name why the state could not be written."""
    if lacks_room(error):
        return DiskFullError(f"The disk that holds {path} is full.", advice=ON_STATE_DISK)
    return EddError(f"The state in {path} could not be written: {error}.")
