"""Blobs grow, survive breaks and restarts, and count only when verified."""

import asyncio
import errno
import hashlib
import os
import time
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
from edd.store import blobs
from edd.store.blobs import Bounds
from edd.store.sparing import LATELY, Key
from edd.store.spool import Spool

PIECE = 1 << 20
CONTENT = os.urandom(3 * PIECE + 17)
DIGEST = f"sha256:{hashlib.sha256(CONTENT).hexdigest()}"
KEY: Key = ("website", DIGEST)
AMPLE = Bounds(1 << 30, 0)
NOUGHT = f"sha256:{'0' * 64}"
UPLOAD: Key = ("website.upload", f"sha256:{'a' * 64}")
OLD: Key = ("website", f"sha256:{'1' * 64}")
NEW: Key = ("website", f"sha256:{'2' * 64}")
SHOPS: Key = ("shop", f"sha256:{'3' * 64}")


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


def append(spool: Spool, key: Key, content: bytes, bounds: Bounds = AMPLE) -> None:
    asyncio.run(spool.append(key, 0, pieces(content), bounds))


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
            yield CONTENT[:PIECE]
            await gate.wait()
            yield CONTENT[PIECE : 2 * PIECE]

        old = asyncio.create_task(spool.append(KEY, 0, stalled(), AMPLE))
        while (await spool.received(*KEY)).size < PIECE:
            await asyncio.sleep(0.01)
        await spool.append(KEY, PIECE, pieces(CONTENT[PIECE:]), AMPLE)
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


def whole_before_a_restart(folder: Path) -> Path:
    first = Spool(folder)
    add(first, CONTENT)
    asyncio.run(first.finish(KEY))
    first.close()
    return first.path(*KEY)


def test_what_was_whole_before_a_restart_is_whole_after_it(tmp_path: Path) -> None:
    whole_before_a_restart(tmp_path)

    second = Spool(tmp_path)

    assert seen(second) == Received(len(CONTENT), complete=True)
    assert second.path(*KEY).read_bytes() == CONTENT
    second.close()


def test_what_a_lost_plug_took_from_a_whole_blob_is_sent_again(tmp_path: Path) -> None:
    path = whole_before_a_restart(tmp_path)
    path.write_bytes(bytes(len(CONTENT)))  # as a disk may show it

    second = Spool(tmp_path)

    assert seen(second) == Received(0, complete=False)
    add(second, CONTENT)
    asyncio.run(second.finish(KEY))
    assert seen(second).complete
    second.close()


