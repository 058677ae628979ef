"""What can be seen of a host: nothing here changes anything."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from importlib.metadata import version

from msgspec.structs import replace

from edd.engine.containers import Containers
from edd.engine.facts import EngineSelf
from edd.errors import EddError, NotDeployedError, UnknownJobError
from edd.model.caller import Caller, Role
from edd.model.container import RELEASE_LABEL, Container
from edd.model.deployment import Deployment, DeploymentStatus, Desired
from edd.model.host import Check, EngineFacts, HostInfo, HostSettings
from edd.model.job import Job, JobStep
from edd.model.log import LogQuery
from edd.model.metric import Metric
from edd.model.plan import Forecast, ForecastRequest
from edd.model.release import Release
from edd.operations.doctor import Doctor
from edd.operations.foresight import Foresight
from edd.operations.ledger import Ledger
from edd.operations.measures import Measures
from edd.operations.room import disk_of

VERSION = version("ed-daemon")


class Views:
    """Answers questions about deployments, jobs and the host."""

    def __init__(
        self,
        ledger: Ledger,
        containers: Containers,
        engine: EngineSelf,
        foresight: Foresight,
        doctor: Doctor,
        measures: Measures,
    ) -> None:
        self._ledger = ledger
        self._containers = containers
        self._engine = engine
        self._foresight = foresight
        self._doctor = doctor
        self._measures = measures
        self._started = time.monotonic()

    def known(self, name: str) -> None:
        """Raise UnknownDeploymentError unless the configuration names that deployment."""
        self._ledger.settings.deployment(name)

    async def deployments(self, caller: Caller) -> list[DeploymentStatus]:
        """Return the status of every deployment the caller may see, as configured."""
        jobs, desired = await self._remembered()
        looks = (self._status(each.name, jobs, desired) for each in self._seen(caller))
        return [replace(status, probe=None) for status in await asyncio.gather(*looks)]

    async def deployment(self, name: str) -> DeploymentStatus:
        """Return one deployment's status, with how its last health check ended."""
        self.known(name)
        return await self._status(name, *await self._remembered())

    async def releases(self, name: str) -> list[Release]:
        """Return a deployment's releases, newest first."""
        self.known(name)
        return await self._ledger.releases.of(name)

    async def jobs(self, deployment: str | None, limit: int) -> list[Job]:
        """Return the latest jobs, newest first."""
        return await self._ledger.journal.jobs(deployment, limit)

    async def job(self, number: int) -> Job:
        """Return one job, or raise UnknownJobError."""
        job = await self._ledger.journal.job(number)
        if job is None:
            raise UnknownJobError(f"There is no job {number}.")
        return job

    async def steps(self, number: int) -> list[JobStep]:
        """Return the steps a job has begun."""
        await self.job(number)
        return await self._ledger.journal.steps(number)

    async def forecast(self, name: str, asked: ForecastRequest, caller: Caller) -> Forecast:
        """Say what a delivery by ``caller`` would do, without doing it."""
        deployment = self._ledger.settings.deployment(name)
        return await self._foresight.forecast(deployment, asked, caller)

    async def doctor(self) -> list[Check]:
        """Examine the host."""
        return await self._doctor.examine()

    async def metrics(self) -> list[Metric]:
        """Measure the host."""
        return await self._measures.take()

    async def logs(self, name: str, query: LogQuery) -> AsyncGenerator[bytes, None]:
        """Yield the output of a deployment's container."""
        self.known(name)
        container = await self._ledger.container(name)
        if container is None:
            raise NotDeployedError(f"{name} has no container on this host.")
        async with aclosing(self._containers.logs(container.id, query)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def info(self, caller: Caller) -> HostInfo:
        """Describe the host to ``caller``; the engine is None while it does not answer."""
        engine, statuses = await self._engine_or_none(), []
        if engine is not None:
            statuses = await self.deployments(caller)
        state = self._ledger.settings.config.state_dir
        disk = await asyncio.to_thread(disk_of, engine.root_dir if engine else state)
        return HostInfo(
            name=socket.gethostname(),
            version=VERSION,
            engine=engine,
            deployments=len(self._seen(caller)),
            running=sum(1 for status in statuses if status.state == "running"),
            disk_free=disk.f_bavail * disk.f_frsize,
            disk_total=disk.f_blocks * disk.f_frsize,
            uptime=int(time.monotonic() - self._started),
            caller=caller.name,
            role=caller.role,
            certificates=tuple(self._doctor.certificates),
            settings=None if caller.deployments else self._settings(),
        )

    def _settings(self) -> HostSettings:
        config = self._ledger.settings.config
        return HostSettings(
            listen=str(config.listen),
            container_prefix=config.container_prefix,
            max_archive=config.max_archive,
            min_free=config.min_free,
            gateway=config.gateway,
            gateway_deny=tuple(str(each) for each in config.gateway_deny),
        )

    def _seen(self, caller: Caller) -> list[Deployment]:
        configured = self._ledger.settings.config.deployments
        return [each for each in configured if caller.may(Role.VIEWER, each.name)]

    async def _engine_or_none(self) -> EngineFacts | None:
        try:
            return await self._engine.facts()
        except EddError:
            return None

    async def _remembered(self) -> tuple[dict[str, int], dict[str, Desired]]:
        """Return the open jobs' numbers, and what was asked for last, by deployments' names."""
        unfinished = await self._ledger.journal.unfinished()
        jobs = {each.job.deployment: each.job.id for each in unfinished}
        return jobs, await self._ledger.releases.desired()

    async def _status(
        self, name: str, jobs: Mapping[str, int], desired: Mapping[str, Desired]
    ) -> DeploymentStatus:
        container = await self._ledger.glance(name)
        configured = self._ledger.settings.deployment(name)
        wanted = desired.get(name, "")
        if wanted == "running" and not configured.enabled:
            wanted = "stopped"
        return status_of(name, container, jobs.get(name), wanted)


def status_of(
    name: str, container: Container | None, job: int | None, desired: Desired
) -> DeploymentStatus:
    """Describe a deployment by its container, the job under way, and what was asked for last."""
    if container is None:
        return DeploymentStatus(name, "stopped", "", "none", job=job, desired=desired)
    label = container.labels.get(RELEASE_LABEL, "")
    return DeploymentStatus(
        name=name,
        state="running" if container.running else "stopped",
        image=container.image,
        health=container.health if container.running else "none",
        release=int(label) if label.isdecimal() else None,
        container=container.name,
        since=container.started_at,
        job=job,
        restarts=container.restarts,
        probe=container.probe if container.running else None,
        desired=desired,
    )
