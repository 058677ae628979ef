"""What a host says about itself."""

from msgspec import Struct

from edd.model.gateway import Opening


class EngineFacts(Struct, frozen=True):
    """The engine as it described itself; ``store`` is ``graphdriver`` or ``containerd``."""

    version: str
    api_version: str
    os: str
    architecture: str
    store: str
    root_dir: str


class Expiry(Struct, frozen=True):
    """A certificate's name and when it ends (RFC 3339 UTC); ``days`` left, negative once over."""

    name: str
    not_after: str
    days: int


class HostSettings(Struct, frozen=True):
    """What of the host's configuration its users meet; sizes in bytes.

    ``gateway_deny`` has each denial as it was written, ``ROLE METHOD PATH``.
    """

    listen: str
    container_prefix: str
    max_archive: int
    min_free: int
    gateway: Opening
    gateway_deny: tuple[str, ...] = ()


class HostInfo(Struct, frozen=True):
    """The host in one answer; sizes in bytes, ``uptime`` in seconds.

    ``settings`` are for callers who may see all deployments, since they may name some.
    """

    name: str
    version: str
    engine: EngineFacts | None
    deployments: int
    running: int
    disk_free: int
    disk_total: int
    uptime: int
    caller: str
    role: str
    certificates: tuple[Expiry, ...] = ()
    settings: HostSettings | None = None


class Check(Struct, frozen=True):
    """One examination by `edd doctor`: ``state`` is ``ok``, ``warning`` or ``failed``."""

    name: str
    state: str
    detail: str
    mend: str = ""


class AuditEntry(Struct, frozen=True):
    """One request that changed something, was refused, or asked the engine; ``at`` is RFC 3339 UTC.

    ``times`` counts the caller's refusals of that action with that code within a minute, or how
    often it read the same of the engine; ``at`` and ``deployment`` are the first one's.
    """

    id: int
    at: str
    caller: str
    action: str
    deployment: str
    status: int
    code: str = ""
    times: int = 1
