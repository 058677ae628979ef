"""What a route is, and the short form that every route about a deployment has."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import KW_ONLY, dataclass, replace
from types import GenericAlias
from typing import Any

from msgspec import Struct

from edd.errors import EddError
from edd.model.caller import Role

Handler = Callable[[Any], Awaitable[Any]]
"""Takes a `Call`, or what else the manner of its route gives it."""

JSON = "application/json"
ONE_DEPLOYMENT = "/v1/deployments/{name}"
SHORT_FORM = "/v1/{name}"


@dataclass(frozen=True)
class Route:
    """One method on one path: ``needs`` is the smallest role that may use it.

    ``body`` is decoded from JSON, which may be missing where it is ``optional``; ``query`` from the
    query string; ``uploads`` hands the body to the operation as it arrives, ``sends_part`` as a
    stretch of a blob; ``events`` offers progress as newline-delimited JSON; ``streams`` answers
    until all is said; ``asks`` though it is a POST; ``prepares`` what another request asks for.
    ``fails`` names what its operation may raise.
    """

    method: str
    path: str
    handler: Handler
    _: KW_ONLY
    needs: Role
    answer: type[Any] | GenericAlias | None = None
    media: str = JSON
    body: type[Struct] | None = None
    optional: bool = False
    query: type[Struct] | None = None
    uploads: bool = False
    sends_part: bool = False
    asks: bool = False
    prepares: bool = False
    events: bool = False
    streams: bool = False
    fails: tuple[type[EddError], ...] = ()

    @property
    def name(self) -> str:
        """Return the route's name in the audit trail and in OpenAPI: its handler's."""
        return self.handler.__name__

    @property
    def summary(self) -> str:
        """Return what it does in a sentence: the first line of its handler's docstring."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]

    @property
    def names_deployment(self) -> bool:
        """Tell whether the path names a deployment."""
        return "{name}" in self.path

    @property
    def changes(self) -> bool:
        """Tell whether its use belongs into the audit trail even when it succeeds."""
        reads = self.method in {"GET", "HEAD"} or self.needs is Role.VIEWER or self.asks
        return not (reads or self.sends_part or self.prepares)


def with_short_forms(routes: Iterable[Route]) -> tuple[Route, ...]:
    """Return ``routes`` and ``/v1/NAME…`` for every ``/v1/deployments/NAME…``, those last."""
    long = tuple(routes)
    short = (
        replace(route, path=route.path.replace(ONE_DEPLOYMENT, SHORT_FORM, 1))
        for route in long
        if route.path.startswith(ONE_DEPLOYMENT)
    )
    return (*long, *short)
