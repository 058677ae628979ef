"""Releases: what was delivered to a deployment, numbered from 1."""

from enum import StrEnum

from msgspec import Struct


class ReleaseState(StrEnum):
    """What became of a release."""

    PENDING = "pending"
    """A delivery is under way."""
    CURRENT = "current"
    """It is the one that serves."""
    SUPERSEDED = "superseded"
    """A later one took over; a rollback may return to it while it is kept."""
    WITHDRAWN = "withdrawn"
    """It was rolled back from; only an explicit number returns to it."""
    FAILED = "failed"
    """It never served."""


class Release(Struct, frozen=True):
    """One numbered delivery: the image, who brought it and when, and what became of it.

    ``image`` is its id in the engine, ``config`` the digest of its configuration if that is known.
    ``kept`` tells whether its image is still on the host, so that a rollback can reach it.
    Times are RFC 3339 in UTC.
    """

    deployment: str
    number: int
    image: str
    reference: str
    caller: str
    created_at: str
    state: ReleaseState
    size: int = 0
    kept: bool = True
    detail: str = ""
    config: str = ""
