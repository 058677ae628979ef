"""Jobs and the journal of their steps: written before each step takes effect."""

import sqlite3

import msgspec
from msgspec import Struct

from edd.errors import BusyError
from edd.model.job import Job, JobKind, JobState, JobStep
from edd.model.plan import Rollout, Step
from edd.model.release import ReleaseState
from edd.store.clock import now
from edd.store.database import Database
from edd.store.rows import read

KEPT_JOBS = 1000


class Unfinished(Struct, frozen=True):
    """A job that a crash cut off: what it meant to do, and the steps it had begun."""

    job: Job
    rollout: Rollout | None
    begun: tuple[Step, ...]


class Journal:
    """The memory of what was begun, so that a restart can undo or complete it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, kind: JobKind, deployment: str, caller: str) -> Job:
        """Open a job; older ones beyond the last thousand are forgotten.

        Raises BusyError while another job on the deployment is open, be it running or waiting
        to be undone after a crash.
        """

        def work(db: sqlite3.Connection) -> Job:
            refuse_second_job(db, deployment)
            row = db.execute(
                "INSERT INTO jobs (kind, deployment, caller, state, started_at)"
                " VALUES (?, ?, ?, ?, ?) RETURNING *",
                (kind, deployment, caller, JobState.RUNNING, now()),
            ).fetchone()
            db.execute(
                "DELETE FROM jobs WHERE id <= ? AND state != ?",
                (row["id"] - KEPT_JOBS, JobState.RUNNING),
            )
            return read(row, Job)

        return await self._database.run(work)

    async def plan(self, job: int, rollout: Rollout) -> None:
        """Write down all that undoing the rollout will need, before its first step."""
        text = msgspec.json.encode(rollout).decode()
        await self._database.run(
            lambda db: db.execute(
                "UPDATE jobs SET rollout = ?, release = ? WHERE id = ?",
                (text, rollout.release, job),
            )
        )

    async def step(self, job: int, step: Step) -> None:
        """Write that a step begins."""
        await self._database.run(lambda db: write_step(db, job, step))

    async def commit(self, job: int, rollout: Rollout, container: str) -> None:
        """Make the new release the current one: the point of no return, in one transaction.

        A release that a rollback leaves behind becomes withdrawn, any other superseded.
        """

        def work(db: sqlite3.Connection) -> None:
            write_step(db, job, Step.COMMIT)
            left = ReleaseState.WITHDRAWN if rollout.returns else ReleaseState.SUPERSEDED
            db.execute(
                "UPDATE releases SET state = ? WHERE deployment = ? AND state = ?",
                (left, rollout.deployment, ReleaseState.CURRENT),
            )
            db.execute(
                "UPDATE releases SET state = ?, kept = 1, detail = ''"
                " WHERE deployment = ? AND number = ?",
                (ReleaseState.CURRENT, rollout.deployment, rollout.release),
            )
            db.execute(
                "INSERT INTO deployments (name, desired, release, container)"
                " VALUES (?, 'running', ?, ?) ON CONFLICT (name) DO UPDATE SET"
                " desired = excluded.desired, release = excluded.release,"
                " container = excluded.container",
                (rollout.deployment, rollout.release, container),
            )

        await self._database.run(work)

    async def end(
        self, job: int, state: JobState, code: str = "", detail: str = "", log: str = ""
    ) -> None:
        """Close a job; of ``log`` its last 4000 characters are kept."""
        await self._database.run(
            lambda db: db.execute(
                "UPDATE jobs SET state = ?, finished_at = ?, code = ?, detail = ?, log = ?"
                " WHERE id = ?",
                (state, now(), code, detail[:4000], log[-4000:], job),
            )
        )

    async def unfinished(self) -> list[Unfinished]:
        """Return the jobs that are open, oldest first."""

        def work(db: sqlite3.Connection) -> list[Unfinished]:
            rows = db.execute("SELECT * FROM jobs WHERE state = ? ORDER BY id", (JobState.RUNNING,))
            return [unfinished(db, row) for row in rows.fetchall()]

        return await self._database.run(work)

    async def jobs(self, deployment: str | None, limit: int) -> list[Job]:
        """Return the latest jobs without their logs, newest first."""
        rows = await self._database.run(
            lambda db: db.execute(
                "SELECT * FROM jobs WHERE ? IN ('', deployment) ORDER BY id DESC LIMIT ?",
                (deployment or "", limit),
            ).fetchall()
        )
        return [read(row, Job, log="") for row in rows]

    async def job(self, number: int) -> Job | None:
        """Return one job, or None."""
        row = await self._database.run(
            lambda db: db.execute("SELECT * FROM jobs WHERE id = ?", (number,)).fetchone()
        )
        return read(row, Job) if row else None

    async def steps(self, number: int) -> list[JobStep]:
        """Return the steps a job has begun, in order."""
        rows = await self._database.run(
            lambda db: db.execute(
                "SELECT step, at FROM journal WHERE job = ? ORDER BY rowid", (number,)
            ).fetchall()
        )
        return [read(row, JobStep) for row in rows]


def refuse_second_job(db: sqlite3.Connection, deployment: str) -> None:
    """Raise BusyError naming who holds the deployment since when."""
    row = db.execute(
        "SELECT * FROM jobs WHERE deployment = ? AND state = ?", (deployment, JobState.RUNNING)
    ).fetchone()
    if row is not None:
        raise BusyError(
            f"{deployment} is held by {row['caller']} since {row['started_at']}"
            f" (job {row['id']}, {row['kind']}).",
            holder=row["caller"],
            since=row["started_at"],
            job=row["id"],
        )


def write_step(db: sqlite3.Connection, job: int, step: Step) -> None:
    """Add a step to a job's journal."""
    db.execute("INSERT INTO journal (job, step, at) VALUES (?, ?, ?)", (job, step, now()))
    db.execute("UPDATE jobs SET step = ? WHERE id = ?", (step, job))


def unfinished(db: sqlite3.Connection, row: sqlite3.Row) -> Unfinished:
    """Read an open job with its plan and its journal."""
    steps = db.execute("SELECT step FROM journal WHERE job = ? ORDER BY rowid", (row["id"],))
    text = row["rollout"]
    return Unfinished(
        job=read(row, Job),
        rollout=msgspec.json.decode(text, type=Rollout) if text else None,
        begun=tuple(Step(step[0]) for step in steps),
    )
