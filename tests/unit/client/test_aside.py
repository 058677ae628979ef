"""Work beside other work ends with it and never harms it."""

import asyncio
import time

import pytest

from edd.client.aside import dismiss


async def clears_up(seconds: float, done: list[str]) -> None:
    try:
        await asyncio.sleep(60)
    finally:
        await asyncio.sleep(seconds)
        done.append("cleared up")


async def started(seconds: float, done: list[str]) -> "asyncio.Task[None]":
    work = asyncio.create_task(clears_up(seconds, done))
    await asyncio.sleep(0)
    return work


def test_it_may_clear_up() -> None:
    done: list[str] = []

    async def it() -> None:
        await dismiss(await started(0.05, done), 1)

    asyncio.run(it())
    assert done == ["cleared up"]


def test_what_takes_too_long_is_left_behind() -> None:
    done: list[str] = []

    async def it() -> None:
        await dismiss(await started(30, done), 0.05)

    began = time.monotonic()
    asyncio.run(it())
    assert done == []
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("error", [ValueError("no sense"), OSError("no disk")])
def test_its_failure_is_its_own(error: Exception) -> None:
    async def fails() -> None:
        raise error

    async def it() -> None:
        work = asyncio.create_task(fails())
        await asyncio.sleep(0)
        await dismiss(work, 1)

    asyncio.run(it())


def test_a_cancellation_meanwhile_is_raised_once_it_has_cleared_up() -> None:
    done: list[str] = []

    async def it() -> None:
        dismissing = asyncio.create_task(dismiss(await started(0.2, done), 5))
        await asyncio.sleep(0.05)
        dismissing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dismissing
        assert done == ["cleared up"]

    asyncio.run(it())
