"""Start, stop, restart, remove: what a deployment should be is written down, then done."""

from collections.abc import Awaitable, Callable

from edd.engine.containers import Containers
from edd.errors import NotDeployedError
from edd.model.caller import Caller
from edd.model.container import Container, is_of
from edd.model.deployment import Deployment, Desired
from edd.model.job import Job, JobKind
from edd.model.plan import beside
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger

Effect = Callable[[str], Awaitable[None]]


class Lifecycle:
    """Operations on the container a deployment has; each may be repeated without harm."""

    def __init__(self, jobs: Jobs, ledger: Ledger, containers: Containers) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._containers = containers
        self._changes: dict[JobKind, tuple[Desired, Effect]] = {
            JobKind.START: ("running", containers.start),
            JobKind.STOP: ("stopped", containers.stop),
            JobKind.RESTART: ("running", containers.restart),
        }

    async def start(self, name: str, caller: Caller) -> None:
        """Start the container; it runs again after a restart of the engine or the host, too.

        Raises NotDeployedError when there is no container.
        """
        await self._change(JobKind.START, name, caller)

    async def stop(self, name: str, caller: Caller) -> None:
        """Stop the container; it stays down until it is started or delivered to."""
        await self._change(JobKind.STOP, name, caller)

    async def restart(self, name: str, caller: Caller) -> None:
        """Stop and start the same container, as it was made."""
        await self._change(JobKind.RESTART, name, caller)

    async def remove(self, name: str, caller: Caller) -> None:
        """Stop and remove the container; its volumes and the kept releases stay.

        A deployment without a container is removed already.
        """

        async def work(_: Job, deployment: Deployment) -> None:
            await self._ledger.releases.desire(name, "removed")
            await self._clear(deployment)

        await self._jobs.run(JobKind.REMOVE, name, caller.name, work)

    async def put_right(self, deployment: Deployment, kind: JobKind) -> None:
        """Start, stop or remove the container, inside a job, as was written down before."""
        if kind is JobKind.REMOVE:
            await self._clear(deployment)
            return
        container = await self._container(deployment)
        _, effect = self._changes[kind]
        await effect(container.id)

    async def _change(self, kind: JobKind, name: str, caller: Caller) -> None:
        desired, effect = self._changes[kind]

        async def work(_: Job, deployment: Deployment) -> None:
            container = await self._container(deployment)
            await self._ledger.releases.desire(name, desired)
            await effect(container.id)

        await self._jobs.run(kind, name, caller.name, work)

    async def _clear(self, deployment: Deployment) -> None:
        """Remove the container of a deployment, and what a rollout had to leave beside it.

        A label alone makes no container ours: that of another daemon on the engine has the same,
        and so has one of an image that was committed from ours.
        """
        container = await self._ledger.container(deployment.name)
        names = beside(self._ledger.settings.container(deployment.name))
        left = [await self._containers.inspect(name) for name in names]
        ours = [each for each in left if each and is_of(each, deployment.name)]
        for each in [container, *ours] if container else ours:
            await self._containers.stop(each.id)
            await self._containers.remove(each.id)
        await self._ledger.releases.removed(deployment.name)

    async def _container(self, deployment: Deployment) -> Container:
        container = await self._ledger.container(deployment.name)
        if container is None:
            raise NotDeployedError(f"{deployment.name} has no container on this host.")
        return container
