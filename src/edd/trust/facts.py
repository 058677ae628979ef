"""What certificate files say, learnt without loading a cryptography library into the daemon.

Python's ``ssl`` cannot read a certificate that it does not verify, nor a revocation list. A short
process of our own (`read_certificates`) does, when files are loaded, and is gone again.
"""

import math
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from edd.errors import CredentialError
from edd.model.host import Expiry

WARNING_DAYS = 30
"""Certificates with this many days left, or fewer, are warned of."""

_DAY = 86400
_TIMEOUT = 60.0


class CertificateFacts(Struct, frozen=True):
    """One certificate; times in seconds since the epoch, ``serial`` in hexadecimal.

    ``names`` are the names and addresses that it is for.
    """

    subject: str
    issuer: str
    serial: str
    not_before: float
    not_after: float
    names: tuple[str, ...] = ()


class CrlFacts(Struct, frozen=True):
    """One revocation list: its issuer, the serials it revokes, and when it ends (None: never)."""

    issuer: str
    next_update: float | None
    revoked: tuple[str, ...]


class FileFacts(Struct, frozen=True):
    """All that one PEM file holds; ``error`` says why it could not be read, if so."""

    path: str
    certificates: tuple[CertificateFacts, ...] = ()
    crls: tuple[CrlFacts, ...] = ()
    error: str = ""


def read_facts(paths: Sequence[Path]) -> tuple[FileFacts, ...]:
    """Return what the PEM files hold, in their order. Blocks for about 0.2 s: not for a loop.

    Raises:
        CredentialError: a file cannot be read or is no certificate or revocation list.
    """
    command = [sys.executable, "-P", "-m", "edd.trust.read_certificates", *map(str, paths)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT, check=True)
        facts = msgspec.json.decode(done.stdout, type=tuple[FileFacts, ...])
    except (OSError, subprocess.SubprocessError, msgspec.MsgspecError) as error:
        raise CredentialError(
            f"The certificates could not be examined: {error}.",
            advice="See that the installation of edd is whole: edd --version.",
        ) from error
    for file in facts:
        if file.error:
            raise CredentialError(
                f"{file.path}: {file.error}",
                advice="Put PEM text there (edd init and edd cert write such files).",
                path=file.path,
            )
    return facts


def days_left(not_after: float, now: float) -> int:
    """Return whole days until ``not_after``, negative once it is over."""
    return math.floor((not_after - now) / _DAY)


def rfc3339(seconds: float) -> str:
    """Return a moment since the epoch as RFC 3339 text in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def expiries(files: Iterable[FileFacts], now: float) -> tuple[Expiry, ...]:
    """Return name and end of every certificate and revocation list in ``files``, soonest first."""
    ends: list[tuple[float, str]] = []
    for file in files:
        name = Path(file.path).name
        ends += [(c.not_after, f"{name}: {c.subject}") for c in file.certificates]
        ends += [
            (crl.next_update, f"{name}: revocation list of {crl.issuer}")
            for crl in file.crls
            if crl.next_update is not None
        ]
    return tuple(Expiry(name, rfc3339(end), days_left(end, now)) for end, name in sorted(ends))
