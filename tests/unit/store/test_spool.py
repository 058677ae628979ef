"""Blobs grow, survive breaks and restarts, and count only when verified."""

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from edd.errors import (
    DigestMismatchError,
    DiskFullError,
    InvalidRequestError,
    TooLargeError,
    TruncatedArchiveError,
)
from edd.model.offer import Received
from edd.store.spool import BATCH, Bounds, Key, Spool

CONTENT = os.urandom(3 * BATCH + 17)
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
KEY: Key = ("website", DIGEST)
AMPLE = Bounds(1 << 30, 0)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool")
    yield spool
    spool.close()


async def pieces(content: bytes, *, breaks: bool = False) -> AsyncIterator[bytes]:
    for at in range(0, len(content), 100_000):
        yield content[at : at + 100_000]
    if breaks:
        raise TruncatedArchiveError("The sender went away.")


def add(spool: Spool, content: bytes, at: int = 0, bounds: Bounds = AMPLE) -> Received:
    asyncio.run(spool.append(KEY, at, pieces(content), bounds))
    return seen(spool)


def seen(spool: Spool) -> Received:
    return asyncio.run(spool.received(*KEY))


def test_a_blob_is_whole_once_it_is_verified(spool: Spool) -> None:
    assert add(spool, CONTENT) == Received(len(CONTENT), complete=False)

    asyncio.run(spool.finish(KEY))

    assert seen(spool) == Received(len(CONTENT), complete=True)
    assert spool.path(*KEY).read_bytes() == CONTENT


def test_what_came_before_a_break_stays(spool: Spool) -> None:
    with pytest.raises(TruncatedArchiveError):
        asyncio.run(spool.append(KEY, 0, pieces(CONTENT[:1_234_567], breaks=True), AMPLE))
    assert seen(spool).size == 1_234_567

    add(spool, CONTENT[1_234_567:], 1_234_567)
    asyncio.run(spool.finish(KEY))

    assert spool.path(*KEY).read_bytes() == CONTENT


@pytest.mark.parametrize("at", [0, 999, 1001])
def test_a_part_that_does_not_begin_where_the_blob_ends_changes_nothing(
    spool: Spool, at: int
) -> None:
    add(spool, CONTENT[:1000])

    with pytest.raises(InvalidRequestError) as refused:
        add(spool, CONTENT[at:], at)

    assert refused.value.data["offset"] == 1000
    assert seen(spool).size == 1000


def test_another_blob_than_was_announced_is_dropped(spool: Spool) -> None:
    add(spool, CONTENT[:-1] + b"?")

    with pytest.raises(DigestMismatchError):
        asyncio.run(spool.finish(KEY))

    assert seen(spool) == Received(0, complete=False)


def test_whoever_came_last_goes_on_and_the_other_is_turned_away(spool: Spool) -> None:
    async def story() -> None:
        gate = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            yield CONTENT[:BATCH]
            await gate.wait()
            yield CONTENT[BATCH : 2 * BATCH]

        old = asyncio.create_task(spool.append(KEY, 0, stalled(), AMPLE))
        while (await spool.received(*KEY)).size < BATCH:
            await asyncio.sleep(0.01)
        await spool.append(KEY, BATCH, pieces(CONTENT[BATCH:]), AMPLE)
        gate.set()
        with pytest.raises(InvalidRequestError):
            await old
        await spool.finish(KEY)

    asyncio.run(story())
    assert spool.path(*KEY).read_bytes() == CONTENT


