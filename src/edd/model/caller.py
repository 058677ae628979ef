"""Who is asking, as their verified certificate says."""

from enum import StrEnum

from msgspec import Struct


class Role(StrEnum):
    """What a caller may do; each role includes the ones before it."""

    VIEWER = "viewer"
    DEPLOYER = "deployer"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Tell whether this role may do what ``needed`` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Credential(Struct, frozen=True):
    """The certificate that a caller showed; ``end`` is in seconds since the epoch.

    ``default_role`` is the role that the host gave it, since it names none.
    """

    issuer: str
    serial: str
    end: float
    default_role: Role | None = None


class Caller(Struct, frozen=True):
    """A verified client: its name, its role, and the deployments it is limited to (empty: all).

    ``credential`` is none for those who came over the host's own socket; ``visiting`` are browsers
    that came by a link or a password of whoever showed it.
    """

    name: str
    role: Role
    deployments: frozenset[str] = frozenset()
    credential: Credential | None = None
    visiting: bool = False

    def may(self, needed: Role, deployment: str | None = None) -> bool:
        """Tell whether the caller may use a route that needs ``needed`` on ``deployment``.

        A caller limited to some deployments may also use routes about no deployment at all, as
        far as they need the viewer's role only.
        """
        if not self.role.covers(needed):
            return False
        if not self.deployments:
            return True
        if deployment is None:
            return needed is Role.VIEWER
        return deployment in self.deployments
