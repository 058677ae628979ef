"""The trail of who changed what, who was refused, and who asked the engine for what.

Whoever is refused, or only reads, can make neither the trail of changes shorter nor the state's
disk busy.
"""

import sqlite3
import time
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import partial

from msgspec import Struct

from edd.model.host import AuditEntry
from edd.store.clock import now
from edd.store.database import Database
from edd.store.rows import read

FIELD_LIMIT = 200
MINUTE = 60.0

Like = tuple[str, str, str]
"""What repeated entries have in common: caller, action and code. A deployment is what the caller
calls it, so that one who is refused could have a new one every time."""

Entry = tuple[str, str, str, str, int, str]


class Kind(IntEnum):
    """What an entry tells of, as the state has it."""

    CHANGE = 0
    REFUSAL = 1
    READING = 2
    PASSAGE = 3


class Quotas(Struct, frozen=True):
    """How many entries are kept of each kind."""

    changes: int = 20_000
    refusals: int = 10_000
    readings: int = 10_000
    passages: int = 20_000

    def of(self, kind: Kind) -> int:
        """Return how many are kept of ``kind``."""
        return (self.changes, self.refusals, self.readings, self.passages)[kind]


USUAL = Quotas()


AT_LENGTH = 60
"""How many changes by way of the engine's own API a caller has told one by one in a minute."""


class Repeated(Struct):
    """An entry that may be met again: when it was first, how often since, and its number."""

    since: float
    times: int = 1
    entry: int = 0


class Audit:
    """The last entries of each kind: 20,000 of changes, 10,000 of refusals and 10,000 of readings.

    Changes by way of the engine's own API are another kind, and another 20,000.
    A refusal has a 4xx status. Each entry is durable before its answer leaves. A refusal or a
    reading that repeats one of the last minute is counted with it; only that count can be lost,
    when the daemon ends.
    """

    def __init__(
        self,
        database: Database,
        quotas: Quotas = USUAL,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._quotas = quotas
        self._clock = clock
        self._repeated: dict[tuple[str, ...], Repeated] = {}
        self._told: dict[str, Repeated] = {}

    async def record(
        self, caller: str, action: str, deployment: str, status: int, code: str
    ) -> None:
        """Add an entry, or count it with its like; over-long words are cut."""
        caller, action, deployment, code = (
            word[:FIELD_LIMIT] for word in (caller, action, deployment, code)
        )
        entry = (now(), caller, action, deployment, status, code)
        if 400 <= status < 500:
            await self._count(Kind.REFUSAL, (caller, action, code), entry)
        else:
            await self._database.run(partial(_add, entry, Kind.CHANGE, self._quotas.changes))

    async def record_reading(self, caller: str, action: str) -> None:
        """Add an entry of what was read and changed nothing, or count it with its like."""
        caller, action = caller[:FIELD_LIMIT], action[:FIELD_LIMIT]
        entry = (now(), caller, action, "", 200, "")
        await self._count(Kind.READING, (caller, action, ""), entry)

    async def record_passage(self, caller: str, action: str, like: str) -> None:
        """Add an entry of what was to be changed by way of the engine's own API.

        Paths there are the caller's to choose: after `AT_LENGTH` entries of a minute, which begins
        with the first, the others of that minute are counted together by ``like``.
        """
        caller, action, like = (word[:FIELD_LIMIT] for word in (caller, action, like))
        if self._is_at_length(caller):
            entry = (now(), caller, action, "", 200, "")
            quota = self._quotas.of(Kind.PASSAGE)
            await self._database.run(partial(_add, entry, Kind.PASSAGE, quota))
        else:
            await self._count(Kind.PASSAGE, (caller, like, ""), (now(), caller, like, "", 200, ""))

    def _is_at_length(self, caller: str) -> bool:
        told = self._told.get(caller)
        if told is None or self._is_over(told):
            self._told = {who: one for who, one in self._told.items() if not self._is_over(one)}
            told = self._told[caller] = Repeated(self._clock(), 0)
        told.times += 1
        return told.times <= AT_LENGTH

    async def entries(self, limit: int) -> list[AuditEntry]:
        """Return the latest entries, newest first."""
        counts = _counts(self._repeated.values())

        def work(db: sqlite3.Connection) -> list[sqlite3.Row]:
            _write_counts(db, counts)
            return db.execute("SELECT * FROM audit ORDER BY id DESC LIMIT ?", (limit,)).fetchall()

        return [read(row, AuditEntry) for row in await self._database.run(work)]

    async def _count(self, kind: Kind, like: Like, entry: Entry) -> None:
        known = self._repeated.get(like)
        if known is not None and not self._is_over(known):
            known.times += 1
            return
        counts = _counts(self._forget_old())

        def work(db: sqlite3.Connection) -> int:
            _write_counts(db, counts)
            return _add(entry, kind, self._quotas.of(kind), db)

        new = self._repeated[like] = Repeated(self._clock())
        try:
            new.entry = await self._database.run(work)
        except BaseException:
            self._repeated.pop(like, None)
            raise

    def _forget_old(self) -> list[Repeated]:
        """Return the entries whose minute is over; they are counted no further."""
        old = [like for like, one in self._repeated.items() if self._is_over(one)]
        return [self._repeated.pop(like) for like in old]

    def _is_over(self, one: Repeated) -> bool:
        return one.since <= self._clock() - MINUTE


def _add(entry: Entry, kind: Kind, quota: int, db: sqlite3.Connection) -> int:
    """Add an entry, drop what exceeds its kind's quota, and return its number."""
    row = db.execute(
        "INSERT INTO audit (at, caller, action, deployment, status, code, refusal)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (*entry, int(kind)),
    ).fetchone()
    db.execute(
        "DELETE FROM audit WHERE refusal = ?1 AND id <="
        " (SELECT id FROM audit WHERE refusal = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        (int(kind), quota),
    )
    return int(row["id"])


def _counts(repeated: Iterable[Repeated]) -> list[tuple[int, int]]:
    return [(one.times, one.entry) for one in repeated if one.times > 1]


def _write_counts(db: sqlite3.Connection, counts: list[tuple[int, int]]) -> None:
    db.executemany("UPDATE audit SET times = ? WHERE id = ?", counts)
