"""What each step of a rollout does to the engine, and what takes it back.

Every one may be done twice: a step whose effect is there already changes nothing.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass

from edd.engine.containers import Containers, Creation
from edd.engine.images import Images
from edd.errors import EddError, EngineRefusedError, StartFailedError, UnhealthyError
from edd.model.arguments import docker_arguments
from edd.model.container import (
    ARGS_LABEL,
    DEPLOYMENT_LABEL,
    RELEASE_LABEL,
    ROLLOUT_LABEL,
    is_of,
)
from edd.model.deployment import Deployment
from edd.model.job import Progress, Report
from edd.model.plan import Rollout, Step
from edd.planning.health import Verdict, judge
from edd.planning.retention import releases_to_drop
from edd.store.releases import Releases

log = logging.getLogger(__name__)

LOOK_EVERY = 0.2
TELL_EVERY = 15.0
"""Seconds; a silent connection is cut by what lies between, and by a patient client at last."""
RELEASE_TAG = "release-"
FAILED_GRACE = 2
"""Seconds; Docker's default of 10 would be downtime where process 1 does not heed SIGTERM."""


@dataclass
class Run:
    """One rollout being performed: the facts it began with, and what it has learnt.

    ``words`` are those of `docker run` from which the new container is made.
    """

    job: int
    rollout: Rollout
    deployment: Deployment
    words: tuple[str, ...]
    report: Report
    new: str = ""
    stopped_at: float | None = None
    started_at: float | None = None
    returned_at: float | None = None

    def tell(self, step: Step, message: str) -> None:
        """Report progress."""
        self.report(Progress(step, message))

    @property
    def downtime(self) -> float:
        """Seconds from stopping the old container until one had started, the old one if undone."""
        serves_at = self.returned_at or self.started_at
        if self.stopped_at is None or serves_at is None:
            return 0.0
        return max(0.0, serves_at - self.stopped_at)


