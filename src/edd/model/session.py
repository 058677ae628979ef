"""A browser that was let in without a certificate of its own: for whom, and since when."""

from enum import StrEnum

from msgspec import Struct

from edd.model.network import network_of


class Way(StrEnum):
    """How a browser came in."""

    LINK = "link"
    PASSWORD = "password"  # noqa: S105 - a way, not one


class SessionLink(Struct, frozen=True):
    """What lets one browser in, once: a secret that goes behind ``/login#link=``.

    ``port`` is where the host listens for browsers; ``seconds`` is how long the link waits.
    """

    secret: str
    port: int
    seconds: int


class LinkRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser may do: what its caller may, or only look (``read_only``)."""

    read_only: bool = False


class Session(Struct, frozen=True):
    """A session as its owner and administrators see it; ``since`` is RFC 3339, ``idle`` seconds."""

    id: int
    caller: str
    role: str
    address: str
    agent: str
    since: str
    idle: int
    by: Way = Way.LINK


class Visitor(Struct, frozen=True):
    """Who came: a network address, and what the browser calls itself."""

    address: str
    agent: str

    @property
    def network(self) -> str:
        """Return what its address tells from others."""
        return network_of(self.address)
