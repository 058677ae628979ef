"""Deliveries: load, pull, roll back and apply; each ends with one good release running."""

from collections.abc import Awaitable, Callable
from functools import partial

from edd.errors import EddError
from edd.model.caller import Caller
from edd.model.deployment import Deployment
from edd.model.image import EngineImage
from edd.model.job import Job, JobKind, Outcome, Progress, Report
from edd.model.offer import Assembly
from edd.model.plan import Step
from edd.model.release import Release
from edd.model.upload import Upload
from edd.operations.arrival import Arrival
from edd.operations.assembly import Assembler
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger
from edd.operations.rollout import Rollouts
from edd.operations.steps import Run

Bring = Callable[[Run], Awaitable[EngineImage]]


class Deliveries:
    """Makes an image the running release of a deployment, or leaves the old one running."""

    def __init__(
        self,
        jobs: Jobs,
        arrival: Arrival,
        assembler: Assembler,
        rollouts: Rollouts,
        ledger: Ledger,
    ) -> None:
        self._jobs = jobs
        self._arrival = arrival
        self._assembler = assembler
        self._rollouts = rollouts
        self._ledger = ledger

    async def load(self, name: str, upload: Upload, caller: Caller, report: Report) -> Outcome:
        """Make the archive in ``upload`` the running release of ``name``.

        Raises:
            UnknownDeploymentError, DisabledError, BusyError, TooLargeError, DiskFullError: before
                a byte of the archive is read.
            ArchiveError and its kin: it is not what it claims; nothing was loaded.
            StartFailedError, UnhealthyError: the old release serves again.
        """

        async def work(job: Job, deployment: Deployment) -> Outcome:
            await self._arrival.admit(upload.size)
            bring = partial(self._arrival.load, upload=upload)
            return await self._deliver(job, deployment, Step.LOAD, bring, report)

        return await self._jobs.run(JobKind.LOAD, name, caller.name, work)

    async def assemble(
        self, name: str, assembly: Assembly, caller: Caller, report: Report
    ) -> Outcome:
        """Make the image whose missing parts were sent the running release of ``name``.

        Raises as `load`, and ArchiveError when a part is not here (``data["missing"]``).
        """

        async def work(job: Job, deployment: Deployment) -> Outcome:
            await self._arrival.admit(None)
            bring = partial(self._assembler.bring, assembly=assembly, caller=caller)
            outcome = await self._deliver(job, deployment, Step.LOAD, bring, report)
            await self._assembler.let_go(name, assembly)
            return outcome

        return await self._jobs.run(JobKind.LOAD, name, caller.name, work)

    async def pull(self, name: str, path: str, caller: Caller, report: Report) -> Outcome:
        """Make the image that a registry holds under ``path`` the running release of ``name``."""

        async def work(job: Job, deployment: Deployment) -> Outcome:
            await self._arrival.admit(None)
            bring = partial(self._arrival.pull, reference=path)
            return await self._deliver(job, deployment, Step.PULL, bring, report)

        return await self._jobs.run(JobKind.PULL, name, caller.name, work)

    async def rollback(
        self, name: str, number: int | None, caller: Caller, report: Report
    ) -> Outcome:
        """Return ``name`` to a kept release, without a number to the one that served before.

        Raises UnknownReleaseError when there is no such release to go to; as a rule before a job
        begins, for a mistyped number is no failed delivery.
        """
        self._ledger.settings.runnable(name)
        await self._ledger.choose(name, number)

        async def work(job: Job, deployment: Deployment) -> Outcome:
            target = await self._ledger.choose(name, number)
            return await self._bring(job, deployment, target, report)

        return await self._jobs.run(JobKind.ROLLBACK, name, caller.name, work)

    async def apply(self, name: str, caller: Caller, report: Report) -> Outcome:
        """Make the container of the release that serves anew, if it is another than described.

        They are told apart by a fingerprint of what it was made from. Where it is as described
        nothing changes, and there is no job.

        Raises:
            NotDeployedError: nothing serves that could be made anew.
            StartFailedError, UnhealthyError: the old container serves again.
        """
        deployment = self._ledger.settings.runnable(name)
        target = await self._ledger.current(name)
        if await self._ledger.runs_already(deployment, target.image, target.config):
            return await self._ledger.standing(name)

        async def work(job: Job, deployment: Deployment) -> Outcome:
            return await self._bring(job, deployment, await self._ledger.current(name), report)

        return await self._jobs.run(JobKind.APPLY, name, caller.name, work)

    async def _bring(
        self, job: Job, deployment: Deployment, target: Release, report: Report
    ) -> Outcome:
        """Let a release whose image is here serve, in a container as described now."""
        run = await self._ledger.prepare(job, deployment, target, None, report)
        if await self._ledger.runs_already(deployment, target.image, target.config):
            return await self._ledger.outcome(run, "unchanged")
        return await self._roll_out(run)

    async def _deliver(
        self, job: Job, deployment: Deployment, source: Step, bring: Bring, report: Report
    ) -> Outcome:
        report(Progress(source, f"job {job.id} begins", job=job.id))
        release = await self._ledger.open_release(job, deployment)
        run = await self._ledger.prepare(job, deployment, release, source, report)
        try:
            await self._ledger.journal.step(job.id, source)
            image = await bring(run)
            if await self._ledger.runs_already(deployment, image.id, image.config):
                return await self._ledger.nothing_new(run, release)
            await self._ledger.releases.found(release, image)
            run = await self._ledger.prepare(job, deployment, release, source, report)
        except EddError as error:
            await self._rollouts.abandon(run, [source], error)
            await self._ledger.releases.forget(release)
            raise
        return await self._roll_out(run)

    async def _roll_out(self, run: Run) -> Outcome:
        try:
            await self._rollouts.perform(run)
        except EddError as error:
            await self._ledger.releases.fail_pending(run.deployment.name, error.detail)
            raise
        return await self._ledger.outcome(run, "success")
