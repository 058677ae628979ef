"""The audit trail: nobody can push the evidence out of it by being refused."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from edd.store.audit import AT_LENGTH, FIELD_LIMIT, Audit, Quotas
from edd.store.database import Database

SMALL = Quotas(changes=3, refusals=2, readings=2, passages=AT_LENGTH + 5)


class Clock:
    """Time that passes when told."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def run(folder: Path, story: Callable[[Audit, Clock], Awaitable[None]]) -> None:
    database, clock = Database(folder / "state.db"), Clock()
    try:
        asyncio.run(story(Audit(database, SMALL, clock), clock))  # type: ignore[arg-type]
    finally:
        database.close()


def test_refusals_push_no_change_out_of_the_trail(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        await audit.record("alice", "load", "website", 200, "")
        for number in range(10):
            await audit.record(f"mallory{number}", "load", "website", 403, "forbidden")
        assert [(e.caller, e.status) for e in await audit.entries(10)] == [
            ("mallory9", 403),
            ("mallory8", 403),
            ("alice", 200),
        ]

    run(tmp_path, story)


def test_changes_and_failures_of_the_host_push_no_refusal_out(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        await audit.record("mallory", "load", "website", 403, "forbidden")
        for status in (200, 500, 502, 507):
            await audit.record("alice", "load", "website", status, "")
        assert [e.status for e in await audit.entries(10)] == [507, 502, 500, 403]

    run(tmp_path, story)


def test_a_refusal_repeated_within_a_minute_is_counted_with_the_first(tmp_path: Path) -> None:
    async def story(audit: Audit, clock: Clock) -> None:
        for number in range(5):
            await audit.record("mallory", "load", f"guess{number}", 403, "forbidden")
            clock.now += 10
        (entry,) = await audit.entries(10)
        assert (entry.times, entry.deployment) == (5, "guess0")

        clock.now += 10
        await audit.record("mallory", "load", "website", 403, "forbidden")
        await audit.record("mallory", "stop", "website", 403, "forbidden")
        told = [(e.action, e.times) for e in await audit.entries(10)]
        assert told == [("stop", 1), ("load", 1)]

    run(tmp_path, story)


def test_the_count_of_a_minute_that_is_over_is_kept(tmp_path: Path) -> None:
    async def story(audit: Audit, clock: Clock) -> None:
        for _ in range(3):
            await audit.record("mallory", "load", "website", 403, "forbidden")
        clock.now += 60
        await audit.record("mallory", "load", "website", 403, "forbidden")
        assert [e.times for e in await audit.entries(10)] == [1, 3]

    run(tmp_path, story)


def test_a_count_is_kept_though_only_what_is_known_is_met_when_its_minute_is_over(
    tmp_path: Path,
) -> None:
    async def story(audit: Audit, clock: Clock) -> None:
        for _ in range(3):
            await audit.record("mallory", "load", "website", 403, "forbidden")
        clock.now += 30
        await audit.record("mallory", "stop", "website", 403, "forbidden")
        clock.now += 30
        await audit.record("mallory", "stop", "website", 403, "forbidden")
        told = [(e.action, e.times) for e in await audit.entries(10)]
        assert told == [("stop", 2), ("load", 3)]

    run(tmp_path, story)


def test_refusals_that_come_at_once_are_counted_too(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        one = ("mallory", "load", "website", 403, "forbidden")
        await asyncio.gather(*(audit.record(*one) for _ in range(20)))
        assert [e.times for e in await audit.entries(10)] == [20]

    run(tmp_path, story)


def test_the_same_change_twice_is_two_entries(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        for _ in range(2):
            await audit.record("alice", "restart", "website", 200, "")
        assert [e.times for e in await audit.entries(10)] == [1, 1]

    run(tmp_path, story)


def test_long_words_are_cut(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        await audit.record("a" * 1000, "load", "website", 200, "")
        assert len((await audit.entries(1))[0].caller) == FIELD_LIMIT

    run(tmp_path, story)


def test_what_was_read_pushes_neither_changes_nor_refusals_out(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        await audit.record("alice", "load", "website", 200, "")
        await audit.record("mallory", "load", "website", 403, "forbidden")
        for number in range(1000):
            await audit.record_reading("bob", f"docker GET /{number % 2}")
        found = [(e.caller, e.times) for e in await audit.entries(10)]
        assert found == [("bob", 500), ("bob", 500), ("mallory", 1), ("alice", 1)]

    run(tmp_path, story)


def test_readings_have_a_quota_of_their_own(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        for number in range(5):
            await audit.record_reading("bob", f"docker GET /{number}")
        assert [e.action for e in await audit.entries(10)] == ["docker GET /4", "docker GET /3"]

    run(tmp_path, story)


def test_what_is_changed_at_the_engine_pushes_no_change_of_the_hosts_out(tmp_path: Path) -> None:
    async def story(audit: Audit, _clock: Clock) -> None:
        await audit.record("alice", "load", "website", 200, "")
        for number in range(1000):
            await audit.record_passage("bob", f"docker POST /x{number}/start", "docker POST /*")
        entries = await audit.entries(1000)
        assert (entries[-1].caller, len(entries)) == ("alice", AT_LENGTH + 2)
        assert (entries[0].action, entries[0].times) == ("docker POST /*", 1000 - AT_LENGTH)
        assert entries[1].action == f"docker POST /x{AT_LENGTH - 1}/start"

    run(tmp_path, story)


def test_who_changed_much_in_a_minute_is_told_of_one_by_one_again_in_the_next(
    tmp_path: Path,
) -> None:
    async def story(audit: Audit, clock: Clock) -> None:
        for _ in range(AT_LENGTH + 2):
            await audit.record_passage("bob", "docker POST /x/start", "docker POST /*")
        await audit.record_passage("alice", "docker POST /y/start", "docker POST /*")
        clock.now += 60
        await audit.record_passage("bob", "docker POST /z/start", "docker POST /*")
        found = [(e.caller, e.action, e.times) for e in await audit.entries(3)]
        assert found == [
            ("bob", "docker POST /z/start", 1),
            ("alice", "docker POST /y/start", 1),
            ("bob", "docker POST /*", 2),
        ]

    run(tmp_path, story)


def test_changes_at_the_engine_have_a_quota_of_their_own(tmp_path: Path) -> None:
    async def story(audit: Audit, clock: Clock) -> None:
        for number in range(AT_LENGTH + 9):
            clock.now += 5
            await audit.record_passage("bob", f"docker POST /x{number}/start", "docker POST /*")
        assert len(await audit.entries(1000)) == AT_LENGTH + 5

    run(tmp_path, story)
