"""Jobs: every operation that changes a deployment, alone on it and remembered."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from edd.errors import EddError
from edd.model.deployment import Deployment
from edd.model.job import Job, JobKind, JobState
from edd.operations.settings import Settings
from edd.store.journal import Journal, Unfinished

T = TypeVar("T")

Work = Callable[[Job, Deployment], Awaitable[T]]

DOWNWARD = frozenset({JobKind.STOP, JobKind.REMOVE})
"""What may be done to a deployment that is kept down."""

log = logging.getLogger(__name__)


class LeftOpenError(Exception):
    """What a job began could not be undone or finished now; recovery will do it."""

    def __init__(self, cause: EddError) -> None:
        super().__init__(cause.detail)
        self.cause = cause


class Jobs:
    """Runs operations one at a time per deployment, whatever becomes of who asked for them."""

    def __init__(self, journal: Journal, settings: Settings, to_be_righted: asyncio.Event) -> None:
        self._journal = journal
        self._settings = settings
        self._to_be_righted = to_be_righted
        self._tasks: set[asyncio.Task[object]] = set()
        self._active: set[int] = set()
        self._beginning = asyncio.Lock()
        self.ended: dict[tuple[str, str], int] = {}

    async def run(
        self,
        kind: JobKind,
        name: str,
        caller: str,
        work: Work[T],
    ) -> T:
        """Run ``work`` as a job; it goes on when the awaiting caller is cancelled.

        Raises:
            UnknownDeploymentError, DisabledError, BusyError: before ``work`` begins.
            EddError: whatever ``work`` raised, once the journal tells of it.
        """
        find = self._settings.deployment if kind in DOWNWARD else self._settings.runnable
        deployment = find(name)
        task = asyncio.create_task(self._run(kind, deployment, caller, work), name=f"job-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def abandoned(self) -> list[Unfinished]:
        """Return the open jobs that nobody works on."""
        async with self._beginning:
            return [
                each for each in await self._journal.unfinished() if each.job.id not in self._active
            ]

    async def finish_all(self, grace: float) -> None:
        """Wait until no job runs, for ``grace`` seconds at most, then abandon the rest.

        An abandoned job stays open in the journal, so that the next start undoes it.
        """
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _run(self, kind: JobKind, deployment: Deployment, caller: str, work: Work[T]) -> T:
        # Nobody may see the job open in the journal before it counts as active.
        async with self._beginning:
            job = await self._journal.begin(kind, deployment.name, caller)
            self._active.add(job.id)
        try:
            return await self._perform(job, deployment, work)
        finally:
            self._active.discard(job.id)

    async def _perform(self, job: Job, deployment: Deployment, work: Work[T]) -> T:
        log.info("job-started id=%d kind=%s deployment=%s", job.id, job.kind, deployment.name)
        try:
            result = await work(job, deployment)
            await self._end(job, JobState.SUCCEEDED)
        except LeftOpenError as error:
            self._to_be_righted.set()
            raise error.cause from error
        except EddError as error:
            await self._end(job, JobState.FAILED, error)
            raise
        except Exception:
            log.exception("job-broke id=%d", job.id)
            self._to_be_righted.set()
            raise
        return result

    async def _end(self, job: Job, state: JobState, error: EddError | None = None) -> None:
        code, detail = (error.code, error.detail) if error else ("", "")
        lines = error.data.get("log", ()) if error else ()
        key = (str(job.kind), str(state))
        self.ended[key] = self.ended.get(key, 0) + 1
        log.info("job-ended id=%d kind=%s state=%s code=%s", job.id, job.kind, state, code)
        try:
            await self._journal.end(job.id, state, code, detail, "\n".join(lines))
        except EddError:
            self._to_be_righted.set()
            raise