def test_a_part_with_a_torn_end_may_be_sent_again_from_its_first_byte(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    add(first, CONTENT[:1000])
    first.close()
    part = next(tmp_path.glob("*/*.part"))
    part.write_bytes(CONTENT[:900] + bytes(100))
    second = Spool(tmp_path)
    add(second, CONTENT[1000:], 1000)

    with pytest.raises(DigestMismatchError) as refused:
        asyncio.run(second.finish(KEY))

    assert refused.value.data["offset"] == 0
    assert seen(second) == Received(0, complete=False)
    second.close()


def test_the_spool_holds_no_more_than_its_bound(spool: Spool) -> None:
    with pytest.raises(TooLargeError):
        add(spool, CONTENT, bounds=Bounds(2 * PIECE, 0))
    assert 0 < seen(spool).size <= 2 * PIECE

    asyncio.run(spool.clear("website", [DIGEST]))
    assert add(spool, CONTENT[:PIECE], bounds=Bounds(2 * PIECE, 0)).size == PIECE


def test_what_an_earlier_daemon_left_counts_towards_the_bound(tmp_path: Path) -> None:
    first = Spool(tmp_path)
    add(first, CONTENT)
    first.close()
    second = Spool(tmp_path)
    with second.used("website"), pytest.raises(TooLargeError):
        append(second, ("shop", NOUGHT), CONTENT, Bounds(len(CONTENT) + 10, 0))
    second.close()


def test_a_full_deployment_does_not_shut_out_another(spool: Spool) -> None:
    tight = Bounds(len(CONTENT) + 10, 0)
    add(spool, CONTENT, bounds=tight)

    append(spool, ("shop", NOUGHT), CONTENT[:PIECE], tight)

    assert asyncio.run(spool.received("shop", NOUGHT)).size == PIECE
    assert not asyncio.run(spool.knows(KEY))


def test_the_senders_own_oldest_blob_makes_room_first(spool: Spool) -> None:
    tight = Bounds(4 * PIECE, 0)
    old, new, others = ("website", NOUGHT), ("website", f"sha256:{'1' * 64}"), ("shop", NOUGHT)
    for age, key in ((50, others), (40, old), (30, new)):
        append(spool, key, CONTENT[:PIECE], tight)
        at = time.time() - age
        os.utime(spool.path(*key).with_suffix(".part"), (at, at))

    append(spool, KEY, CONTENT[: 2 * PIECE], tight)

    assert [asyncio.run(spool.knows(key)) for key in (others, old, new)] == [True, False, True]


def test_what_a_delivery_uses_neither_makes_room_nor_is_cleared_or_swept(spool: Spool) -> None:
    append(spool, ("website", NOUGHT), CONTENT[:PIECE])
    with spool.used("website"):
        asyncio.run(spool.clear("website", [NOUGHT]))
        asyncio.run(spool.sweep(-1))
        with pytest.raises(TooLargeError):
            add(spool, CONTENT, bounds=Bounds(len(CONTENT), 0))

    assert asyncio.run(spool.knows(("website", NOUGHT)))
    asyncio.run(spool.clear("website", [NOUGHT]))
    assert not asyncio.run(spool.knows(("website", NOUGHT)))


def aged(spool: Spool, key: Key, seconds: float) -> Path:
    """Let a blob have come so long ago; return where it lies."""
    path = next(spool.path(*key).parent.glob(f"{spool.path(*key).name}*"))
    at = time.time() - seconds
    os.utime(path, (at, at))
    return path


def left(spool: Spool) -> set[Key]:
    """Return which of some blobs are still there."""
    return {key for key in (OLD, NEW, UPLOAD, SHOPS) if asyncio.run(spool.knows(key))}


def test_what_came_before_something_that_came_lately_may_be_parts_of_one_push(
    spool: Spool,
) -> None:
    for key, age in ((OLD, 2 * LATELY), (NEW, 1), (KEY, 1)):
        append(spool, key, b"x")
        aged(spool, key, age)

    asyncio.run(spool.clear("website", [DIGEST]))

    assert left(spool) == {OLD, NEW}
    assert not asyncio.run(spool.knows(KEY))


def test_what_nobody_sent_lately_goes_with_what_a_delivery_is_done_with(spool: Spool) -> None:
    for key in (OLD, NEW, SHOPS):
        append(spool, key, b"x")
        aged(spool, key, 2 * LATELY)
    append(spool, KEY, b"x")

    asyncio.run(spool.clear("website", [DIGEST]))

    assert left(spool) == {SHOPS}


def test_what_still_grows_under_another_name_is_something_that_comes(spool: Spool) -> None:
    append(spool, OLD, b"x")
    aged(spool, OLD, 2 * LATELY)
    append(spool, UPLOAD, b"x")

    asyncio.run(spool.clear("website", [DIGEST]))

    assert left(spool) == {OLD, UPLOAD}


def test_what_a_delivery_has_loaded_no_longer_comes(spool: Spool) -> None:
    make(spool, len(CONTENT), CONTENT)
    asyncio.run(spool.retire("website", [DIGEST, NOUGHT]))
    assert seen(spool).complete

    asyncio.run(spool.clear("website", [NOUGHT]))

    assert not asyncio.run(spool.knows(KEY))


def test_what_is_being_written_is_not_cleared_however_slowly_it_comes(spool: Spool) -> None:
    async def story() -> None:
        gate = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            yield CONTENT[:PIECE]
            await gate.wait()

        writer = asyncio.create_task(spool.append(KEY, 0, stalled(), AMPLE))
        while (await spool.received(*KEY)).size < PIECE:
            await asyncio.sleep(0.01)
        for key in (OLD, KEY):
            aged(spool, key, 2 * LATELY)
        await spool.clear("website", [])
        await spool.clear("website", [DIGEST])
        gate.set()
        await writer

    append(spool, OLD, b"x")
    asyncio.run(story())
    assert left(spool) == {OLD}
    assert seen(spool).size == PIECE


def test_what_is_being_written_does_not_make_room(spool: Spool) -> None:
    tight = Bounds(3 * PIECE, 0)

    async def story() -> None:
        gate = asyncio.Event()

        async def stalled() -> AsyncIterator[bytes]:
            yield CONTENT[:PIECE]
            await gate.wait()

        writer = asyncio.create_task(spool.append(KEY, 0, stalled(), tight))
        while (await spool.received(*KEY)).size < PIECE:
            await asyncio.sleep(0.01)
        with pytest.raises(TooLargeError):
            await spool.append(("website", NOUGHT), 0, pieces(CONTENT), tight)
        gate.set()
        await writer

    asyncio.run(story())
    assert seen(spool).size == PIECE


def test_of_very_many_blobs_the_oldest_go(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "MOST", 3)
    keys: list[Key] = [("website", f"sha256:{digit * 64}") for digit in "1234"]
    for age, key in zip((40, 30, 20, 10), keys, strict=True):
        append(spool, key, b"x")
        at = time.time() - age
        os.utime(spool.path(*key).with_suffix(".part"), (at, at))

    assert [asyncio.run(spool.knows(key)) for key in keys] == [False, True, True, True]


def make(spool: Spool, size: int, content: bytes, bounds: Bounds = AMPLE) -> None:
    async def story() -> None:
        async with spool.making(KEY, size, bounds) as file:
            file.write_bytes(content)

    asyncio.run(story())


def test_a_blob_that_was_made_here_is_whole(spool: Spool) -> None:
    make(spool, len(CONTENT), CONTENT, Bounds(len(CONTENT), 0))

    assert seen(spool) == Received(len(CONTENT), complete=True)
    with pytest.raises(TooLargeError), spool.used("website"):
        append(spool, ("website", NOUGHT), b"x", Bounds(len(CONTENT), 0))


def test_a_blob_for_which_there_is_no_room_is_not_begun(spool: Spool) -> None:
    with pytest.raises(TooLargeError):
        make(spool, 11, b"", Bounds(10, 0))
    with pytest.raises(DiskFullError):
        make(spool, 11, b"", Bounds(1 << 30, 1 << 60))


def test_a_disk_that_fills_while_a_blob_is_made_is_told_of_and_nothing_is_kept(
    spool: Spool, tmp_path: Path
) -> None:
    async def story() -> None:
        async with spool.making(KEY, 10, Bounds(10, 0)) as file:
            file.write_bytes(b"half")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DiskFullError, match="No space left") as full:
        asyncio.run(story())
    assert "`state_dir`" in full.value.advice

    assert [path for path in (tmp_path / "spool").rglob("*") if path.is_file()] == []
    make(spool, 10, b"0123456789", Bounds(10, 0))


def test_whoever_reads_a_blob_reads_on_when_it_comes_again(spool: Spool) -> None:
    make(spool, len(CONTENT), CONTENT)
    with spool.path(*KEY).open("rb") as reader:
        asyncio.run(spool.begin(UPLOAD, 3))
        append(spool, UPLOAD, CONTENT)
        asyncio.run(spool.finish(UPLOAD, KEY))

        assert reader.read() == CONTENT


def test_the_disk_keeps_its_reserve(spool: Spool) -> None:
    with pytest.raises(DiskFullError) as refused:
        add(spool, CONTENT, bounds=Bounds(1 << 60, 1 << 60))
    assert refused.value.data["needed"] > refused.value.data["free"]
    assert seen(spool).size == 0


def test_a_disk_without_room_is_named_with_its_reserve_in_words_people_use(spool: Spool) -> None:
    with pytest.raises(DiskFullError, match=r"/spool has .*free.*2000 TB .*`min_free`") as refused:
        add(spool, CONTENT, bounds=Bounds(1 << 60, 2 * 10**15))
    assert "docker system df" not in refused.value.advice
    assert "`state_dir`" in refused.value.advice


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
