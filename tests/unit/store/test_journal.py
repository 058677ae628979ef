"""Jobs, their journal, and the commit that makes a release the current one."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edd.errors import BusyError, ConfigError
from edd.model.image import EngineImage, Platform
from edd.model.job import JobKind, JobState
from edd.model.plan import OldContainer, Rollout, RolloutPlan, Step
from edd.model.release import ReleaseState
from edd.store.database import Database
from edd.store.journal import Journal
from edd.store.releases import Releases


def run(path: Path, story: Callable[[Journal, Releases], Awaitable[None]]) -> None:
    """Run a story against the state in ``path``, as one process would."""
    database = Database(path / "state.db")
    try:
        asyncio.run(story(Journal(database), Releases(database)))  # type: ignore[arg-type]
    finally:
        database.close()


def rollout(number: int, *, returns: bool = False) -> Rollout:
    return Rollout(
        deployment="website",
        release=number,
        reference=f"ed_website:release-{number}",
        container="ed_website",
        mark=f"mark{number}",
        plan=RolloutPlan((Step.LOAD, Step.CREATE, Step.COMMIT)),
        old=OldContainer("old", running=True),
        returns=returns,
    )


def test_a_second_job_is_told_who_holds_the_deployment_since_when(tmp_path: Path) -> None:
    async def story(journal: Journal, _: Releases) -> None:
        first = await journal.begin(JobKind.LOAD, "website", "alice")
        with pytest.raises(BusyError, match="alice") as caught:
            await journal.begin(JobKind.STOP, "website", "bob")
        assert caught.value.data == {"holder": "alice", "since": first.started_at, "job": first.id}
        await journal.begin(JobKind.LOAD, "other", "bob")
        await journal.end(first.id, JobState.SUCCEEDED)
        await journal.begin(JobKind.STOP, "website", "bob")

    run(tmp_path, story)


def test_an_open_job_is_found_again_with_all_that_undoing_it_needs(tmp_path: Path) -> None:
    async def before(journal: Journal, _: Releases) -> None:
        job = await journal.begin(JobKind.LOAD, "website", "alice")
        await journal.plan(job.id, rollout(1))
        await journal.step(job.id, Step.LOAD)
        await journal.step(job.id, Step.CREATE)

    async def after(journal: Journal, _: Releases) -> None:
        (found,) = await journal.unfinished()
        assert found.rollout == rollout(1)
        assert found.begun == (Step.LOAD, Step.CREATE)
        assert found.job.release == 1

    run(tmp_path, before)
    run(tmp_path, after)


def test_the_commit_moves_the_current_release(tmp_path: Path) -> None:
    async def story(journal: Journal, releases: Releases) -> None:
        for number in (1, 2):
            await releases.add("website", "ed_website:release-{number}", "alice")
            job = await journal.begin(JobKind.LOAD, "website", "alice")
            await journal.commit(job.id, rollout(number), f"container-{number}")
            await journal.end(job.id, JobState.SUCCEEDED)
        states = {r.number: r.state for r in await releases.of("website")}
        assert states == {1: ReleaseState.SUPERSEDED, 2: ReleaseState.CURRENT}
        standing = await releases.standing("website")
        assert (standing.desired, standing.release) == ("running", 2)

    run(tmp_path, story)


def test_a_rollback_withdraws_the_release_it_leaves(tmp_path: Path) -> None:
    async def story(journal: Journal, releases: Releases) -> None:
        for number in (1, 2):
            await releases.add("website", "ed_website:release-{number}", "alice")
            job = await journal.begin(JobKind.LOAD, "website", "alice")
            await journal.commit(job.id, rollout(number), "container")
            await journal.end(job.id, JobState.SUCCEEDED)
        back = await journal.begin(JobKind.ROLLBACK, "website", "alice")
        await journal.commit(back.id, rollout(1, returns=True), "container")
        states = {r.number: r.state for r in await releases.of("website")}
        assert states == {1: ReleaseState.CURRENT, 2: ReleaseState.WITHDRAWN}

    run(tmp_path, story)


def test_a_failed_release_does_not_undo_one_that_served(tmp_path: Path) -> None:
    async def story(journal: Journal, releases: Releases) -> None:
        await releases.add("website", "ed_website:release-{number}", "alice")
        job = await journal.begin(JobKind.LOAD, "website", "alice")
        await journal.commit(job.id, rollout(1), "container")
        await releases.fail_pending("website", "too late")
        (only,) = await releases.of("website")
        assert only.state is ReleaseState.CURRENT

    run(tmp_path, story)


def test_a_release_that_a_fault_left_pending_fails_when_the_next_comes(tmp_path: Path) -> None:
    async def story(_: Journal, releases: Releases) -> None:
        first = await releases.add("website", "ed_website:release-{number}", "alice")
        await releases.found(first, EngineImage("sha256:1", Platform("linux", "amd64"), 10))
        await releases.add("website", "ed_website:release-{number}", "alice")
        states = {r.number: (r.state, r.kept) for r in await releases.of("website")}
        assert states[1] == (ReleaseState.FAILED, False)

    run(tmp_path, story)


def test_jobs_are_listed_newest_first_by_deployment(tmp_path: Path) -> None:
    async def story(journal: Journal, _: Releases) -> None:
        for name in ("one", "two", "three"):
            await journal.begin(JobKind.START, name, "alice")
        assert [job.deployment for job in await journal.jobs(None, 2)] == ["three", "two"]
        assert [job.deployment for job in await journal.jobs("one", 2)] == ["one"]

    run(tmp_path, story)


def test_the_end_of_a_jobs_log_is_told_of_that_job_alone(tmp_path: Path) -> None:
    async def story(journal: Journal, _: Releases) -> None:
        job = await journal.begin(JobKind.LOAD, "website", "alice")
        await journal.end(job.id, JobState.FAILED, "unhealthy", "It died.", "x" * 9000 + "\nlast")

        found = await journal.job(job.id)
        assert found is not None
        assert (len(found.log), found.log[-6:]) == (4000, "x\nlast")
        assert [each.log for each in await journal.jobs(None, 9)] == [""]

    run(tmp_path, story)


def test_a_state_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path / "state.db")
    asyncio.run(database.run(lambda db: db.execute("CREATE TABLE later (x TEXT)")))
    database.close()
    raw = (tmp_path / "state.db").read_bytes()
    newer = raw[:60] + (99).to_bytes(4, "big") + raw[64:]  # user_version, SQLite file format 1.3
    (tmp_path / "state.db").write_bytes(newer)

    with pytest.raises(ConfigError, match="newer edd"):
        Database(tmp_path / "state.db")

    assert (tmp_path / "state.db").read_bytes()[:64] == newer[:64]


def test_a_damaged_state_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_bytes(b"this is no database at all" * 100)

    with pytest.raises(ConfigError, match="cannot be used"):
        Database(tmp_path / "state.db")
