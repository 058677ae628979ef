"""The composition root: what a daemon consists of is built here, once, from the lowest up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from edd.engine.connection import EngineConnection
from edd.engine.containers import Containers
from edd.engine.facts import EngineSelf
from edd.engine.images import Images
from edd.model.caller import Credential
from edd.operations import Operations
from edd.operations.arrival import Arrival
from edd.operations.assembly import Assembler
from edd.operations.bases import Bases
from edd.operations.deliveries import Deliveries
from edd.operations.doctor import Doctor
from edd.operations.foresight import Foresight
from edd.operations.gateway import Gateway
from edd.operations.holdings import Holdings
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger
from edd.operations.lifecycle import Lifecycle
from edd.operations.loading import Loader
from edd.operations.measures import Measures
from edd.operations.offers import Offers
from edd.operations.packed import Packed
from edd.operations.passwords import Passwords
from edd.operations.pushes import Pushes
from edd.operations.recovery import Recovery
from edd.operations.relatives import Relatives
from edd.operations.rollout import Rollouts
from edd.operations.sessions import Sessions
from edd.operations.settings import Settings
from edd.operations.steps import Steps
from edd.operations.uploads import Uploads
from edd.operations.views import Views
from edd.store.audit import Audit
from edd.store.database import Database
from edd.store.extracts import Extracts
from edd.store.journal import Journal
from edd.store.packings import Packings
from edd.store.passwords import KeptPasswords
from edd.store.releases import Releases
from edd.store.sketches import Sketches
from edd.store.spool import Spool


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything below the state directory."""

    database: Database
    spool: Spool
    extracts: Extracts

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open what is there, and sweep out what nobody will ask for."""
        database = Database(folder / "state.db")
        return cls(database, Spool(folder / "spool"), Extracts(folder / "extracts"))

    def close(self) -> None:
        """Wait until all is written."""
        self.spool.close()
        self.database.close()


@dataclass(frozen=True, slots=True)
class Given:
    """What there is before any room: settings, the engine's door, what is stored, jobs.

    ``trusts`` tells of a certificate that was shown once whether it is still good, ``standing`` on
    what its rights rest beside itself.
    """

    settings: Settings
    connection: EngineConnection
    stores: Stores
    journal: Journal
    jobs: Jobs
    to_be_righted: asyncio.Event
    trusts: Callable[[Credential], bool]
    standing: Callable[[Credential], str]


class Ground:
    """What stands on the engine and the stores alone, and all else builds upon."""

    def __init__(self, given: Given) -> None:
        settings, releases = given.settings, Releases(given.stores.database)
        self.images = Images(given.connection)
        self.containers = Containers(given.connection)
        self.engine = EngineSelf(given.connection)
        self.packings = Packings(given.stores.database)
        self.ledger = Ledger(settings, self.images, self.containers, releases, given.journal)
        self.rollouts = Rollouts(Steps(self.images, self.containers, releases), given.journal)
        self.arrival = Arrival(self.images, self.engine, settings)
        self.holdings = Holdings(self.images, self.engine, settings)


class Incoming:
    """How images come in: offered, pushed, put together."""

    def __init__(self, given: Given, ground: Ground) -> None:
        settings, spool, holdings = given.settings, given.stores.spool, ground.holdings
        arrival, engine, packings = ground.arrival, ground.engine, ground.packings
        self.relatives = Relatives(holdings, Sketches(given.stores.database))
        self.bases = Bases(settings, holdings, arrival, given.stores.extracts, self.relatives)
        self.offers = Offers(ground.ledger, holdings, arrival, spool)
        loader = Loader(ground.images, engine, arrival, self.bases, spool, packings)
        assembler = Assembler(settings, arrival, holdings, self.bases, spool, loader)
        rollouts, ledger = ground.rollouts, ground.ledger
        self.deliveries = Deliveries(given.jobs, arrival, assembler, rollouts, ledger)
        uploads, packed = Uploads(settings, spool), Packed(holdings, packings, spool)
        self.pushes = Pushes(ledger, engine, self.deliveries, uploads, packed, spool)


def join(
    given: Given, doctor: Doctor, reload: Callable[[], Awaitable[None]]
) -> tuple[Operations, Recovery]:
    """Return all that a caller can ask for, and what ends what a crash left open."""
    ground = Ground(given)
    incoming = Incoming(given, ground)
    ledger, engine, jobs = ground.ledger, ground.engine, given.jobs
    lifecycle = Lifecycle(jobs, ledger, ground.containers)
    foresight = Foresight(ledger, ground.arrival, incoming.offers)
    measures = Measures(ledger, jobs, engine, doctor)
    views = Views(ledger, ground.containers, engine, foresight, doctor, measures)
    recovery = Recovery(engine, jobs, ground.rollouts, lifecycle, ledger, given.to_be_righted)
    audit = Audit(given.stores.database)
    sessions = Sessions(audit, given.settings, given.trusts)
    kept = KeptPasswords(given.stores.database)
    operations = Operations(
        incoming.deliveries,
        incoming.offers,
        incoming.bases,
        incoming.relatives,
        incoming.pushes,
        lifecycle,
        views,
        Gateway(given.settings, audit, given.connection.socket),
        sessions,
        Passwords(kept, sessions, audit, given.settings, given.standing),
        audit,
        reload,
    )
    return operations, recovery
