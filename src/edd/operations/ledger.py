"""What deliveries read and write around a rollout: releases, plans and outcomes."""

import asyncio
import secrets

import msgspec

from edd.engine.containers import Containers
from edd.engine.images import Images
from edd.errors import EngineUnreachableError, NotDeployedError, UnknownReleaseError
from edd.model.arguments import parse_arguments
from edd.model.container import ARGS_LABEL, Container
from edd.model.deployment import Deployment
from edd.model.image import Digest
from edd.model.job import Job, Outcome, Report
from edd.model.plan import OldContainer, Rollout, RolloutPlan, Step
from edd.model.release import Release
from edd.operations.settings import Settings
from edd.operations.steps import RELEASE_TAG, Run, arguments_hash
from edd.planning.arguments import exclusive_claims
from edd.planning.retention import choose_release, current_release
from edd.planning.rollout import plan_rollout
from edd.store.journal import Journal
from edd.store.releases import Releases

PROMPT = 1.0
"""Seconds that somebody who looks waits for an inspection."""


class Ledger:
    """Joins what the state remembers of a deployment with what the engine shows of it."""

    def __init__(
        self,
        settings: Settings,
        images: Images,
        containers: Containers,
        releases: Releases,
        journal: Journal,
    ) -> None:
        self.settings = settings
        self.images = images
        self.containers = containers
        self.releases = releases
        self.journal = journal

    async def container(self, name: str) -> Container | None:
        """Return the container that bears the deployment's name, whoever made it."""
        return await self.containers.inspect(self.settings.container(name))

    async def glance(self, name: str) -> Container | None:
        """Return what `container` does, or soon what a listing tells of it.

        The engine inspects no container out of which files are being copied, or whose changes it
        counts: that holds the container's lock, be it for minutes.
        """
        try:
            async with asyncio.timeout(PROMPT):
                return await self.container(name)
        except TimeoutError:
            return await self.containers.listed(self.settings.container(name))

    async def open_release(self, job: Job, deployment: Deployment) -> Release:
        """Give the next number to what is about to arrive."""
        repository = self.settings.container(deployment.name)
        reference = f"{repository}:{RELEASE_TAG}{{number}}"
        return await self.releases.add(deployment.name, reference, job.caller)

    async def choose(self, name: str, number: int | None) -> Release:
        """Return the release a rollback goes to; raise UnknownReleaseError when it is not here.

        Somebody may have removed its image by hand, which is noted then.
        """
        release = choose_release(await self.releases.of(name), number)
        if await self.images.inspect(release.reference) is None:
            await self.releases.dropped(name, release.number)
            raise UnknownReleaseError(f"The image of release {release.number} was removed here.")
        return release

    async def current(self, name: str) -> Release:
        """Return the release that serves, its image here.

        Raises NotDeployedError when there is none, UnknownReleaseError when its image is gone.
        """
        release = current_release(await self.releases.of(name))
        if release is None:
            raise NotDeployedError(f"Nothing was delivered to {name} yet.")
        return await self.choose(name, release.number)

    async def prepare(
        self,
        job: Job,
        deployment: Deployment,
        release: Release,
        source: Step | None,
        report: Report,
    ) -> Run:
        """Plan the way to ``release`` from what runs now, and write it down."""
        old = await self.container(deployment.name)
        rollout = Rollout(
            deployment=deployment.name,
            release=release.number,
            reference=release.reference,
            container=self.settings.container(deployment.name),
            mark=secrets.token_hex(8),
            plan=self.plan(deployment, source, runs=old is not None and old.running),
            old=OldContainer(old.id, old.running or old.restarting) if old else None,
            returns=source is None,
        )
        await self.journal.plan(job.id, rollout)
        return Run(job.id, rollout, deployment, self.settings.words(deployment), report)

    def plan(self, deployment: Deployment, source: Step | None, *, runs: bool) -> RolloutPlan:
        """Plan a rollout of ``deployment`` as its configuration stands."""
        claims = exclusive_claims(parse_arguments(self.settings.words(deployment)))
        return plan_rollout(source, runs=runs, start_first=deployment.start_first, claims=claims)

    async def runs_already(self, deployment: Deployment, *digests: Digest) -> bool:
        """Tell whether an image is what runs, made from the arguments in force.

        It goes by its id in the engine, the digest of its configuration, or either.
        """
        current = current_release(await self.releases.of(deployment.name))
        if current is None or not {current.image, current.config} & set(digests) - {""}:
            return False
        container = await self.container(deployment.name)
        return (
            container is not None
            and container.running
            and container.status != "paused"
            and container.health != "unhealthy"
            and container.labels.get(ARGS_LABEL) == arguments_hash(self.settings.words(deployment))
        )

    async def nothing_new(self, run: Run, release: Release) -> Outcome:
        """Take back a release whose image runs already."""
        await self.images.untag(release.reference)
        await self.releases.forget(release)
        return await self.outcome(run, "unchanged")

    async def _container_if_seen(self, name: str) -> Container | None:
        """Return the container, or None while the engine does not answer: what is done is done."""
        try:
            return await self.container(name)
        except EngineUnreachableError:
            return None

    async def outcome(self, run: Run, word: str) -> Outcome:
        """Describe how a delivery ended well."""
        outcome = await self.standing(run.deployment.name, word)
        downtime = round(run.downtime, 3)
        return msgspec.structs.replace(outcome, job=run.job, downtime=downtime)

    async def standing(self, name: str, word: str = "unchanged") -> Outcome:
        """Describe how a deployment stands, as the end of a delivery that did ``word`` to it."""
        container = await self._container_if_seen(name)
        current = current_release(await self.releases.of(name))
        number = current.number if current else None
        return Outcome(
            outcome=word,
            state=state_of(container),
            health=container.health if container else "unknown",
            release=number,
            image=current.image if current else "",
            message=sentence(word, name, number),
        )


def state_of(container: Container | None) -> str:
    """Return a container's state in the word of an outcome."""
    if container is None:
        return "unknown"
    return "running" if container.running else "stopped"


def sentence(word: str, name: str, number: int | None) -> str:
    """Say an outcome in words."""
    if word == "unchanged":
        return f"{name} already runs this image as release {number}; nothing was changed."
    return f"{name} runs release {number}."
