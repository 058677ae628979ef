"""The trail of who changed what, and of who was refused."""

import sqlite3

from edd.model.host import AuditEntry
from edd.store.clock import now
from edd.store.database import Database
from edd.store.rows import read

KEPT_ENTRIES = 20_000
FIELD_LIMIT = 200


class Audit:
    """The last 20,000 entries; each is durable before its answer leaves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(
        self, caller: str, action: str, deployment: str, status: int, code: str
    ) -> None:
        """Add an entry; over-long words are cut."""
        words = [word[:FIELD_LIMIT] for word in (caller, action, deployment, code)]

        def work(db: sqlite3.Connection) -> None:
            row = db.execute(
                "INSERT INTO audit (at, caller, action, deployment, code, status)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
                (now(), *words, status),
            ).fetchone()
            db.execute("DELETE FROM audit WHERE id <= ?", (row["id"] - KEPT_ENTRIES,))

        await self._database.run(work)

    async def entries(self, limit: int) -> list[AuditEntry]:
        """Return the latest entries, newest first."""
        rows = await self._database.run(
            lambda db: db.execute(
                "SELECT * FROM audit ORDER BY id DESC LIMIT ?", (limit,)
            ).fetchall()
        )
        return [read(row, AuditEntry) for row in rows]
