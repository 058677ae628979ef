"""The composition root: the only place that builds the daemon's rooms and joins them."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

from edd.api.server import Listen, Server
from edd.config import Config, LoadedConfig, load_config
from edd.config.settings import NEEDS_RESTART
from edd.engine.connection import EngineConnection
from edd.engine.containers import Containers
from edd.engine.facts import EngineSelf
from edd.engine.images import Images
from edd.errors import ConfigError, EddError
from edd.memory import keep_memory_small
from edd.operations import Operations
from edd.operations.arrival import Arrival
from edd.operations.assembly import Assembler
from edd.operations.bases import Bases
from edd.operations.deliveries import Deliveries
from edd.operations.doctor import Doctor
from edd.operations.foresight import Foresight
from edd.operations.holdings import Holdings
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger
from edd.operations.lifecycle import Lifecycle
from edd.operations.loading import Loader
from edd.operations.measures import Measures
from edd.operations.offers import Offers
from edd.operations.packed import Packed
from edd.operations.pushes import Pushes
from edd.operations.recovery import Recovery
from edd.operations.relatives import Relatives
from edd.operations.rollout import Rollouts
from edd.operations.settings import Settings
from edd.operations.steps import Steps
from edd.operations.uploads import Uploads
from edd.operations.views import Views
from edd.store.audit import Audit
from edd.store.database import Database
from edd.store.extracts import Extracts
from edd.store.journal import Journal
from edd.store.packings import Packings
from edd.store.releases import Releases
from edd.store.sketches import Sketches
from edd.store.spool import Spool
from edd.trust.gate import Gate
from edd.trust.tls import TlsFiles

log = logging.getLogger(__name__)

LOG_FORM = "%(levelname)s %(name)s %(message)s"
JOB_GRACE = 60.0
REQUEST_GRACE = 30.0
EXPIRY_LOOK_EVERY = 24 * 3600.0
SWEEP_EVERY = 60.0
SPOOL_AGE = 24 * 3600.0
"""Seconds that what was sent for a delivery waits for the rest of it."""

EXTRACTS_IDLE = 300.0
"""Seconds that what the engine wrote out waits for a patch against it."""

MakeJournal = Callable[[Database], Journal]


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


class Daemon:
    """One host's daemon: listens, delivers, recovers, and reloads what it was told."""

    def __init__(self, loaded: LoadedConfig, source: Path | None) -> None:
        self._loaded = loaded
        self._source = source
        self._settings = Settings(loaded.config)
        self._gate = Gate(tls_files(loaded.config), loaded.config.default_role)
        self._stopped = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None
        self._one_reload = asyncio.Lock()
        self._doctor: Doctor | None = None

    async def run(self, make_journal: MakeJournal = Journal) -> None:
        """Serve until told to stop; then let requests and jobs end, within bounds.

        Raises ConfigError when the state or a listening address cannot be used.
        """
        config = self._settings.config
        stores = await asyncio.to_thread(Stores.open, config.state_dir)
        try:
            async with EngineConnection(str(config.docker_socket)) as connection:
                await self._serve(connection, stores, make_journal(stores.database))
        finally:
            await asyncio.to_thread(stores.close)

    async def _serve(self, connection: EngineConnection, stores: Stores, journal: Journal) -> None:
        config = self._settings.config
        left_open = asyncio.Event()
        jobs = Jobs(journal, self._settings, left_open)
        operations, recovery = self._join(connection, stores, journal, jobs, left_open)
        listen = Listen(config.listen.host, config.listen.port, config.socket, config.socket_group)
        server = Server(operations, self._gate.identify, listen, self._gate.context)
        await server.start()
        self._catch_signals()
        log.info("daemon-started listen=%s:%d config=%s", *server.address, self._loaded.path)
        self._warn()
        async with background(recovery.watch(), self._watch_expiry(), sweep(stores)):
            await self._stopped.wait()
            log.info("daemon-stopping")
            await server.stop(REQUEST_GRACE)
            await jobs.finish_all(JOB_GRACE)
        log.info("daemon-stopped")

    def _join(
        self,
        connection: EngineConnection,
        stores: Stores,
        journal: Journal,
        jobs: Jobs,
        left_open: asyncio.Event,
    ) -> tuple[Operations, Recovery]:
        settings, releases = self._settings, Releases(stores.database)
        spool = stores.spool
        images, containers = Images(connection), Containers(connection)
        engine = EngineSelf(connection)
        ledger = Ledger(settings, images, containers, releases, journal)
        rollouts = Rollouts(Steps(images, containers, releases), journal)
        arrival = Arrival(images, engine, settings)
        holdings = Holdings(images, engine, settings)
        relatives = Relatives(holdings, Sketches(stores.database))
        bases = Bases(settings, holdings, arrival, stores.extracts, relatives)
        offers = Offers(ledger, holdings, arrival, spool)
        packings = Packings(stores.database)
        loader = Loader(images, engine, arrival, bases, spool, packings)
        assembler = Assembler(settings, arrival, holdings, bases, spool, loader)
        lifecycle = Lifecycle(jobs, ledger, containers)
        doctor = self._doctor = Doctor(
            settings, engine, journal, partial(load_config, self._source), self._gate.expiries
        )
        self._tell_doctor()
        measures = Measures(ledger, jobs, engine, doctor)
        views = Views(
            ledger, containers, engine, Foresight(ledger, arrival, offers), doctor, measures
        )
        deliveries = Deliveries(jobs, arrival, assembler, rollouts, ledger)
        pushes = Pushes(
            ledger,
            engine,
            deliveries,
            Uploads(settings, spool),
            Packed(holdings, packings, spool),
            spool,
        )
        recovery = Recovery(engine, jobs, rollouts, lifecycle, ledger, left_open)
        audit = Audit(stores.database)
        operations = Operations(
            deliveries, offers, bases, relatives, pushes, lifecycle, views, audit, self.reload
        )
        return operations, recovery

    async def reload(self) -> None:
        """Read configuration, certificates and revocations again; on an error keep the old.

        Open connections go on. One reload waits for another, so that what was read last is what
        stays in force. Raises ConfigError or CredentialError.
        """
        async with self._one_reload:
            await self._reload()

    async def _reload(self) -> None:
        loaded = await asyncio.to_thread(load_config, self._source)
        refuse_fixed_changes(self._settings.config, loaded.config)
        await asyncio.to_thread(self._gate.reload, tls_files(loaded.config))
        self._gate.default_role = loaded.config.default_role
        self._loaded = loaded
        self._settings.config = loaded.config
        self._tell_doctor()
        self._warn()
        log.info("configuration-reloaded path=%s", loaded.path)

    def _tell_doctor(self) -> None:
        if self._doctor is not None:
            self._doctor.warnings = self._loaded.warnings

    def _warn(self) -> None:
        for warning in (*self._loaded.warnings, *self._gate.warnings()):
            log.warning("attention: %s", warning)

    async def _watch_expiry(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_LOOK_EVERY)
            self._warn()

    def _catch_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopped.set)
        loop.add_signal_handler(signal.SIGHUP, self._reload_soon)

    def _reload_soon(self) -> None:
        self._reloading = asyncio.create_task(self._reload_or_say())

    async def _reload_or_say(self) -> None:
        try:
            await self.reload()
        except EddError as error:
            log.error("reload-refused reason=%s problems=%s", error.detail, error.data)  # noqa: TRY400 - a user's mistake
        except Exception:
            log.exception("reload-broke")


