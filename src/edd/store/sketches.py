"""What files the layers on this host have, in a kilobyte each at most."""

import json
import sqlite3
from collections.abc import Iterable

from edd.model.image import Digest
from edd.model.sketch import Sketch
from edd.store.database import Database

KEPT = 4096
"""Sketches of all deployments; a layer's is the same whoever sent it."""


class Sketches:
    """The latest sketches, each of a layer whose bytes were verified.

    They tell of layers that the engine may have long forgotten, and of all deployments': who looks
    here asks for layers that he knows to be held.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def remember(self, layer: Digest, sketch: Sketch) -> None:
        """Keep a sketch; the oldest beyond 4096 are forgotten."""

        def work(db: sqlite3.Connection) -> None:
            db.execute(
                "INSERT OR REPLACE INTO sketches (layer, hashes) VALUES (?, ?)",
                (layer, sketch.hashes),
            )
            db.execute(
                "DELETE FROM sketches WHERE id <="
                " (SELECT id FROM sketches ORDER BY id DESC LIMIT 1 OFFSET ?)",
                (KEPT,),
            )

        await self._database.run(work)

    async def find(self, layers: Iterable[Digest]) -> dict[Digest, Sketch]:
        """Return the sketches of those ``layers`` that are known."""
        asked = json.dumps(list(layers))

        def work(db: sqlite3.Connection) -> dict[Digest, Sketch]:
            rows = db.execute(
                "SELECT layer, hashes FROM sketches"
                " WHERE layer IN (SELECT value FROM json_each(?))",
                (asked,),
            )
            return {row["layer"]: Sketch(row["hashes"]) for row in rows}

        return await self._database.run(work)
