"""The daemon: it listens, reloads and ends; what it consists of is joined in `edd.joining`."""

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from edd.api.server import Listen, Server
from edd.config import Config, LoadedConfig, load_config
from edd.config.settings import NEEDS_RESTART
from edd.engine.connection import EngineConnection
from edd.engine.facts import EngineSelf
from edd.errors import ConfigError, EddError
from edd.joining import Given, Stores, join
from edd.memory import keep_memory_small
from edd.operations.doctor import Doctor
from edd.operations.jobs import Jobs
from edd.operations.settings import Settings
from edd.store.database import Database
from edd.store.journal import Journal
from edd.supervisor import log_formatter, tell
from edd.trust.gate import Gate
from edd.trust.tls import TlsFiles

log = logging.getLogger(__name__)

JOB_GRACE = 60.0
REQUEST_GRACE = 30.0
EXPIRY_LOOK_EVERY = 24 * 3600.0
REVIEW_EVERY = 15.0
"""Seconds that a connection may outlive its certificate or session; after a reload it is none."""

SWEEP_EVERY = 60.0
SPOOL_AGE = 24 * 3600.0
"""Seconds that what was sent for a delivery waits for the rest of it."""

EXTRACTS_IDLE = 300.0
"""Seconds that what the engine wrote out waits for a patch against it."""

MakeJournal = Callable[[Database], Journal]


class Daemon:
    """One host's daemon: listens, delivers, recovers, and reloads what it was told."""

    def __init__(self, loaded: LoadedConfig, source: Path | None) -> None:
        self._loaded = loaded
        self._source = source
        self._settings = Settings(loaded.config)
        self._gate = Gate(tls_files(loaded.config), loaded.config.default_role)
        self._stopped = asyncio.Event()
        self._to_be_righted = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None
        self._one_reload = asyncio.Lock()
        self._doctor: Doctor | None = None
        self._server: Server | None = None

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
        jobs = Jobs(journal, self._settings, self._to_be_righted)
        gate, settings = self._gate, self._settings
        given = Given(
            settings,
            connection,
            stores,
            journal,
            jobs,
            self._to_be_righted,
            gate.trusts,
            gate.standing,
        )
        operations, recovery = join(given, self._examine(connection, journal), self.reload)
        server = Server(operations, listen_of(config), gate)
        await server.start()
        self._server = server
        self._catch_signals()
        log.info("daemon-started listen=%s:%d config=%s", *server.address, self._loaded.path)
        self._warn()
        tell("READY=1")
        watches = (
            every(EXPIRY_LOOK_EVERY, self._warn),
            every(REVIEW_EVERY, self._review),
            every(SWEEP_EVERY, partial(sweep, stores)),
        )
        async with background(recovery.watch(), *watches):
            await self._stopped.wait()
            tell("STOPPING=1")
            log.info("daemon-stopping")
            await server.stop(REQUEST_GRACE)
            await jobs.finish_all(JOB_GRACE)
        log.info("daemon-stopped")

    def _examine(self, connection: EngineConnection, journal: Journal) -> Doctor:
        engine, read_again = EngineSelf(connection), partial(load_config, self._source)
        doctor = Doctor(self._settings, engine, journal, read_again, self._gate.expiries)
        self._doctor = doctor
        self._tell_doctor()
        return doctor

    async def reload(self) -> None:
        """Read configuration, certificates and revocations again; on an error keep the old.

        Open connections go on, but for those of who is no longer trusted. One reload waits for
        another, so that what was read last is what stays in force. Raises ConfigError or
        CredentialError.
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
        self._to_be_righted.set()
        self._review()
        self._tell_doctor()
        self._warn()
        log.info("configuration-reloaded path=%s", loaded.path)

    def _tell_doctor(self) -> None:
        if self._doctor is not None:
            self._doctor.warnings = self._loaded.warnings

    def _warn(self) -> None:
        for warning in (*self._loaded.warnings, *self._gate.warnings()):
            log.warning("attention: %s", warning)

    def _review(self) -> None:
        if self._server is not None:
            self._server.review()

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
    if swept := await stores.spool.sweep(SPOOL_AGE):
        log.info("spool-swept blobs=%d", swept)
    await stores.extracts.sweep(EXTRACTS_IDLE)


async def every(seconds: float, work: Callable[[], Awaitable[None] | None]) -> None:
    """Do ``work`` again and again, with so many seconds between; no fault of it ends that."""
    while True:
        await asyncio.sleep(seconds)
        try:
            if (waiting := work()) is not None:
                await waiting
        except Exception:
            log.exception("watch-broke seconds=%g", seconds)


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


def listen_of(config: Config) -> Listen:
    """Return where a configuration says to listen."""
    listen, console = config.listen, config.console_listen
    return Listen(
        listen.host,
        listen.port,
        config.socket,
        config.socket_group,
        console=(console.host, console.port) if console else None,
    )


def tls_files(config: Config) -> TlsFiles:
    """Return the TLS files a configuration names."""
    return TlsFiles(
        config.tls_key, config.tls_certs, config.mutual_tls_ca_certs, config.mutual_tls_crl
    )


def refuse_fixed_changes(old: Config, new: Config) -> None:
    """Raise ConfigError where a reload would need a restart."""
    changed = [name for name in sorted(NEEDS_RESTART) if getattr(old, name) != getattr(new, name)]
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
    handler = logging.StreamHandler()
    handler.setFormatter(log_formatter())
    logging.basicConfig(level=logging.DEBUG if debug else logging.INFO, handlers=[handler])
    loaded = load_config(config_path)
    asyncio.run(run_daemon(loaded, config_path, make_journal))
    return 0


async def run_daemon(loaded: LoadedConfig, source: Path | None, make_journal: MakeJournal) -> None:
    """Build the daemon inside the loop it lives in, and run it."""
    daemon = await asyncio.to_thread(Daemon, loaded, source)
    await daemon.run(make_journal)