async def sweep(stores: Stores) -> None:
    """Remove what nobody has asked for in a while."""
    while True:
        if swept := await stores.spool.sweep(SPOOL_AGE):
            log.info("spool-swept blobs=%d", swept)
        await stores.extracts.sweep(EXTRACTS_IDLE)
        await asyncio.sleep(SWEEP_EVERY)


@asynccontextmanager
async def background(*work: Any) -> AsyncIterator[None]:
    """Run coroutines meanwhile and cancel them at the end."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def tls_files(config: Config) -> TlsFiles:
    """Return the TLS files a configuration names."""
    return TlsFiles(
        config.tls_key, config.tls_certs, config.mutual_tls_ca_certs, config.mutual_tls_crl
    )


def refuse_fixed_changes(old: Config, new: Config) -> None:
    """Raise ConfigError where a reload would need a restart."""
    changed = [name for name in NEEDS_RESTART if getattr(old, name) != getattr(new, name)]
    if changed:
        raise ConfigError(
            f"A reload cannot change {', '.join(changed)}.",
            kept="The configuration in force was kept.",
            advice="Restart the daemon: systemctl restart edd. Containers go on meanwhile.",
        )


def serve(
    config_path: Path | None = None, debug: bool = False, make_journal: MakeJournal = Journal
) -> int:
    """Run the daemon until it is told to stop and return its exit status.

    Raises ConfigError or CredentialError when it cannot start; nothing was changed then.
    """
    keep_memory_small()
    os.umask(0o027)
    logging.basicConfig(
        level=logging.DEBUG if debug else logging.INFO,
        # The journal has times of its own.
        format=("" if "JOURNAL_STREAM" in os.environ else "%(asctime)s ") + LOG_FORM,
    )
    loaded = load_config(config_path)
    asyncio.run(run_daemon(loaded, config_path, make_journal))
    return 0


async def run_daemon(loaded: LoadedConfig, source: Path | None, make_journal: MakeJournal) -> None:
    """Build the daemon inside the loop it lives in, and run it."""
    daemon = await asyncio.to_thread(Daemon, loaded, source)
    await daemon.run(make_journal)
