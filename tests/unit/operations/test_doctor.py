"""What the doctor finds wrong with a host."""

import asyncio
from pathlib import Path
from typing import Any, cast

import pytest

from edd.config import Config
from edd.errors import ConfigError, EngineUnreachableError
from edd.model.deployment import Deployment
from edd.model.host import Check, Expiry
from edd.operations.doctor import Doctor, expiry_check
from edd.operations.settings import Settings
from edd.store.database import Database
from edd.store.journal import Journal


class NoEngine:
    """An engine that does not answer."""

    async def facts(self) -> None:
        raise EngineUnreachableError("nobody there")


def examine(path: Path, read_again: Any = lambda: None) -> dict[str, Check]:
    database = Database(path / "state.db")
    settings = Settings(Config(deployments=(Deployment("website"),), state_dir=path))
    doctor = Doctor(settings, cast("Any", NoEngine()), Journal(database), read_again)
    try:
        return {check.name: check for check in asyncio.run(doctor.examine())}
    finally:
        database.close()


def test_a_configuration_that_a_restart_would_refuse_is_a_failure(tmp_path: Path) -> None:
    def broken() -> None:
        raise ConfigError("the file has 8 problems")

    check = examine(tmp_path, broken)["configuration"]

    assert check.state == "failed"
    assert "8 problems" in check.detail


def test_an_engine_that_does_not_answer_is_a_failure_with_a_remedy(tmp_path: Path) -> None:
    check = examine(tmp_path)["engine"]

    assert check.state == "failed"
    assert "dockerd" in check.mend


@pytest.mark.parametrize(
    ("days", "state"), [(31, "ok"), (30, "warning"), (0, "warning"), (-1, "failed")]
)
def test_certificates_are_warned_of_thirty_days_ahead(days: int, state: str) -> None:
    assert expiry_check(Expiry("server.crt", "2027-01-01T00:00:00Z", days)).state == state
