"""How often a host is asked again that was reached before and is not reached now."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from edd.client.host import HostClient
from edd.errors import EddError, HostUnreachableError
from edd.model.job import Progress

T = TypeVar("T")

PATIENCE = 10
"""Attempts in a row that bring nothing, before a link is given up."""

FIRST_PATIENCE = 4
"""The same before the host has ever answered: it may be none."""

FIRST_WAIT = 0.25
LONGEST_WAIT = 30.0
"""Seconds between two attempts."""


def lost(step: str) -> Progress:
    """Return what is told once of every break of the link."""
    return Progress(step, "the connection was lost, trying again")


async def insist(
    host: HostClient,
    ask: Callable[[], Awaitable[T]],
    so_far: Callable[[], int] = lambda: 0,
    on_break: Callable[[], None] = lambda: None,
) -> T:
    """Return what ``ask`` returns, asking again with growing breaks while the link is cut.

    ``so_far`` counts what the attempts have brought: more of it makes patience new. ``on_break`` is
    called at the first failure of a row.

    Raises EddError: the host refuses, it does not speak as a host does, or it was not reached:
    never, or not for some minutes.
    """
    failures, before = 0, so_far()
    while True:
        try:
            return await ask()
        except HostUnreachableError as error:
            failures = failures + 1 if so_far() == before else 1
            before = so_far()
            patience = PATIENCE if host.answered else FIRST_PATIENCE
            if failures >= patience or not may_come_back(host, error):
                raise
        if failures == 1:
            on_break()
        await pause(failures)


def may_come_back(host: HostClient, error: EddError) -> bool:
    """Tell whether it is the link that failed, to a host that was there."""
    return host.met and "strange" not in error.data


async def pause(failures: int) -> None:
    """Wait the longer, the more attempts have failed; not at all if none has."""
    await asyncio.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2 ** (failures - 1)) if failures else 0.0)
