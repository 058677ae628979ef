"""The configuration in force, which a reload replaces as a whole."""

import difflib

from edd.config import Config
from edd.errors import DisabledError, UnknownDeploymentError
from edd.interfaces import local_addresses
from edd.model.deployment import Deployment
from edd.planning.description import words_of
from edd.store.blobs import Bounds


class Settings:
    """What the host's administrator wants now."""

    def __init__(self, config: Config) -> None:
        self.config = config

    def deployment(self, name: str) -> Deployment:
        """Return one deployment, or raise UnknownDeploymentError."""
        if found := self.config.deployment(name):
            return found
        near = difflib.get_close_matches(name, [each.name for each in self.config.deployments], 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise UnknownDeploymentError(f"There is no deployment `{name}` on this host.{hint}")

    def runnable(self, name: str) -> Deployment:
        """Return one deployment that may run.

        Raises UnknownDeploymentError, or DisabledError where the configuration keeps it down.
        """
        deployment = self.deployment(name)
        if not deployment.enabled:
            raise DisabledError(f"{name} is disabled on this host.")
        return deployment

    def words(self, deployment: Deployment) -> tuple[str, ...]:
        """Return the words of `docker run` for a deployment's container on this host, now."""
        return words_of(deployment, self.container(deployment.name), local_addresses())

    @property
    def spool_bounds(self) -> Bounds:
        """What the spool may grow to."""
        return Bounds(self.config.max_archive, self.config.min_free)

    def container(self, name: str) -> str:
        """Return the name of a deployment's container, which is its image repository too."""
        return f"{self.config.container_prefix}{name}"
