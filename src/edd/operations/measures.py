"""What a host measures of itself for a monitor."""

import resource
import time
from pathlib import Path

from edd.engine.facts import EngineSelf
from edd.errors import EddError
from edd.model.metric import Metric, Sample
from edd.operations.doctor import Doctor
from edd.operations.jobs import Jobs
from edd.operations.ledger import Ledger
from edd.operations.room import free_bytes
from edd.planning.retention import current_release


class Measures:
    """Takes every measurement afresh; a missing engine leaves out what only it knows."""

    def __init__(self, ledger: Ledger, jobs: Jobs, engine: EngineSelf, doctor: Doctor) -> None:
        self._ledger = ledger
        self._jobs = jobs
        self._engine = engine
        self._doctor = doctor
        self._started = time.time()

    async def take(self) -> list[Metric]:
        """Return all metrics."""
        return [
            gauge("edd_start_time_seconds", "When the daemon started.", [({}, self._started)]),
            gauge("edd_resident_memory_bytes", "The daemon's memory.", [({}, resident_bytes())]),
            self._job_counts(),
            gauge(
                "edd_certificate_days_left",
                "Days until a certificate ends.",
                [({"certificate": each.name}, each.days) for each in self._doctor.certificates],
            ),
            *await self._engine_metrics(),
        ]

    async def _engine_metrics(self) -> list[Metric]:
        try:
            root = (await self._engine.facts()).root_dir
            return [
                gauge("edd_engine_up", "Whether the engine answers.", [({}, 1)]),
                gauge(
                    "edd_disk_free_bytes", "Free for the engine.", [({}, await free_bytes(root))]
                ),
                *await self._deployment_metrics(),
            ]
        except EddError:
            return [gauge("edd_engine_up", "Whether the engine answers.", [({}, 0)])]

    async def _deployment_metrics(self) -> list[Metric]:
        running: list[Sample] = []
        healthy: list[Sample] = []
        release: list[Sample] = []
        for deployment in self._ledger.settings.config.deployments:
            label = {"deployment": deployment.name}
            container = await self._ledger.glance(deployment.name)
            running.append((label, float(container is not None and container.running)))
            healthy.append((label, float(container is None or container.health != "unhealthy")))
            current = current_release(await self._ledger.releases.of(deployment.name))
            release.append((label, float(current.number if current else 0)))
        return [
            gauge("edd_deployment_running", "Whether its container runs.", running),
            gauge("edd_deployment_healthy", "Zero when Docker calls it unhealthy.", healthy),
            gauge("edd_deployment_release", "The current release's number; 0: none.", release),
        ]

    def _job_counts(self) -> Metric:
        samples: list[Sample] = [
            ({"kind": kind, "state": state}, float(count))
            for (kind, state), count in sorted(self._jobs.ended.items())
        ]
        return Metric("edd_jobs_total", "Jobs ended since the daemon began.", "counter", samples)


def gauge(name: str, words: str, samples: list[Sample]) -> Metric:
    """Return a gauge."""
    return Metric(name, words, "gauge", samples)


def resident_bytes() -> float:
    """Return this process's resident memory."""
    pages = Path("/proc/self/statm").read_text().split()[1]
    return float(int(pages) * resource.getpagesize())
