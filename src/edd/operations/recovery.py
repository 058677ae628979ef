"""After a crash of the daemon, the engine or the host: exactly one good release runs again."""

import asyncio
import logging
from contextlib import suppress

from edd.engine.facts import EngineSelf
from edd.errors import BusyError, EddError, EngineRefusedError, StartFailedError
from edd.model.container import Container, is_of
from edd.model.deployment import Deployment
from edd.model.job import Job, JobKind, JobState
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger
from edd.operations.lifecycle import Lifecycle
from edd.operations.rollout import Rollouts
from edd.operations.steps import Run
from edd.store.journal import Unfinished
from edd.store.releases import Standing

log = logging.getLogger(__name__)

ITSELF = "edd"
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 5.0


class Recovery:
    """Closes what crashes left open, and keeps the deployments as they should be.

    It looks when the daemon starts, when the engine comes back, when a job could not be undone and
    when the configuration was read anew; between those it waits on the engine's event stream.
    """

    def __init__(
        self,
        engine: EngineSelf,
        jobs: Jobs,
        rollouts: Rollouts,
        lifecycle: Lifecycle,
        ledger: Ledger,
        to_be_righted: asyncio.Event,
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._rollouts = rollouts
        self._lifecycle = lifecycle
        self._ledger = ledger
        self._to_be_righted = to_be_righted

    async def watch(self) -> None:
        """Recover whenever there is cause to, until cancelled; no fault ends the watch."""
        pause = FIRST_PAUSE
        while True:
            self._to_be_righted.clear()
            try:
                await self.recover()
                pause = FIRST_PAUSE
                await self._until_there_is_cause()
            except EddError as error:
                log.warning("recovery-postponed seconds=%g reason=%s", pause, error.detail)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                log.exception("recovery-broke seconds=%g", LONGEST_PAUSE)
                pause = LONGEST_PAUSE
            await asyncio.sleep(pause)

    async def recover(self) -> None:
        """Undo or finish every open job nobody works on, then let every deployment be right.

        What fails for one job or deployment does not keep the others from being looked at.

        Raises:
            EddError: the first failure, when all were looked at; the jobs concerned stay open.
        """
        failures: list[EddError] = []
        for item in await self._jobs.abandoned():
            try:
                await self._close(item)
            except EddError as error:
                failures.append(error)
        for deployment in self._ledger.settings.config.deployments:
            try:
                await self.ensure(deployment)
            except (EngineRefusedError, StartFailedError) as error:
                log.warning("deployment-down name=%s reason=%s", deployment.name, error.detail)
            except EddError as error:
                failures.append(error)
        if failures:
            raise failures[0]

    async def ensure(self, deployment: Deployment) -> None:
        """Let a deployment be what it should be; one that a job works on is left alone."""
        kind = await self._needed(deployment)
        if kind is None:
            return

        async def work(_: Job, deployment: Deployment) -> None:
            # Somebody may have said otherwise before this job had the deployment for itself.
            if await self._needed(deployment) is kind:
                log.info("deployment-put-right name=%s action=%s", deployment.name, kind)
                await self._lifecycle.put_right(deployment, kind)

        with suppress(BusyError):
            await self._jobs.run(kind, deployment.name, ITSELF, work)

    async def _needed(self, deployment: Deployment) -> JobKind | None:
        standing = await self._ledger.releases.standing(deployment.name)
        container = await self._ledger.container(deployment.name)
        return what_is_needed(standing, container, enabled=deployment.enabled)

    async def _close(self, item: Unfinished) -> None:
        job, rollout = item.job, item.rollout
        log.info("job-recovering id=%d step=%s", job.id, job.step)
        detail = f"It was interrupted at step {job.step}." if job.step else "It was interrupted."
        if rollout is not None:
            deployment = self._deployment(rollout.deployment)
            words = self._ledger.settings.words(deployment)
            run = Run(job.id, rollout, deployment, words, lambda _: None)
            if await self._rollouts.recover(run, item.begun):
                detail += " The new release serves; its clean-up was completed."
            else:
                detail += " What it had begun was undone."
        await self._ledger.releases.fail_pending(job.deployment, detail)
        await self._ledger.journal.end(job.id, JobState.INTERRUPTED, "interrupted", detail)
        log.info("job-recovered id=%d", job.id)

    def _deployment(self, name: str) -> Deployment:
        found = self._ledger.settings.config.deployment(name)
        return found or Deployment(name)

    async def _until_there_is_cause(self) -> None:
        leaves = asyncio.create_task(self._engine.wait_until_it_leaves())
        opened = asyncio.create_task(self._to_be_righted.wait())
        try:
            await asyncio.wait({leaves, opened}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaves.cancel()
            opened.cancel()
            await asyncio.gather(leaves, opened, return_exceptions=True)


def what_is_needed(
    standing: Standing, container: Container | None, *, enabled: bool = True
) -> JobKind | None:
    """Return what leads a deployment's container to what it should be; None when it is that.

    What is not ``enabled`` stays down, whatever was asked for last. One that bears a removed
    deployment's name without being ED's was made since, and stays.
    """
    if standing.desired == "removed":
        left = container is not None and is_of(container, standing.name)
        return JobKind.REMOVE if left or standing.release is not None else None
    if container is None:
        return None
    wanted = standing.desired if enabled or not standing.desired else "stopped"
    if wanted == "running" and not container.running:
        return JobKind.START
    if wanted == "stopped" and container.running:
        return JobKind.STOP
    return None