class Steps:
    """The effects of rollout steps on a real engine."""

    def __init__(self, images: Images, containers: Containers, releases: Releases) -> None:
        self._images = images
        self._containers = containers
        self._releases = releases

    async def create(self, run: Run) -> None:
        """Create the new container beside the old one, under a name of its own."""
        rollout = run.rollout
        run.tell(Step.CREATE, f"creating the container of release {rollout.release}")
        await self._refuse_while_running(rollout.previous_container)
        await self._clear_away(rollout, rollout.next_container)
        await self._clear_away(rollout, rollout.previous_container)
        labels = {
            DEPLOYMENT_LABEL: rollout.deployment,
            RELEASE_LABEL: str(rollout.release),
            ROLLOUT_LABEL: rollout.mark,
            ARGS_LABEL: arguments_hash(run.words),
        }
        words = docker_arguments(run.words)
        run.new = await self._containers.create(
            Creation(rollout.next_container, rollout.reference, words, labels)
        )

    async def undo_create(self, run: Run) -> None:
        """Remove the new container and the anonymous volumes made for it."""
        for container in await self._of(run.rollout):
            await self._containers.remove(container, volumes=True)

    async def stop_old(self, run: Run) -> None:
        """Stop the old container, in the time it was given for that."""
        old = run.rollout.old
        if old is None or not old.running:
            return
        run.tell(Step.STOP_OLD, "stopping the container that runs")
        run.stopped_at = time.monotonic()
        await self._containers.stop(old.id)

    async def undo_stop_old(self, run: Run) -> None:
        """Let the old container serve again."""
        old = run.rollout.old
        if old is None or not old.running or await self._containers.inspect(old.id) is None:
            return
        run.report(Progress("undo", "starting the container that ran before"))
        await self._containers.start(old.id)
        run.returned_at = time.monotonic()

    async def old_is_gone(self, run: Run) -> bool:
        """Tell whether somebody removed the container that ran when the rollout began."""
        old = run.rollout.old
        if old is None or not old.running:
            return False
        try:
            return await self._containers.inspect(old.id) is None
        except EddError:
            return False

    async def settle_stop_old(self, run: Run) -> None:
        """Wait for a stop that was under way when the daemon or the engine died."""
        if run.rollout.old is not None and run.rollout.old.running:
            await self._containers.stop(run.rollout.old.id)

    async def swap_names(self, run: Run) -> None:
        """Give the new container the deployment's name."""
        rollout = run.rollout
        if rollout.old is not None:
            await self._containers.rename(rollout.old.id, rollout.previous_container)
        for container in await self._of(rollout):
            await self._containers.rename(container, rollout.container)

    async def undo_swap_names(self, run: Run) -> None:
        """Give the old container its name back."""
        rollout = run.rollout
        for container in await self._of(rollout):
            await self._containers.rename(container, rollout.next_container)
        if rollout.old is not None:
            await self._containers.rename(rollout.old.id, rollout.container)

    async def start_new(self, run: Run) -> None:
        """Start the new container."""
        run.tell(Step.START_NEW, f"starting release {run.rollout.release}")
        await self._containers.start(run.new)
        run.started_at = time.monotonic()

    async def undo_start_new(self, run: Run) -> None:
        """Stop the new container, so that what it held is free for the old one.

        It never served, so it has little time for its end unless its arguments ask for more.
        """
        for each in await self._of(run.rollout):
            container = await self._containers.inspect(each)
            if container is not None:
                told = container.stop_timeout is not None
                await self._containers.stop(each, None if told else FAILED_GRACE)

    async def wait_healthy(self, run: Run) -> None:
        """Wait until the new container is good; raise UnhealthyError when it will not be."""
        began = steady_since = time.monotonic()
        told = 0
        while True:
            container = await self._containers.inspect(run.new)
            moment = time.monotonic()
            if moment - began >= told * TELL_EVERY:
                waited = f" ({moment - began:.0f} s so far)" if told else ""
                run.tell(Step.WAIT_HEALTHY, f"waiting until it is healthy{waited}")
                told += 1
            if container is None or not container.running:
                steady_since = moment
            judgement = judge(container, run.deployment, moment - steady_since, moment - began)
            if judgement.verdict is Verdict.HEALTHY:
                return
            if judgement.verdict is Verdict.FAILED:
                raise UnhealthyError(
                    f"Release {run.rollout.release} of {run.rollout.deployment} did not become"
                    f" healthy: {judgement.reason}.",
                    release=run.rollout.release,
                )
            await asyncio.sleep(LOOK_EVERY)

    async def tag_latest(self, run: Run) -> None:
        """Let the repository's ``latest`` stand for the release that serves."""
        await self._images.tag(run.rollout.reference, run.rollout.container, "latest")

    async def remove_old(self, run: Run) -> None:
        """Remove the container that was replaced; its volumes stay."""
        if run.rollout.old is not None:
            run.tell(Step.REMOVE_OLD, "removing the container it replaced")
            await self._containers.remove(run.rollout.old.id)

    async def prune(self, run: Run) -> None:
        """Untag the images of superseded releases beyond ``keep``, and of failed ones."""
        name, repository = run.rollout.deployment, run.rollout.container
        for release in releases_to_drop(await self._releases.of(name), run.deployment.keep):
            run.tell(Step.PRUNE, f"letting go of release {release.number}")
            await self._releases.dropped(name, release.number)
        kept = {r.reference for r in await self._releases.of(name) if r.kept}
        for tag in await self._images.tags(repository):
            reference = f"{repository}:{tag}"
            if tag.startswith(RELEASE_TAG) and reference not in kept:
                await self._untag(reference)

    async def undo_arrival(self, run: Run) -> None:
        """Let go of the image that came for a release that will not be."""
        if not run.rollout.returns:
            await self._images.untag(run.rollout.reference)

    async def last_lines(self, run: Run) -> list[str]:
        """Return the new container's last log lines."""
        return await self._containers.last_lines(run.new) if run.new else []

    async def _refuse_while_running(self, name: str) -> None:
        """Raise StartFailedError when the only release that serves may run under ``name``.

        That is where it stays when somebody takes its own name while a delivery is undone.
        """
        found = await self._containers.inspect(name)
        if found is not None and found.running:
            raise StartFailedError(
                f"{name} runs: an earlier delivery could not give it its own name back.",
                advice="Look which container shall serve, remove the other with `docker rm -f`,"
                f" and let the first have its name: `docker rename {name} ...`. Then push again.",
            )

    async def _clear_away(self, rollout: Rollout, name: str) -> None:
        """Remove what an earlier rollout had to leave under ``name``, while nothing is down yet."""
        leftover = await self._containers.inspect(name)
        if leftover is not None and is_of(leftover, rollout.deployment):
            await self._containers.remove(leftover.id)

    async def _untag(self, reference: str) -> None:
        try:
            await self._images.untag(reference)
        except EngineRefusedError as error:
            log.warning("image-kept reference=%s reason=%s", reference, error.detail)

    async def _of(self, rollout: Rollout) -> list[str]:
        return await self._containers.labelled(ROLLOUT_LABEL, rollout.mark)


def arguments_hash(words: Sequence[str]) -> str:
    """Return a short fingerprint of `docker run` words."""
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
