"""Rollouts: performed step by step, undone in reverse, finished after a crash."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from edd.errors import DiskFullError, EddError, EngineRefusedError, StartFailedError, UnhealthyError
from edd.model.plan import Step
from edd.operations.jobs import LeftOpenError
from edd.operations.steps import Run, Steps
from edd.planning.rollout import steps_to_finish, steps_to_undo
from edd.store.journal import Journal

log = logging.getLogger(__name__)

Effect = Callable[[Run], Awaitable[None]]

LOG_PATIENCE = 5.0

ARRIVALS = {Step.LOAD, Step.PULL}


class Rollouts:
    """Leads a deployment from one release to another, or back to where it was.

    Every step is in the journal before it takes effect. Until the commit any failure undoes
    what was begun; after it, only clean-up is left and is completed however often it takes.
    """

    def __init__(self, steps: Steps, journal: Journal) -> None:
        self._steps = steps
        self._journal = journal
        self._do: dict[Step, Effect] = {
            Step.CREATE: steps.create,
            Step.STOP_OLD: steps.stop_old,
            Step.SWAP_NAMES: steps.swap_names,
            Step.START_NEW: steps.start_new,
            Step.WAIT_HEALTHY: steps.wait_healthy,
            Step.TAG_LATEST: steps.tag_latest,
            Step.REMOVE_OLD: steps.remove_old,
            Step.PRUNE: steps.prune,
        }
        self._undo: dict[Step, Effect] = {
            Step.LOAD: steps.undo_arrival,
            Step.PULL: steps.undo_arrival,
            Step.CREATE: steps.undo_create,
            Step.STOP_OLD: steps.undo_stop_old,
            Step.SWAP_NAMES: steps.undo_swap_names,
            Step.START_NEW: steps.undo_start_new,
        }

    async def perform(self, run: Run) -> None:
        """Take every step after the image's arrival, or leave the old release serving.

        Raises:
            StartFailedError, UnhealthyError, …: the old release serves again; ``data["log"]``
                has the new one's last lines.
            LeftOpenError: the engine went away; recovery goes on when it returns.
        """
        begun = [step for step in run.rollout.plan.steps if step in ARRIVALS]
        for step in run.rollout.plan.steps[len(begun) :]:
            if step is not Step.COMMIT:
                begun.append(step)
            try:
                await self._take(run, step)
            except EddError as error:
                if Step.COMMIT in begun:
                    raise left_open_after_commit(run, error) from error
                await self.abandon(run, begun, error)
                raise
            if step is Step.COMMIT:
                begun.append(step)

    async def abandon(self, run: Run, begun: Sequence[Step], error: EddError) -> None:
        """Undo ``begun`` because of ``error`` and write into it what serves now."""
        if lines := await self._last_lines(run):
            error.data["log"] = lines
            if isinstance(error, UnhealthyError | StartFailedError):
                error.advice = f"Read the log lines above. {error.advice}"
        error.data.setdefault("release", run.rollout.release)
        try:
            refused = await self.undo(run, begun)
        except EddError as second:
            log.warning("undo-postponed job=%d reason=%s", run.job, second.detail)
            error.kept = "What was begun is undone as soon as the engine answers again."
            raise LeftOpenError(error) from second
        if Step.CREATE in begun and await self._steps.old_is_gone(run):
            error.kept = "The container that ran before was removed meanwhile: nothing runs now."
        else:
            served = what_serves(run, begun, refused)
            error.kept = served or error.kept or "What ran before still runs."

    async def undo(self, run: Run, begun: Sequence[Step]) -> list[str]:
        """Take back ``begun``, latest first, and return what the engine refused of it.

        A refusal does not keep the other steps from being undone, for it would be refused again.
        Raises EngineUnreachableError and DiskFullError, after which all of it may be tried again.
        """
        refused = []
        for step in steps_to_undo(begun):
            try:
                await self._undo.get(step, nothing)(run)
            except (EngineRefusedError, StartFailedError) as error:
                log.warning("undo-refused job=%d step=%s reason=%s", run.job, step, error.detail)
                refused.append(error.detail)
        log.info("rollout-undone job=%d deployment=%s", run.job, run.rollout.deployment)
        return refused

    async def recover(self, run: Run, begun: Sequence[Step]) -> bool:
        """After a crash: finish a committed rollout, undo any other; tell which it was.

        A stop that was under way when the crash came may still take effect later, so it is
        waited for before the container is started again.
        """
        if Step.COMMIT in begun:
            for step in steps_to_finish(run.rollout.plan, begun):
                await self._clean_up(run, step)
            return True
        if begun and begun[-1] is Step.STOP_OLD:
            await self._steps.settle_stop_old(run)
        await self.undo(run, begun)
        return False

    async def _take(self, run: Run, step: Step) -> None:
        if step is Step.COMMIT:
            await self._commit(run)
            return
        await self._journal.step(run.job, step)
        if step in {Step.TAG_LATEST, Step.REMOVE_OLD, Step.PRUNE}:
            await self._clean_up(run, step)
        else:
            await self._do[step](run)

    async def _commit(self, run: Run) -> None:
        await self._journal.commit(run.job, run.rollout, run.new)
        log.info("release-committed job=%d release=%d", run.job, run.rollout.release)

    async def _clean_up(self, run: Run, step: Step) -> None:
        try:
            await self._do[step](run)
        except (EngineRefusedError, StartFailedError, DiskFullError) as error:
            log.warning("clean-up-refused job=%d step=%s reason=%s", run.job, step, error.detail)

    async def _last_lines(self, run: Run) -> list[str]:
        # The old container waits to serve again, and a log driver may stall.
        try:
            async with asyncio.timeout(LOG_PATIENCE):
                return await self._steps.last_lines(run)
        except (EddError, TimeoutError):
            return []


async def nothing(_: Run) -> None:
    """Undo a step that has no effect to take back."""


def what_serves(run: Run, begun: Sequence[Step], refused: Sequence[str]) -> str:
    """Say what became of the old container; nothing where it served all the while."""
    old = run.rollout.old
    if refused:
        return f"Not all of it could be undone: {' '.join(refused)}"
    if old is None:
        return "Nothing ran before, and nothing runs now."
    if not old.running:
        return "It is down as before."
    if Step.STOP_OLD in begun:
        return f"The old container serves again; it was away for {run.downtime:.1f} s."
    return ""


def left_open_after_commit(run: Run, error: EddError) -> LeftOpenError:
    """Say that the new release serves although its clean-up has to wait."""
    error.kept = (
        f"Release {run.rollout.release} is the current one; what is left to clean up is done"
        " as soon as the engine answers again."
    )
    return LeftOpenError(error)