def test_a_restart_goes_on_where_the_file_ends(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    add(first, CONTENT[:2_000_000])
    first.close()

    second = Spool(tmp_path)
    add(second, CONTENT[2_000_000:], 2_000_000)
    asyncio.run(second.finish(KEY))

    assert seen(second).complete
    second.close()


def test_what_was_whole_before_a_restart_is_verified_again(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    add(first, CONTENT)
    asyncio.run(first.finish(KEY))
    first.close()
    path = first.path(*KEY)
    path.write_bytes(bytes(len(CONTENT)))  # as a disk may show it after the plug was pulled

    second = Spool(tmp_path)

    assert not seen(second).complete
    with pytest.raises(DigestMismatchError):
        asyncio.run(second.finish(KEY))
    second.close()


def test_the_spool_holds_no_more_than_its_bound(spool: Spool) -> None:
    with pytest.raises(TooLargeError):
        add(spool, CONTENT, bounds=Bounds(2 * BATCH, 0))
    assert 0 < seen(spool).size <= 2 * BATCH

    asyncio.run(spool.clear("website"))
    assert add(spool, CONTENT[:BATCH], bounds=Bounds(2 * BATCH, 0)).size == BATCH


def test_what_an_earlier_daemon_left_counts_towards_the_bound(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    add(first, CONTENT)
    first.close()
    second = Spool(tmp_path)
    other = ("shop", f"sha256:{'0' * 64}")
    with pytest.raises(TooLargeError):
        asyncio.run(second.append(other, 0, pieces(CONTENT), Bounds(len(CONTENT) + 10, 0)))
    second.close()


def test_the_disk_keeps_its_reserve(spool: Spool) -> None:
    with pytest.raises(DiskFullError) as refused:
        add(spool, CONTENT, bounds=Bounds(1 << 60, 1 << 60))
    assert refused.value.data["needed"] > refused.value.data["free"]
    assert seen(spool).size == 0


def test_blobs_belong_to_a_deployment(spool: Spool) -> None:
    add(spool, CONTENT)
    assert asyncio.run(spool.received("shop", DIGEST)).size == 0


def test_only_what_is_old_is_swept(spool: Spool) -> None:
    add(spool, CONTENT)
    assert asyncio.run(spool.sweep(60)) == 0
    assert asyncio.run(spool.sweep(-1)) == 1
    assert seen(spool).size == 0


def test_an_empty_blob_is_a_blob(spool: Spool) -> None:
    empty = ("website", f"sha256:{hashlib.sha256().hexdigest()}")
    asyncio.run(spool.append(empty, 0, pieces(b""), AMPLE))
    asyncio.run(spool.finish(empty))
    assert asyncio.run(spool.received(*empty)) == Received(0, complete=True)


UPLOAD: Key = ("website.upload", f"sha256:{'a' * 64}")


def test_what_grew_under_another_name_is_given_its_own(spool: Spool) -> None:
    asyncio.run(spool.begin(UPLOAD, 3))
    assert asyncio.run(spool.knows(UPLOAD))
    asyncio.run(spool.append(UPLOAD, 0, pieces(CONTENT), AMPLE))

    asyncio.run(spool.finish(UPLOAD, KEY))

    assert seen(spool) == Received(len(CONTENT), complete=True)
    assert not asyncio.run(spool.knows(UPLOAD))


def test_what_grew_under_another_name_and_is_not_what_it_is_called_is_dropped(
    spool: Spool,
) -> None:
    asyncio.run(spool.begin(UPLOAD, 3))
    asyncio.run(spool.append(UPLOAD, 0, pieces(b"other"), AMPLE))

    with pytest.raises(DigestMismatchError):
        asyncio.run(spool.finish(UPLOAD, KEY))

    assert not asyncio.run(spool.knows(UPLOAD))
    assert seen(spool) == Received(0, complete=False)


def test_the_same_blob_twice_counts_once(spool: Spool) -> None:
    tight = Bounds(2 * len(CONTENT), 0)
    for _ in range(3):
        asyncio.run(spool.begin(UPLOAD, 3))
        asyncio.run(spool.append(UPLOAD, 0, pieces(CONTENT), tight))
        asyncio.run(spool.finish(UPLOAD, KEY))

    assert seen(spool) == Received(len(CONTENT), complete=True)


def test_of_many_unfinished_blobs_the_latest_stay(spool: Spool) -> None:
    keys: list[Key] = [("website.upload", f"sha256:{digit * 64}") for digit in "1234"]
    for age, key in zip((40, 30, 20, 10), keys, strict=True):
        asyncio.run(spool.begin(key, 3))
        part = spool.path(*key).with_name(spool.path(*key).name + ".part")
        if part.exists():
            os.utime(part, (1e9 - age, 1e9 - age))

    assert [asyncio.run(spool.knows(key)) for key in keys] == [False, True, True, True]


def test_a_blob_that_is_dropped_makes_room(spool: Spool) -> None:
    tight = Bounds(len(CONTENT), 0)
    add(spool, CONTENT, bounds=tight)

    asyncio.run(spool.drop(KEY))

    assert add(spool, CONTENT, bounds=tight).size == len(CONTENT)
