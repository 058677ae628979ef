"""What a rollout and a recovery make of an engine that refuses, stalls or talks nonsense."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from edd.config import Config
from edd.engine.containers import Containers
from edd.engine.images import Images
from edd.errors import DiskFullError, EngineUnreachableError, StartFailedError, UnhealthyError
from edd.model.caller import Caller, Role
from edd.model.deployment import Deployment
from edd.model.image import EngineImage, Platform
from edd.model.job import Job, JobKind, JobState
from edd.model.plan import OldContainer, Rollout, Step
from edd.operations import rollout as rollout_module
from edd.operations.jobs import Jobs, LeftOpenError
from edd.operations.ledger import Ledger
from edd.operations.lifecycle import Lifecycle
from edd.operations.recovery import Recovery
from edd.operations.rollout import Rollouts
from edd.operations.settings import Settings
from edd.operations.steps import Run, Steps, arguments_hash
from edd.planning.rollout import plan_rollout
from edd.store.database import Database
from edd.store.journal import Journal
from edd.store.releases import Releases
from tests.unit.operations.fakes import FakeContainers, FakeImages

SITE = Deployment("website", stable=0.0)
OTHER = Deployment("other", stable=0.0)


class Host:
    """The operations of a host on an engine in memory, with a state that is real."""

    def __init__(self, database: Database) -> None:
        self.containers, self.images = FakeContainers(), FakeImages()
        containers = cast("Containers", self.containers)
        images = cast("Images", self.images)
        self.journal, self.releases = Journal(database), Releases(database)
        settings = Settings(Config(deployments=(SITE, OTHER)))
        self.to_be_righted = asyncio.Event()
        self.jobs = Jobs(self.journal, settings, self.to_be_righted)
        ledger = Ledger(settings, images, containers, self.releases, self.journal)
        self.ledger = ledger
        self.rollouts = Rollouts(Steps(images, containers, self.releases), self.journal)
        self.lifecycle = Lifecycle(self.jobs, ledger, containers)
        engine = cast("Any", None)
        self.recovery = Recovery(
            engine, self.jobs, self.rollouts, self.lifecycle, ledger, self.to_be_righted
        )

    async def begin(
        self, name: str = "website", *, start_first: bool = False, runs: bool = True
    ) -> Run:
        """Open a job that is to replace a container, which runs."""
        old = self.containers.add(f"ed_{name}", running=runs)
        release = await self.releases.add(name, f"ed_{name}:release-{{number}}", "alice")
        job = await self.journal.begin(JobKind.LOAD, name, "alice")
        rollout = Rollout(
            deployment=name,
            release=release.number,
            reference=release.reference,
            container=f"ed_{name}",
            mark=f"mark-{name}",
            plan=plan_rollout(None, runs=runs, start_first=start_first, claims=[]),
            old=OldContainer(old, running=runs),
        )
        await self.journal.plan(job.id, rollout)
        return Run(job.id, rollout, Deployment(name, stable=0.0), (), lambda _: None)


def tell(path: Path, story: Callable[[Host], Awaitable[None]]) -> None:
    """Run a story on a host whose state lies in ``path``."""

    async def work(database: Database) -> None:
        await story(Host(database))

    database = Database(path / "state.db")
    try:
        asyncio.run(work(database))
    finally:
        database.close()


def test_a_refused_undo_does_not_keep_the_rest_from_being_undone(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        assert run.rollout.old is not None
        host.containers.refuses = {run.rollout.old.id, "id-2"}

        with pytest.raises(StartFailedError) as caught:
            await host.rollouts.perform(run)

        assert "could be undone" in caught.value.kept
        assert [c.name for c in host.containers.all.values()] == ["ed_website"]

    tell(tmp_path, story)


@pytest.mark.parametrize(
    ("runs", "start_first", "kept"),
    [
        (True, False, "The old container serves again; it was away for 0.0 s."),
        (True, True, "What ran before still runs."),
        (False, False, "It is down as before."),
    ],
)
def test_a_failed_delivery_says_what_serves_now(
    tmp_path: Path, runs: bool, start_first: bool, kept: str
) -> None:
    async def story(host: Host) -> None:
        run = await host.begin(runs=runs, start_first=start_first)
        host.containers.refuses = {"id-2"}

        with pytest.raises(StartFailedError) as caught:
            await host.rollouts.perform(run)

        assert caught.value.kept == kept

    tell(tmp_path, story)


@pytest.mark.parametrize("start_first", [False, True])
def test_an_old_container_that_was_removed_meanwhile_does_not_serve_again(
    tmp_path: Path, start_first: bool
) -> None:
    async def story(host: Host) -> None:
        run = await host.begin(start_first=start_first)
        assert run.rollout.old is not None
        host.containers.refuses = {"id-2"}
        host.containers.vanishes = run.rollout.old.id

        with pytest.raises(StartFailedError) as caught:
            await host.rollouts.perform(run)

        assert host.containers.all == {}
        assert "nothing runs now" in caught.value.kept

    tell(tmp_path, story)


def test_an_engine_that_leaves_keeps_the_job_open(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        host.containers.fault = EngineUnreachableError("gone")

        with pytest.raises(LeftOpenError):
            await host.rollouts.perform(run)

        assert len(await host.jobs.abandoned()) == 1

    tell(tmp_path, story)


@pytest.mark.parametrize("lines", [[], ["its last words"]])
def test_whoever_is_told_to_read_the_log_lines_has_some(tmp_path: Path, lines: list[str]) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        host.containers.refuses = {"id-2"}
        host.containers.lines = lines

        with pytest.raises(StartFailedError) as caught:
            await host.rollouts.perform(run)

        assert caught.value.advice.startswith("Read the log lines above. ") is bool(lines)
        assert caught.value.advice.endswith(StartFailedError.advice)

    tell(tmp_path, story)


def test_a_stalling_log_does_not_hold_up_the_old_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollout_module, "LOG_PATIENCE", 0.05)

    async def story(host: Host) -> None:
        run = await host.begin()
        host.containers.refuses = {"id-2"}
        host.containers.stalls = True

        with pytest.raises(StartFailedError):
            await asyncio.wait_for(host.rollouts.perform(run), 5)

        old = host.containers.named("ed_website")
        assert old is not None
        assert old.running

    tell(tmp_path, story)


def test_a_full_disk_does_not_keep_a_committed_release_from_its_clean_up(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        host.images.fault = DiskFullError("full")

        await host.rollouts.perform(run)

        assert [c.name for c in host.containers.all.values()] == ["ed_website"]

    tell(tmp_path, story)


def test_one_job_that_cannot_be_closed_does_not_hold_up_the_next(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        first, second = await host.begin(), await host.begin("other")
        await host.journal.step(first.job, Step.STOP_OLD)
        await host.journal.step(second.job, Step.CREATE)
        await host.journal.step(second.job, Step.STOP_OLD)
        stop = host.containers.stop

        async def refuse_one(container: str, grace: int | None = None) -> None:
            if first.rollout.old is not None and container == first.rollout.old.id:
                raise EngineUnreachableError("it stalls")
            await stop(container, grace)

        host.containers.stop = refuse_one  # type: ignore[method-assign]

        with pytest.raises(EngineUnreachableError):
            await host.recovery.recover()

        closed = await host.journal.job(second.job)
        assert closed is not None
        assert closed.state is JobState.INTERRUPTED

    tell(tmp_path, story)


def test_nonsense_from_the_engine_does_not_end_the_watch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edd.operations.recovery.LONGEST_PAUSE", 0.01)

    async def story(host: Host) -> None:
        run = await host.begin()
        await host.journal.step(run.job, Step.CREATE)
        host.containers.fault = ValueError("nonsense")

        watch = asyncio.create_task(host.recovery.watch())
        await asyncio.sleep(0.05)
        host.containers.fault = None
        await until_closed(host, run.job)

        assert not watch.done()
        watch.cancel()

    tell(tmp_path, story)


def test_a_remove_that_was_cut_off_at_its_end_is_finished(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        await host.journal.commit(run.job, run.rollout, "id-1")
        await host.journal.end(run.job, JobState.SUCCEEDED)
        await host.releases.desire("website", "removed")
        host.containers.all.clear()

        await host.recovery.recover()

        assert (await host.releases.standing("website")).release is None

    tell(tmp_path, story)


def test_a_container_that_was_refused_its_start_is_started_at_the_next_recovery(
    tmp_path: Path,
) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        await host.journal.commit(run.job, run.rollout, "id-1")
        await host.journal.end(run.job, JobState.SUCCEEDED)
        await host.containers.stop("id-1")
        host.containers.refuses = {"id-1"}
        await host.recovery.recover()
        assert not host.containers.all["id-1"].running

        host.containers.refuses = set()
        await host.recovery.recover()

        assert host.containers.all["id-1"].running

    tell(tmp_path, story)


def test_a_leftover_of_an_earlier_rollout_is_cleared_before_anything_stops(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        ours = {"edd.deployment": "website"}
        host.containers.add("ed_website.previous", labels=ours, running=False)
        host.containers.add("ed_other.previous", labels={"edd.deployment": "other"})

        await host.rollouts.perform(run)

        names = sorted(c.name for c in host.containers.all.values())
        assert names == ["ed_other.previous", "ed_website"]

    tell(tmp_path, story)


def test_what_serves_under_the_name_an_undoing_left_it_is_not_cleared_away(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        host.containers.add("ed_website.previous", labels={"edd.deployment": "website"})

        with pytest.raises(StartFailedError, match=r"ed_website\.previous runs") as caught:
            await host.rollouts.perform(run)

        assert caught.value.kept == "What ran before still runs."
        assert all(c.running for c in host.containers.all.values())
        assert len(host.containers.all) == 2

    tell(tmp_path, story)


def test_a_removal_takes_no_container_that_has_but_the_label(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        ours = {"edd.deployment": "website"}
        for name in ("ed_website", "ed_website.previous", "demo_website", "of-a-commit"):
            host.containers.add(name, labels=ours)
        host.containers.add("ed_website.next", labels={"edd.deployment": "other"})

        await host.lifecycle.remove("website", Caller("alice", Role.ADMIN))

        names = sorted(c.name for c in host.containers.all.values())
        assert names == ["demo_website", "ed_website.next", "of-a-commit"]

    tell(tmp_path, story)


def test_a_paused_container_does_not_run_what_is_pushed_again(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        await host.journal.commit(run.job, run.rollout, "id-1")
        [release] = await host.releases.of("website")
        await host.releases.found(release, EngineImage("sha256:0", Platform("linux", "amd64"), 1))
        labels = {"edd.args": arguments_hash(SITE.args)}
        served = msgspec.structs.replace(host.containers.all["id-1"], labels=labels)

        host.containers.all["id-1"] = served
        assert await host.ledger.runs_already(SITE, "sha256:0")
        host.containers.all["id-1"] = msgspec.structs.replace(served, status="paused")
        assert not await host.ledger.runs_already(SITE, "sha256:0")

    tell(tmp_path, story)


def test_a_container_made_by_hand_after_a_removal_stays(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        run = await host.begin()
        await host.journal.commit(run.job, run.rollout, "id-1")
        await host.journal.end(run.job, JobState.SUCCEEDED)
        await host.lifecycle.remove("website", Caller("alice", Role.ADMIN))
        host.containers.add("ed_website")

        await host.recovery.recover()

        assert host.containers.named("ed_website") is not None

    tell(tmp_path, story)


def test_a_failed_job_keeps_what_the_container_wrote_last(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        async def work(_: Job, __: Deployment) -> None:
            raise UnhealthyError("It died.", log=["no", "database"])

        with pytest.raises(UnhealthyError):
            await host.jobs.run(JobKind.LOAD, "website", "alice", work)

        job = await host.journal.job(1)
        assert job is not None
        assert (job.state, job.log) == (JobState.FAILED, "no\ndatabase")

    tell(tmp_path, story)


def test_a_job_survives_the_one_who_asked_for_it(tmp_path: Path) -> None:
    async def story(host: Host) -> None:
        ended = asyncio.Event()

        async def work(_: Job, __: Deployment) -> None:
            await asyncio.sleep(0.05)
            ended.set()

        asked = asyncio.create_task(host.jobs.run(JobKind.START, "website", "alice", work))
        await asyncio.sleep(0.02)
        asked.cancel()
        await asyncio.wait_for(ended.wait(), 5)
        await host.jobs.finish_all(5)

        (job,) = await host.journal.jobs("website", 5)
        assert job.state is JobState.SUCCEEDED

    tell(tmp_path, story)


@pytest.mark.parametrize("start_first", [False, True])
@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("first", range(16))
def test_an_engine_that_leaves_twice_at_any_call_ends_in_one_good_release(
    tmp_path: Path, first: int, good: bool, start_first: bool
) -> None:
    """It leaves in the middle of the rollout or of its undoing, and again during the recovery."""

    async def story(host: Host) -> None:
        run = await host.begin(start_first=start_first)
        if not good:
            host.containers.refuses = {"id-2"}
        host.containers.fuse = first
        with suppress(LeftOpenError, StartFailedError):
            await host.rollouts.perform(run)
        host.containers.fuse = first // 2
        with suppress(EngineUnreachableError):
            await host.recovery.recover()
        host.containers.fuse = None
        await host.recovery.recover()

        (container,) = host.containers.all.values()
        current = (await host.releases.standing("website")).release
        assert container.name == "ed_website"
        assert container.running
        assert (container.labels.get("edd.release") == "1") == (current == 1)

    tell(tmp_path, story)


async def until_closed(host: Host, number: int) -> None:
    for _ in range(500):
        job = await host.journal.job(number)
        if job is not None and job.state is not JobState.RUNNING:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("the job stayed open")
