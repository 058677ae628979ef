"""Who may pass: one link, one browser, for as long as it is used. Decides, and does no I/O."""

import secrets
import time
from collections.abc import Callable
from enum import StrEnum

LINK_SECONDS = 60.0
"""How long a link waits for its browser."""

IDLE_SECONDS = 1800.0
"""How long a browser may stay away; pages that are seen ask for news all the time."""


class Ending(StrEnum):
    """Why a session is over."""

    UNOPENED = "unopened"
    """Nobody opened the link in time."""
    IDLE = "idle"
    """The browser stayed away."""
    REUSED = "reused"
    """The link was opened a second time: one of the two was not meant to have it."""


class Session:
    """One link and the one browser that opened it.

    ``link`` and the cookie are 256 random bits each, compared in constant time. A wrong guess
    changes nothing.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.link = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._clock = clock
        self._seen = clock()
        self._opened = self._reused = False

    @property
    def ending(self) -> Ending | None:
        """Why the session is over; none while it is not."""
        if self._reused:
            return Ending.REUSED
        if self.left > 0:
            return None
        return Ending.IDLE if self._opened else Ending.UNOPENED

    @property
    def left(self) -> float:
        """Seconds until it ends unless it is used."""
        return self._seen + (IDLE_SECONDS if self._opened else LINK_SECONDS) - self._clock()

    def open(self, link: str) -> str | None:
        """Return the cookie for the right link, once; a second time it ends the session."""
        if not _same(link, self.link):
            return None
        if self._opened:
            self._reused = True
        if self.ending:
            return None
        self._opened = True
        self._seen = self._clock()
        return self._cookie

    def admits(self, cookie: str) -> bool:
        """Tell whether ``cookie`` is the browser's; the session lasts on from here then."""
        known = self._opened and _same(cookie, self._cookie)
        if not known or self.ending:
            return False
        self._seen = self._clock()
        return True


def _same(given: str, secret: str) -> bool:
    """Compare in constant time; ``given`` may be anything that a header can hold."""
    return secrets.compare_digest(given.encode(errors="replace"), secret.encode())
