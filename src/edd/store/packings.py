"""Which packed blob was which layer, remembered so that nobody need send it again."""

import sqlite3

from edd.model.image import Digest
from edd.model.packing import Packing
from edd.store.database import Database
from edd.store.rows import read

KEPT = 4096
"""Packings of one deployment: some releases of the largest images there are."""


class Packings:
    """The latest packings that each deployment was sent; it learns of no other's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, deployment: str, packing: Packing) -> None:
        """Keep what was verified; the oldest beyond 4096 are forgotten."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO packings (deployment, digest, layer, size)"
                " VALUES (?, ?, ?, ?)",
                (deployment, packing.digest, packing.layer, packing.size),
            )
            db.execute(
                "DELETE FROM packings WHERE deployment = ?1 AND id <= (SELECT id FROM packings"
                " WHERE deployment = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
                (deployment, KEPT),
            )

        await self._database.run(work)

    async def find(self, deployment: str, digest: Digest) -> Packing | None:
        """Return what is known of a blob."""

        def work(db: sqlite3.Connection) -> sqlite3.Row | None:
            found: sqlite3.Row | None = db.execute(
                "SELECT digest, layer, size FROM packings WHERE deployment = ? AND digest = ?",
                (deployment, digest),
            ).fetchone()
            return found

        row = await self._database.run(work)
        return read(row, Packing) if row else None
