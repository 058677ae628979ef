"""What a forecast says stands in the way of a delivery."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from edd.config import Config
from edd.model.caller import Caller, Role
from edd.model.deployment import Deployment
from edd.model.image import Digest
from edd.model.offer import LayerOffer
from edd.model.plan import DiskNeed, ForecastRequest, Step
from edd.operations.foresight import Foresight
from edd.operations.settings import Settings
from edd.planning.rollout import plan_rollout

OLD, NEW = "sha256:" + "0" * 64, "sha256:" + "1" * 64


def giving(value: object) -> Any:
    async def give(*_args: object, **_kwargs: object) -> object:
        return value

    return give


def problems(folder: Path, asked: ForecastRequest, missing: list[Digest]) -> tuple[str, ...]:
    """Return what stands in the way on a host with room, that takes 100 bytes at most."""
    config = Config(deployments=(), state_dir=folder, max_archive=100, min_free=1)
    ledger: Any = SimpleNamespace(
        settings=Settings(config),
        releases=SimpleNamespace(of=giving([])),
        journal=SimpleNamespace(unfinished=giving([])),
        container=giving(None),
        runs_already=giving(False),
        plan=lambda *_, **__: plan_rollout(Step.LOAD, runs=False, start_first=False, claims=[]),
    )
    arrival: Any = SimpleNamespace(disk=giving(DiskNeed(0, 1)))
    offers: Any = SimpleNamespace(lacking=giving(missing))
    forecast = Foresight(ledger, arrival, offers).forecast
    return asyncio.run(forecast(Deployment("web"), asked, Caller("ann", Role.VIEWER))).problems


def test_an_image_may_be_larger_than_an_archive_if_little_of_it_is_missing(tmp_path: Path) -> None:
    layers = (LayerOffer(OLD, 400), LayerOffer(NEW, 10))

    assert problems(tmp_path, ForecastRequest(bytes=410, layers=layers), [NEW]) == ()


def test_what_is_too_large_to_be_taken_in_is_a_problem(tmp_path: Path) -> None:
    layers = (LayerOffer(OLD, 400), LayerOffer(NEW, 10))

    (sent,) = problems(tmp_path, ForecastRequest(bytes=410, layers=layers), [OLD])
    (whole,) = problems(tmp_path, ForecastRequest(bytes=101), [])

    assert sent == whole == "More is to be sent than max_archive (100 B) lets in."
