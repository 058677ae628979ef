"""Whether a client is still there, also while nothing is read from it or it has ended its half."""

import asyncio
import select
from collections.abc import Callable, Coroutine
from typing import Any

from aiohttp import web

LOOK = 0.4
"""Seconds between two looks."""

_GONE = select.POLLHUP | select.POLLERR | select.POLLNVAL


async def until_gone(request: web.BaseRequest, progress: Callable[[], int]) -> None:
    """Return once the client has hung up, and no more of what it sent makes ``progress``.

    Over TLS a client ends its half by TLS's own word, so that the end of TCP is its leave. On the
    unix socket only the end of both directions is.
    """
    channel = request.get_extra_info("socket")
    over_tls = request.get_extra_info("sslcontext") is not None
    wanted = _GONE | (select.POLLRDHUP if over_tls else 0)
    last = -1
    while request.transport is not None and not request.transport.is_closing():
        if _shows(channel, wanted) and last == progress():
            return
        last = progress()
        await asyncio.sleep(LOOK)


async def until_first(*work: Coroutine[Any, Any, Any]) -> list["asyncio.Task[Any]"]:
    """Do ``work`` side by side until one of it is done, cancel the others, and return all."""
    tasks = [asyncio.create_task(one) for one in work]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return tasks


def _shows(channel: object, wanted: int) -> bool:
    look = select.poll()
    look.register(channel, wanted)  # type: ignore[arg-type]
    return bool(look.poll(0))
