"""How a delivery ended whose answer was cut off: the host goes on by itself, and remembers."""

import asyncio
import time

from edd.client.host import HostClient
from edd.client.problems import error_from
from edd.client.sending import FIRST_WAIT, LONGEST_WAIT, PATIENCE
from edd.errors import HostUnreachableError
from edd.model.job import Job, JobState, Outcome

LOOK_EVERY = 1.0


class Following:
    """Looks at the jobs of one deployment."""

    def __init__(self, host: HostClient, deployment: str) -> None:
        self._host = host
        self._deployment = deployment
        self._known = 0

    async def begin(self) -> float:
        """Note the job that is the last one now; return the seconds that a round trip took."""
        began = time.monotonic()
        job = await self._newest()
        self._known = job.id if job else 0
        return time.monotonic() - began

    async def end(self, cut: HostUnreachableError) -> Outcome | None:
        """Wait for the job that began since, and return how it ended well.

        None when none began, or the host itself was cut off: then nothing has changed.

        Raises:
            EddError: how the job failed.
            HostUnreachableError: ``cut``, when the host does not answer any more.
        """
        job = await self._ended(cut)
        if job is None or job.state is JobState.INTERRUPTED:
            return None
        if job.state is JobState.FAILED:
            raise error_from({"code": job.code, "detail": job.detail})
        status = await self._host.deployment(self._deployment)
        return Outcome(
            "success",
            status.state,
            status.health or "unknown",
            release=status.release,
            image=status.image,
            job=job.id,
            message=f"{self._deployment} runs release {status.release}.",
        )

    async def _ended(self, cut: HostUnreachableError) -> Job | None:
        failures = 0
        while failures < PATIENCE:
            try:
                job = await self._newest()
            except HostUnreachableError:
                failures += 1
                await asyncio.sleep(min(LONGEST_WAIT, FIRST_WAIT * 2**failures))
                continue
            if job is None or job.id == self._known:
                return None
            if job.state is not JobState.RUNNING:
                return job
            failures = 0
            await asyncio.sleep(LOOK_EVERY)
        raise cut

    async def _newest(self) -> Job | None:
        jobs = await self._host.jobs(self._deployment, 1)
        return jobs[0] if jobs else None
