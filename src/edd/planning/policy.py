"""Who may ask the engine for what: a table of methods and paths, and its reading.

What is not in the table is an administrator's. The configuration can only take away.
"""

import re
from collections.abc import Sequence
from enum import StrEnum

from msgspec import Struct

from edd.model.caller import Role
from edd.model.gateway import Denial, Opening, matches
from edd.planning.targets import SESSIONS

VIEWER_LINES = """\
GET  /_ping
HEAD /_ping
GET  /version
GET  /info
GET  /containers/json
GET  /containers/*/json
GET  /containers/*/changes
GET  /images/json
GET  /images/**/json
GET  /images/**/history
GET  /networks
GET  /networks/*
GET  /volumes
GET  /volumes/*
GET  /system/df
GET  /events
"""
"""A viewer reads, without what `edd.planning.redaction` takes out of the answers."""

DEPLOYER_LINES = """\
GET  /containers/*/logs
GET  /containers/*/stats
GET  /containers/*/top
POST /containers/create
POST /containers/*/start
POST /containers/*/stop
POST /containers/*/restart
POST /containers/*/kill
POST /containers/*/pause
POST /containers/*/unpause
POST /containers/*/wait
"""
"""A deployer operates: starts, stops, reads logs and statistics; `edd.planning.creation` says what
it may create."""

HIJACKED = """\
POST /containers/*/attach
POST /exec/*/start
GET  /containers/*/attach/ws
POST /session
POST /grpc
"""
"""Requests after which the connection carries something else than HTTP: an administrator's."""

PLAIN = frozenset({"/_ping", "/version"})
"""Answers that hold nothing of containers."""

_NAMED = re.compile(r"/(?:containers|exec|networks|volumes)/[^/]+/[^/]+/.+")
_LONG = re.compile(r"/containers/[^/]+/(?:attach/ws|checkpoints/[^/]+)")
"""Paths about things whose names have no slash. The engine would take one with slashes (that of an
old link) for a name, and so pass by a pattern."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
EVENTS = "GET /events"
BUILD = "/build"
"""Whoever may not build may not do it by BuildKit's own paths either."""

WAIT = "POST /containers/*/wait"
CREATE = "POST /containers/create"


class Line(Struct, frozen=True):
    """A method and a pattern of paths, and the smallest role that may use it."""

    method: str
    path: str
    role: Role

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def lines_of(text: str, role: Role) -> tuple[Line, ...]:
    """Return the lines of a table for ``role``."""
    words = (each.split() for each in text.splitlines())
    return tuple(Line(method, path, role) for method, path in words)


LINES = (
    *lines_of(VIEWER_LINES, Role.VIEWER),
    *lines_of(DEPLOYER_LINES, Role.DEPLOYER),
    *lines_of(HIJACKED, Role.ADMIN),
)
_HIJACKS = frozenset(lines_of(HIJACKED, Role.ADMIN))


class Body(StrEnum):
    """What a request may carry."""

    NONE = "none"
    CREATION = "creation"
    ANY = "any"


class Verdict(Struct, frozen=True):
    """A decision: ``refusal`` says why not, and is empty where the request may pass.

    ``line`` names the request by its pattern. ``redacted``: its answer is rewritten first, as a
    whole, or line by line where it is ``endless``. ``hijacks``: the connection may be taken over.
    ``reads``: nothing is changed by it. ``waits``: nor by this, which asks for what comes to pass.
    ``absent``: there is nothing of that name, which is no secret.
    """

    line: str
    refusal: str = ""
    body: Body = Body.NONE
    redacted: bool = False
    endless: bool = False
    hijacks: bool = False
    reads: bool = False
    waits: bool = False
    absent: bool = False


def decide(
    role: Role, method: str, path: str, opening: Opening, denials: Sequence[Denial] = ()
) -> Verdict:
    """Return whether ``role`` may send ``method`` to ``path`` (without version), and how.

    ``path`` comes from `edd.planning.targets`. Below an administrator a request has no body but
    the one of a container's creation: old API versions take a whole configuration elsewhere.
    """
    line = next((one for one in LINES if one.method == method and matches(one.path, path)), None)
    hijacks = line in _HIJACKS
    name = str(line) if line else f"{method if method in METHODS else 'OTHER'} **"
    reads, waits = method in READING and not hijacks, name == WAIT
    needs = line.role if line else Role.ADMIN
    if method in READING and _has_slash(path):
        # Docker's own tools ask for a container of that name before they ask for the image.
        return Verdict(f"{method} **", reads=True, absent=True)
    denial = _denial(role, method, path.rstrip("/"), denials)
    if refusal := (
        _by_form(method, path)
        or _by_role(role, needs)
        or _by_configuration(opening, denial, reads=reads)
    ):
        return Verdict(name, refusal, reads=reads)
    if role is Role.ADMIN:
        return Verdict(name, body=Body.ANY, hijacks=hijacks, reads=reads, waits=waits)
    return Verdict(
        name,
        body=Body.CREATION if name == CREATE else Body.NONE,
        redacted=role is Role.VIEWER and path not in PLAIN,
        endless=name == EVENTS,
        reads=reads,
        waits=waits,
    )


def _denial(role: Role, method: str, path: str, denials: Sequence[Denial]) -> Denial | None:
    paths = (path, BUILD) if path in SESSIONS else (path,)
    covering = (one for one in denials if any(one.covers(role, method, each) for each in paths))
    return next(covering, None)


def _by_form(method: str, path: str) -> str:
    if method not in METHODS:
        return "the engine has no such method."
    return "no name there has a slash." if _has_slash(path) else ""


def _has_slash(path: str) -> bool:
    return bool(_NAMED.fullmatch(path)) and not _LONG.fullmatch(path)


def _by_role(role: Role, needs: Role) -> str:
    return "" if role.covers(needs) else f"it needs the role {needs}; this certificate has {role}."


def _by_configuration(opening: Opening, denial: Denial | None, *, reads: bool) -> str:
    if opening is Opening.OFF:
        return "this host's configuration does not open its engine (`gateway`)."
    if opening is Opening.READ_ONLY and not reads:
        return "this host's configuration lets its engine be read only (`gateway`)."
    if denial is not None:
        return f"this host's configuration denies `{denial}` (`gateway_deny`)."
    return ""
