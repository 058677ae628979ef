"""The passwords of a host's console, by name: never as they are typed."""

import sqlite3

import msgspec

from edd.model.password import Password
from edd.store.database import Database


class KeptPasswords:
    """One password of each name, as scrypt left it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, name: str, password: Password) -> None:
        """Keep ``password`` in the place of any other of that name."""
        text = msgspec.json.encode(password).decode()
        await self._database.run(
            lambda db: db.execute(
                "INSERT OR REPLACE INTO passwords (name, password) VALUES (?, ?)", (name, text)
            )
        )

    async def find(self, name: str) -> Password | None:
        """Return the password of ``name``."""

        def work(db: sqlite3.Connection) -> sqlite3.Row | None:
            found: sqlite3.Row | None = db.execute(
                "SELECT password FROM passwords WHERE name = ?", (name,)
            ).fetchone()
            return found

        row = await self._database.run(work)
        return msgspec.json.decode(row["password"], type=Password) if row else None

    async def remove(self, name: str) -> None:
        """Forget the password of ``name``."""
        await self._database.run(
            lambda db: db.execute("DELETE FROM passwords WHERE name = ?", (name,))
        )
