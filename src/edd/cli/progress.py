"""Progress of a delivery on standard error: bars on a terminal, plain lines anywhere else."""

import sys
import time
from typing import Protocol, Self

from edd.cli.output import say
from edd.cli.text import escape
from edd.model.job import Progress
from edd.model.size import human_size

EVERY = 5.0
"""Seconds between two plain lines about the same upload."""


class Display(Protocol):
    """Shows how a delivery goes on; all its methods return at once."""

    def __enter__(self) -> Self:
        """Begin to show."""
        return self

    def __exit__(self, *raised: object) -> None:
        """Leave the screen as it is."""
        return

    def sending(self, name: str, total: int | None) -> None:
        """Tell that an archive is about to be sent; ``total`` in bytes."""

    def sent(self, count: int) -> None:
        """Take the bytes sent so far."""

    def ended(self) -> None:
        """Take the last byte as sent; more may follow where the host asks for more."""
        return

    def report(self, event: Progress) -> None:
        """Take what the host told."""


def display() -> Display:
    """Return bars where standard error is a terminal, else lines."""
    if sys.stderr.isatty():
        from edd.cli.bars import Bars  # noqa: PLC0415 - rich is loaded only to be seen

        return Bars()
    return Lines()


class Lines(Display):
    """One plain line for each new thing, and for an upload one every few seconds."""

    def __init__(self) -> None:
        self._name = ""
        self._total: int | None = None
        self._said: float | None = None
        self._last = ("", "")

    def sending(self, name: str, total: int | None) -> None:
        """Remember what is sent; the host may still refuse it before it takes a byte."""
        self._name, self._total = name, total

    def sent(self, count: int) -> None:
        """Say what is sent once the host takes it, and how far it is now and then."""
        self._last = ("", "")  # what is said again after more was sent is news
        if self._said is None:
            self._said = time.monotonic()
            whole = f", {human_size(self._total)}" if self._total else ""
            say(f"sending {escape(self._name)}{whole}")
        if time.monotonic() - self._said < EVERY:
            return
        self._said = time.monotonic()
        whole = f" of {human_size(self._total)}" if self._total else ""
        say(f"sent {human_size(count)}{whole}")

    def report(self, event: Progress) -> None:
        """Say each message once."""
        if (event.step, event.message) != self._last:
            self._last = (event.step, event.message)
            say(f"{escape(event.step)}: {escape(event.message)}")
