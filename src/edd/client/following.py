"""A delivery whose answer may be cut off: the host goes on, and remembers how it ended."""

import asyncio
from functools import partial

from edd.client.host import HostClient
from edd.client.patience import PATIENCE, insist, lost, may_come_back, pause
from edd.client.problems import error_from
from edd.errors import BusyError, EddError, HostUnreachableError
from edd.model.image import Digest
from edd.model.job import Job, JobKind, JobState, Outcome, Progress, Report
from edd.model.offer import Assembly
from edd.model.plan import Step

LOOK_EVERY = 1.0
UNTOUCHED = ("", Step.LOAD)
"""The steps up to which a delivery has changed nothing: it may be asked for again."""


class Following:
    """Delivers to one deployment, and looks at the jobs there when the link breaks meanwhile."""

    def __init__(self, host: HostClient, deployment: str, report: Report) -> None:
        self._host = host
        self._deployment = deployment
        self._report = report
        self._known = 0
        self._ours: int | None = None

    def begin(self, last: int) -> None:
        """Note the job that was the last one before ours."""
        self._known = last

    async def deliver(self, assembly: Assembly) -> Outcome:
        """Let the host put the image together and run it; see to the end though the link breaks.

        Raises EddError: why it does not run.
        """
        cut: EddError | None = None
        for failures in range(1, PATIENCE + 1):
            self._ours = None
            try:
                return await self._host.assemble(self._deployment, assembly, self._hear)
            except HostUnreachableError as error:
                if not may_come_back(self._host, error):
                    raise
                cut = error
            except BusyError as error:
                if cut is None:
                    raise
                cut = error  # perhaps by what was asked for before the cut
            self._report(Progress("load", "the connection was cut; asking how the delivery ended"))
            if (outcome := await self._end(cut, assembly.image)) is not None:
                return outcome
            await pause(failures)
        assert cut is not None  # noqa: S101
        raise _given_up(cut)

    def _hear(self, progress: Progress) -> None:
        if progress.job is not None:
            self._ours = progress.job
        self._report(progress)

    async def _end(self, cut: EddError, image: Digest) -> Outcome | None:
        """Wait for the job that is ours, and return how it ended well.

        None where asking again is right: none began, it was cut off with the host itself, or it
        failed before anything was loaded. A second answer tells more than the journal does.

        Raises:
            EddError: how the job failed, or ``cut`` when the host does not answer any more.
        """
        try:
            host = await insist(self._host, self._host.info)
            job = await self._ended(host.caller)
        except HostUnreachableError:
            raise _given_up(cut) from None
        if job is None:
            return None
        self._known = job.id
        if job.state is JobState.FAILED and job.step not in UNTOUCHED:
            raise error_from({"code": job.code, "detail": job.detail, "log": job.log})
        if job.state is not JobState.SUCCEEDED:
            return None
        chained = host.engine is not None and host.engine.store == "graphdriver"
        return await self._outcome(job, image if chained else "")

    async def _ended(self, caller: str) -> Job | None:
        """Return our job once it has ended, if there is one.

        Where the link was cut before the host named it, it is taken to be the first delivery of
        ``caller`` since `begin`.
        """
        while True:
            jobs = await insist(
                self._host,
                lambda: self._host.jobs(self._deployment),
                on_break=lambda: self._report(lost("load")),
            )
            ours = [job for job in jobs if self._is_ours(job, caller)]
            if not ours:
                return None
            if ours[-1].state is not JobState.RUNNING:
                return await insist(self._host, partial(self._host.job, ours[-1].id))
            await asyncio.sleep(LOOK_EVERY)

    def _is_ours(self, job: Job, caller: str) -> bool:
        if self._ours is not None:
            return job.id == self._ours
        return job.id > self._known and job.kind is JobKind.LOAD and job.caller == caller

    async def _outcome(self, job: Job, image: Digest) -> Outcome | None:
        """Return how the deployment stands after ``job``; None if that brought another image.

        Only the classic store names an image by its configuration, so ``image`` may be empty.
        """
        releases = await insist(self._host, lambda: self._host.releases(self._deployment))
        status = await insist(self._host, lambda: self._host.deployment(self._deployment))
        made = next((one for one in releases if one.number == job.release), None)
        found = made.image if made else status.image
        number = made.number if made else status.release
        if image and found != image:
            return None
        return Outcome(
            "success",
            status.state,
            status.health,
            release=number,
            image=found,
            job=job.id,
            message=f"{self._deployment} runs release {number}.",
        )


def _given_up(cut: EddError) -> EddError:
    """Say what becomes of a delivery that nobody follows any more."""
    if isinstance(cut, HostUnreachableError):
        cut.kept = (
            "The host goes on with the delivery, or takes it back, by itself: if it does not run,"
            " as soon as it runs again."
        )
        cut.advice = "See how it ended once the host answers: edd jobs, edd ps."
    return cut
