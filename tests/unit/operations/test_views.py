"""What a caller sees of a host whose engine does not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from edd.config import parse_config
from edd.engine.connection import EngineConnection
from edd.engine.containers import Containers
from edd.engine.facts import EngineSelf
from edd.engine.images import Images
from edd.errors import UnknownDeploymentError
from edd.model.caller import Caller, Role
from edd.operations.arrival import Arrival
from edd.operations.doctor import Doctor
from edd.operations.foresight import Foresight
from edd.operations.holdings import Holdings
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger
from edd.operations.measures import Measures
from edd.operations.offers import Offers
from edd.operations.settings import Settings
from edd.operations.views import Views
from edd.store.database import Database
from edd.store.journal import Journal
from edd.store.releases import Releases
from edd.store.spool import Spool

CONFIG = '[[deployments]]\nname = "website"\n[[deployments]]\nname = "shop"\n'


def run(folder: Path, story: Callable[[Views], Awaitable[None]], config: str = CONFIG) -> None:
    database, spool = Database(folder / "state.db"), Spool(folder / "spool")

    async def work() -> None:
        async with EngineConnection(str(folder / "absent.sock")) as connection:
            await story(views_of(connection, database, spool, config))

    try:
        asyncio.run(work())
    finally:
        spool.close()
        database.close()


def views_of(connection: EngineConnection, database: Database, spool: Spool, config: str) -> Views:
    settings, journal = Settings(parse_config(config)), Journal(database)
    images, containers = Images(connection), Containers(connection)
    engine = EngineSelf(connection)
    ledger = Ledger(settings, images, containers, Releases(database), journal)
    arrival = Arrival(images, engine, settings)
    foresight = Foresight(
        ledger, arrival, Offers(ledger, Holdings(images, engine, settings), arrival, spool)
    )
    doctor = Doctor(settings, engine, journal, lambda: None)
    jobs = Jobs(journal, settings, asyncio.Event())
    measures = Measures(ledger, jobs, engine, doctor)
    return Views(ledger, containers, engine, foresight, doctor, measures)


def test_a_limited_caller_is_not_told_how_many_deployments_there_are(tmp_path: Path) -> None:
    async def story(views: Views) -> None:
        limited = Caller("alice", Role.DEPLOYER, frozenset({"shop"}))
        assert (await views.info(limited)).deployments == 1
        assert (await views.info(Caller("bob", Role.VIEWER))).deployments == 2

    run(tmp_path, story)


def test_the_host_tells_its_settings_but_not_to_a_limited_caller(tmp_path: Path) -> None:
    denials = 'gateway = "read-only"\ngateway_deny = ["viewer GET /info", "* * /swarm/**"]\n'

    async def story(views: Views) -> None:
        told = (await views.info(Caller("bob", Role.VIEWER))).settings
        assert told is not None
        assert (told.listen, told.container_prefix) == ("0.0.0.0:8866", "ed_")
        assert (told.max_archive, told.min_free) == (20 << 30, 256 << 20)
        assert told.gateway == "read-only"
        assert told.gateway_deny == ("viewer GET /info", "* * /swarm/**")
        limited = Caller("alice", Role.ADMIN, frozenset({"shop"}))
        assert (await views.info(limited)).settings is None

    run(tmp_path, story, denials + CONFIG)


def test_only_what_the_configuration_names_is_known(tmp_path: Path) -> None:
    async def story(views: Views) -> None:
        views.known("shop")
        with pytest.raises(UnknownDeploymentError):
            views.known("nowhere")

    run(tmp_path, story)
