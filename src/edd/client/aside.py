"""Work that goes on beside other work, and must never harm it."""

import asyncio
import logging
from typing import Any

log = logging.getLogger(__name__)


async def dismiss(work: "asyncio.Task[Any]", patience: float) -> None:
    """Cancel ``work`` and wait for its end, at most ``patience`` seconds; how it ends is no matter.

    A cancellation of the caller meanwhile is raised once the work had its time.
    """
    work.cancel()
    try:
        await asyncio.wait({work}, timeout=patience)
    except asyncio.CancelledError:
        await asyncio.wait({work}, timeout=patience)
        raise
    finally:
        work.add_done_callback(_read)
        work.cancel()


def _read(work: "asyncio.Task[Any]") -> None:
    if not work.cancelled() and (error := work.exception()):
        log.debug("what went on aside failed: %r", error)
