"""Releases, and which of them each deployment runs or should run."""

import sqlite3

from msgspec import Struct

from edd.model.deployment import Desired
from edd.model.image import EngineImage
from edd.model.release import Release, ReleaseState
from edd.store.clock import now
from edd.store.database import Database
from edd.store.rows import read

REMEMBERED = 500


class Standing(Struct, frozen=True):
    """What a deployment should be: its current release and whether it is meant to run.

    ``desired`` is empty while nothing was ever delivered.
    """

    name: str
    desired: Desired = ""
    release: int | None = None
    container: str = ""


class Releases:
    """The releases of every deployment."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, deployment: str, reference: str, caller: str) -> Release:
        """Open the next release; ``{number}`` in ``reference`` becomes its number.

        One that a fault left on its way has failed. What became of releases that are not kept is
        forgotten after five hundred more.
        """

        def work(db: sqlite3.Connection) -> Release:
            fail_pending(db, deployment, "It was cut off.")
            last = db.execute(
                "SELECT coalesce(max(number), 0) FROM releases WHERE deployment = ?", (deployment,)
            ).fetchone()[0]
            row = db.execute(
                "INSERT INTO releases (deployment, number, reference, caller, created_at, state)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING *",
                (
                    deployment,
                    last + 1,
                    reference.format(number=last + 1),
                    caller,
                    now(),
                    ReleaseState.PENDING,
                ),
            ).fetchone()
            db.execute(
                "DELETE FROM releases"
                " WHERE deployment = ? AND number <= ? AND kept = 0 AND state != ?",
                (deployment, last + 1 - REMEMBERED, ReleaseState.CURRENT),
            )
            return read(row, Release)

        return await self._database.run(work)

    async def found(self, release: Release, image: EngineImage) -> None:
        """Note the image that a release turned out to be, which is now on the host."""
        await self._database.run(
            lambda db: db.execute(
                "UPDATE releases SET image = ?, config = ?, size = ?, kept = 1"
                " WHERE deployment = ? AND number = ?",
                (image.id, image.config, image.size, release.deployment, release.number),
            )
        )

    async def fail_pending(self, deployment: str, detail: str) -> None:
        """Note that the release that was on its way never came to serve, and has no image."""
        await self._database.run(lambda db: fail_pending(db, deployment, detail))

    async def forget(self, release: Release) -> None:
        """Take back a pending release that brought nothing new."""
        await self._database.run(
            lambda db: db.execute(
                "DELETE FROM releases WHERE deployment = ? AND number = ? AND state = ?",
                (release.deployment, release.number, ReleaseState.PENDING),
            )
        )

    async def dropped(self, deployment: str, number: int) -> None:
        """Note that a release's image is no longer kept."""
        await self._database.run(
            lambda db: db.execute(
                "UPDATE releases SET kept = 0 WHERE deployment = ? AND number = ?",
                (deployment, number),
            )
        )

    async def of(self, deployment: str) -> list[Release]:
        """Return a deployment's releases, newest first."""
        rows = await self._database.run(
            lambda db: db.execute(
                "SELECT * FROM releases WHERE deployment = ? ORDER BY number DESC",
                (deployment,),
            ).fetchall()
        )
        return [read(row, Release) for row in rows]

    async def standing(self, deployment: str) -> Standing:
        """Return what a deployment should be."""
        row = await self._database.run(
            lambda db: db.execute(
                "SELECT * FROM deployments WHERE name = ?", (deployment,)
            ).fetchone()
        )
        return read(row, Standing) if row else Standing(deployment)

    async def desired(self) -> dict[str, Desired]:
        """Return by their names what deployments are meant to be, those that ever were any."""
        rows = await self._database.run(
            lambda db: db.execute("SELECT name, desired FROM deployments").fetchall()
        )
        return dict(rows)

    async def removed(self, deployment: str) -> None:
        """Note that a deployment has no current release any more; its images stay kept."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "UPDATE releases SET state = ? WHERE deployment = ? AND state = ?",
                (ReleaseState.SUPERSEDED, deployment, ReleaseState.CURRENT),
            )
            db.execute(
                "UPDATE deployments SET release = NULL, container = '' WHERE name = ?",
                (deployment,),
            )

        await self._database.run(work)

    async def desire(self, deployment: str, desired: Desired) -> None:
        """Write down what a deployment should be, before anything is done about it."""
        await self._database.run(
            lambda db: db.execute(
                "UPDATE deployments SET desired = ? WHERE name = ?", (desired, deployment)
            )
        )


def fail_pending(db: sqlite3.Connection, deployment: str, detail: str) -> None:
    """Let a deployment's pending release have failed."""
    db.execute(
        "UPDATE releases SET state = ?, kept = 0, detail = ? WHERE deployment = ? AND state = ?",
        (ReleaseState.FAILED, detail[:2000], deployment, ReleaseState.PENDING),
    )
