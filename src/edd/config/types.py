"""The configuration as the daemon uses it: complete, valid, in seconds and bytes."""

from pathlib import Path

from msgspec import Struct

from edd.model.caller import Role
from edd.model.deployment import Deployment
from edd.model.gateway import Denial, Opening

GIB = 1 << 30
MIB = 1 << 20


class Address(Struct, frozen=True):
    """Where the daemon listens: a name, an IPv4 or an IPv6 address without brackets, and a port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Config(Struct, frozen=True, kw_only=True):
    """What the host's administrator said. Only ``deployments`` has no default.

    Sizes are in bytes, all paths are absolute. ``mutual_tls_crl`` is None when no revocation is
    checked; ``default_role`` is None when a certificate must name its role; ``console_listen`` is
    None when browsers without a certificate find nobody.
    """

    listen: Address = Address("0.0.0.0", 8866)  # noqa: S104 - only mutual TLS is served there
    docker_socket: Path = Path("/var/run/docker.sock")
    container_prefix: str = "ed_"
    tls_key: Path = Path("/etc/edd/tls/server.key")
    tls_certs: Path = Path("/etc/edd/tls/server.crt")
    mutual_tls_ca_certs: Path = Path("/etc/edd/tls/clients.crt")
    mutual_tls_crl: Path | None = Path("/etc/edd/tls/clients.crl")
    default_role: Role | None = None
    state_dir: Path = Path("/var/lib/edd")
    socket: Path = Path("/run/edd/edd.sock")
    socket_group: str = "edd"
    max_archive: int = 20 * GIB
    min_free: int = 256 * MIB
    console_listen: Address | None = None
    gateway: Opening = Opening.ON
    gateway_deny: tuple[Denial, ...] = ()
    deployments: tuple[Deployment, ...]

    def deployment(self, name: str) -> Deployment | None:
        """Return the deployment called ``name``, if there is one."""
        return next((each for each in self.deployments if each.name == name), None)


DEFAULTS = Config(deployments=())
"""A configuration that says nothing."""
