"""Examinations of a host, each with how to mend what it finds."""

import asyncio
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from edd.engine.facts import EngineSelf
from edd.errors import ConfigError, EddError
from edd.model.host import Check, EngineFacts, Expiry
from edd.model.size import human_size
from edd.operations.settings import Settings
from edd.store.journal import Journal
from edd.trust.facts import WARNING_DAYS


class Doctor:
    """Looks at the engine, its store, the disks, the certificates and the configuration.

    ``warnings`` is what the last reload found. ``read_again`` reads the configuration that a
    restart would, and raises ConfigError where it would fail; ``expiries`` tells what ends when.
    """

    def __init__(
        self,
        settings: Settings,
        engine: EngineSelf,
        journal: Journal,
        read_again: Callable[[], object],
        expiries: Callable[[], Sequence[Expiry]] = tuple,
    ) -> None:
        self._settings = settings
        self._read_again = read_again
        self._engine = engine
        self._journal = journal
        self._expiries = expiries
        self.warnings: Sequence[str] = ()

    @property
    def certificates(self) -> Sequence[Expiry]:
        """Return what of the certificates ends when, as of now."""
        return self._expiries()

    async def examine(self) -> list[Check]:
        """Return every check, in the order in which a person would look."""
        config = self._settings.config
        checks, root = await self._engine_checks()
        checks.append(docker_command_check())
        if root:
            mend = "Free some: docker system df shows what holds it."
            checks.append(
                await asyncio.to_thread(disk_check, "engine disk", root, config.min_free, mend)
            )
        state = config.state_dir
        mend = f"Free some on the disk that holds {state}."
        checks.append(
            await asyncio.to_thread(disk_check, "state disk", state, config.min_free, mend)
        )
        checks.extend(expiry_check(expiry) for expiry in self.certificates)
        checks.append(await self._configuration_check())
        checks.append(await self._jobs_check())
        return checks

    async def _engine_checks(self) -> tuple[list[Check], Path | None]:
        try:
            facts = await self._engine.facts()
        except EddError as error:
            return [Check("engine", "failed", error.detail, error.advice)], None
        return [engine_check(facts), store_check(facts)], Path(facts.root_dir)

    async def _configuration_check(self) -> Check:
        try:
            await asyncio.to_thread(self._read_again)
        except ConfigError as error:
            words = f"The daemon runs on an older one and could not start again: {error.detail}"
            return Check("configuration", "failed", words, "edd config check")
        count = len(self._settings.config.deployments)
        if self.warnings:
            return Check("configuration", "warning", " ".join(self.warnings), "edd config check")
        if not count:
            return Check(
                "configuration",
                "warning",
                "It names no deployment.",
                "Add one to [[deployments]] and run `edd reload`.",
            )
        return Check("configuration", "ok", f"deployments: {count}")

    async def _jobs_check(self) -> Check:
        try:
            open_jobs = await self._journal.unfinished()
        except EddError as error:
            return Check("state", "failed", error.detail, error.advice)
        return Check("state", "ok", f"open jobs: {len(open_jobs)}")


def engine_check(facts: EngineFacts) -> Check:
    """Report the engine's version and platform."""
    words = f"Docker Engine {facts.version} on {facts.os}/{facts.architecture}"
    return Check("engine", "ok", words)


def store_check(facts: EngineFacts) -> Check:
    """Report which image store the engine uses."""
    return Check("image store", "ok", facts.store)


def docker_command_check() -> Check:
    """See that the docker command is there, which creates the containers."""
    found = shutil.which("docker")
    if found:
        return Check("docker command", "ok", found)
    mend = "Install it: apt-get install docker.io or docker-cli."
    return Check("docker command", "failed", "It is not on the daemon's PATH.", mend)


def disk_check(name: str, folder: Path, min_free: int, mend: str) -> Check:
    """Compare what is free with the configured reserve, and with the whole of the disk.

    ``mend`` says how to have more.
    """
    try:
        facts = os.statvfs(folder)
    except OSError as error:
        return Check(name, "warning", f"{folder} cannot be examined: {error.strerror}.")
    free, total = facts.f_bavail * facts.f_frsize, facts.f_blocks * facts.f_frsize
    words = f"{human_size(free)} of {human_size(total)} free at {folder}"
    if free < min_free:
        wanted = f"{words}; `min_free` wants {human_size(min_free)}"
        return Check(name, "failed", wanted, mend)
    if free < total / 20:
        return Check(name, "warning", f"{words}, less than 5 %", mend)
    return Check(name, "ok", words)


def expiry_check(expiry: Expiry) -> Check:
    """Warn of a certificate that ends within thirty days."""
    words = f"valid until {expiry.not_after} ({expiry.days} days)"
    mend = "Renew it: edd cert renew --server, then edd reload."
    if expiry.days < 0:
        return Check(f"certificate {expiry.name}", "failed", f"ended {expiry.not_after}", mend)
    if expiry.days <= WARNING_DAYS:
        return Check(f"certificate {expiry.name}", "warning", words, mend)
    return Check(f"certificate {expiry.name}", "ok", words)
