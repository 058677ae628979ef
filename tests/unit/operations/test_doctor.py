"""What the doctor finds wrong with a host."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edd.config import Config
from edd.errors import ConfigError, EngineUnreachableError
from edd.model.deployment import Deployment
from edd.model.host import Check, Expiry
from edd.operations.doctor import Doctor, disk_check, expiry_check
from edd.operations.settings import Settings
from edd.store.database import Database
from edd.store.journal import Journal


class NoEngine:
    """An engine that does not answer."""

    async def facts(self) -> None:
        raise EngineUnreachableError("nobody there")


def examine(path: Path, read_again: Any = lambda: None, min_free: int = 0) -> dict[str, Check]:
    database = Database(path / "state.db")
    config = Config(deployments=(Deployment("website"),), state_dir=path, min_free=min_free)
    settings = Settings(config)
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


def test_a_disk_without_its_reserve_is_a_failure_that_names_the_setting_and_the_remedy(
    tmp_path: Path,
) -> None:
    check = disk_check("state disk", tmp_path, 10**18, "Free some there.")

    assert (check.state, check.mend) == ("failed", "Free some there.")
    assert check.detail.endswith("; `min_free` wants 1000000 TB")


def test_a_disk_that_is_nearly_full_is_a_warning_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = SimpleNamespace(f_bavail=4, f_frsize=10**9, f_blocks=100)
    monkeypatch.setattr(os, "statvfs", lambda _folder: nearly_full)

    check = disk_check("state disk", tmp_path, 10**9, "Free some there.")

    assert (check.state, check.mend) == ("warning", "Free some there.")
    assert check.detail == f"4.0 GB of 100 GB free at {tmp_path}, less than 5 %"


def test_room_is_made_on_the_state_disk_where_that_is_short(tmp_path: Path) -> None:
    check = examine(tmp_path, min_free=10**18)["state disk"]

    assert check.mend == f"Free some on the disk that holds {tmp_path}."
