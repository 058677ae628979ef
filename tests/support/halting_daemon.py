"""`edd serve` that stops for breath at one step of a rollout, so that a test can pull a plug there.

It is the product's own daemon; only its journal waits, before or after it has written the step,
until the test removes the marker file.
"""

import asyncio
import os
import sys
from pathlib import Path

from edd.daemon import serve
from edd.model.job import Job, JobKind, JobState
from edd.model.plan import Rollout, Step
from edd.store.journal import Journal

MARKER = Path(os.environ["EDD_HALT_MARKER"])
MOMENT, _, STEP = os.environ["EDD_HALT_AT"].partition(":")


class HaltingJournal(Journal):
    """A journal that waits around the step, or the begin or end of a job, that it was told."""

    async def begin(self, kind: JobKind, deployment: str, caller: str) -> Job:
        """Open a job."""
        job = await super().begin(kind, deployment, caller)
        await self._halt("after", "begin")
        return job

    async def end(
        self, job: int, state: JobState, code: str = "", detail: str = "", log: str = ""
    ) -> None:
        """Close a job."""
        await self._halt("before", "end")
        await super().end(job, state, code, detail, log)

    async def step(self, job: int, step: Step) -> None:
        """Write a step."""
        await self._halt("before", step)
        await super().step(job, step)
        await self._halt("after", step)

    async def commit(self, job: int, rollout: Rollout, container: str) -> None:
        """Write the commit."""
        await self._halt("before", Step.COMMIT)
        await super().commit(job, rollout, container)
        await self._halt("after", Step.COMMIT)

    async def _halt(self, moment: str, step: str) -> None:
        if (moment, step) != (MOMENT, STEP) or MARKER.with_suffix(".done").exists():
            return
        MARKER.write_text(step)
        while MARKER.exists():
            await asyncio.sleep(0.01)
        MARKER.with_suffix(".done").touch()


if __name__ == "__main__":
    sys.exit(serve(Path(sys.argv[1]), debug=False, make_journal=HaltingJournal))
