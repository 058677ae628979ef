"""What a delivery would do: its steps, its cost and what stands in its way."""

from collections.abc import Sequence

import msgspec

from edd.model.caller import Caller
from edd.model.deployment import Deployment
from edd.model.image import Digest
from edd.model.plan import DiskNeed, Forecast, ForecastRequest, Step
from edd.model.release import Release, ReleaseState
from edd.model.size import human_size
from edd.operations.arrival import Arrival
from edd.operations.ledger import Ledger
from edd.operations.offers import Offers
from edd.operations.room import free_bytes
from edd.planning.disk import shortage
from edd.planning.retention import current_release, releases_to_drop, rollback_target


class Foresight:
    """Predicts deliveries from the same decisions that perform them."""

    def __init__(self, ledger: Ledger, arrival: Arrival, offers: Offers) -> None:
        self._ledger = ledger
        self._arrival = arrival
        self._offers = offers

    async def forecast(
        self, deployment: Deployment, asked: ForecastRequest, caller: Caller
    ) -> Forecast:
        """Say what delivering the image in ``asked`` would do for ``caller``."""
        name = deployment.name
        releases = await self._ledger.releases.of(name)
        container = await self._ledger.container(name)
        unchanged = bool(asked.image) and await self._ledger.runs_already(deployment, asked.image)
        missing = await self._offers.lacking(name, asked.layers, caller)
        lacking = _size(asked, missing)
        disk = await self._arrival.disk(lacking)
        runs = container is not None and container.running
        plan = self._ledger.plan(deployment, Step.LOAD, runs=runs)
        current = current_release(releases)
        after = as_if_delivered(releases, name)
        target = rollback_target(after)
        return Forecast(
            deployment=name,
            unchanged=unchanged,
            send_bytes=0 if unchanged else lacking,
            image_bytes=asked.bytes,
            disk=disk,
            steps=() if unchanged else plan.steps,
            downtime="" if unchanged else plan.downtime,
            current=current.number if current else None,
            next=after[0].number,
            rollback_to=target.number if target else None,
            prunes=tuple(r.number for r in releases_to_drop(after, deployment.keep)),
            problems=tuple(await self._problems(name, asked, disk, lacking)),
            missing=() if unchanged else tuple(missing),
        )

    async def _problems(
        self, name: str, asked: ForecastRequest, disk: DiskNeed, lacking: int
    ) -> list[str]:
        problems: list[str] = []
        limit = self._ledger.settings.config.max_archive
        if lacking > limit:
            problems.append(f"More is to be sent than max_archive ({human_size(limit)}) lets in.")
        problems += shortage(disk, "the engine's disk")
        if asked.layers:
            problems += shortage(*await self._to_receive(lacking))
        held = [item.job for item in await self._ledger.journal.unfinished()]
        problems += [
            f"{j.caller} holds {name} with job {j.id}." for j in held if j.deployment == name
        ]
        return problems

    async def _to_receive(self, size: int) -> tuple[DiskNeed, str]:
        """Return what ``size`` bytes of layers need where they are received, and where that is."""
        config = self._ledger.settings.config
        free = await free_bytes(config.state_dir)
        return DiskNeed(size + config.min_free, free), f"the disk that holds {config.state_dir}"


def _size(asked: ForecastRequest, missing: Sequence[Digest]) -> int:
    sizes = {layer.diff_id: layer.size for layer in asked.layers}
    return sum(sizes[layer] for layer in missing) if sizes else asked.bytes


def as_if_delivered(releases: Sequence[Release], name: str) -> list[Release]:
    """Return ``releases`` as they would stand after one more delivery, newest first."""
    number = max((release.number for release in releases), default=0) + 1
    new = Release(name, number, "", "", "", "", ReleaseState.CURRENT)
    return [new, *(superseded(release) for release in releases)]


def superseded(release: Release) -> Release:
    """Return a release as it stands once a later one serves."""
    if release.state is ReleaseState.CURRENT:
        return msgspec.structs.replace(release, state=ReleaseState.SUPERSEDED)
    return release
