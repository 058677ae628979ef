"""Files of keys and certificates: written whole or not at all, read with a bound."""

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from msgspec import Struct

from edd.errors import CredentialError

INIT = "Run `edd init` first, as root, or name the directory with --dir."

MAX_BYTES = 8 << 20
"""The largest credential file read; big revocation lists fit."""


class Access(Struct, frozen=True):
    """Who may read a file: its mode, and a group id (None: the writer's own)."""

    mode: int = 0o600
    group: int | None = None


PRIVATE = Access(0o600)
PUBLIC = Access(0o644)


def write_atomically(path: Path, content: bytes, access: Access = PRIVATE) -> None:
    """Replace ``path`` by ``content``; at no moment is it half written or more widely readable.

    Raises:
        CredentialError: the file cannot be written; an older one is untouched.
    """
    try:
        _replace(path, content, access)
    except OSError as error:
        raise CredentialError(
            f"{path} cannot be written: {error.strerror}.",
            advice="Run the command as root, or choose a directory that you may write to.",
        ) from error


def _replace(path: Path, content: bytes, access: Access) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if access.group is not None:
                os.fchown(descriptor, -1, access.group)
            os.fchmod(descriptor, access.mode)
            file.flush()
            os.fsync(descriptor)
        Path(name).replace(path)
    except BaseException:
        with suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_bounded(path: Path, advice: str = "", limit: int = MAX_BYTES) -> bytes:
    """Return the file's content.

    Raises:
        CredentialError: it is missing, unreadable or larger than ``limit``; names the path.
    """
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        closed = isinstance(error, PermissionError)
        raise CredentialError(
            f"{path} cannot be read: {error.strerror}.",
            advice="Run the command as a user who may read it." if closed else advice,
            path=str(path),
        ) from error
    if len(content) > limit:
        raise CredentialError(
            f"{path} is larger than {limit} bytes, which no such file is.",
            advice=advice,
            path=str(path),
        )
    return content


def make_directory(path: Path, access: Access = PRIVATE) -> None:
    """Make ``path`` and its parents; one that exists keeps its mode.

    Raises:
        CredentialError: it cannot be made.
    """
    if path.is_dir():
        return
    try:
        path.mkdir(parents=True, mode=access.mode)
        path.chmod(access.mode)
    except OSError as error:
        raise CredentialError(
            f"{path} cannot be made: {error.strerror}.",
            advice="Run the command as root, or choose another directory.",
        ) from error


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Keep other commands of ours from changing ``directory`` meanwhile; waits for its turn."""
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise CredentialError(
            f"{directory} cannot be opened: {error.strerror}.",
            advice=INIT,
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
