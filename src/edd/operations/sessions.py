"""Browsers without a certificate: let in by a link for whoever asked for it, for a while.

Passwords (`edd.operations.passwords`) begin the same sessions.

All of it is kept in memory, and of secrets only their hashes: a restart ends every session.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec

from edd.errors import ForbiddenError, NotListeningError, UnknownSessionError, UntrustedError
from edd.model.caller import Caller, Credential, Role
from edd.model.session import Session, SessionLink, Visitor, Way
from edd.operations.settings import Settings
from edd.operations.trail import written
from edd.store.audit import Audit
from edd.store.clock import now

LINK_SECONDS = 300
"""How long a link waits for its browser."""

IDLE_SECONDS = 1800.0
"""How long a browser may stay away."""

LONGEST_SECONDS = 12 * 3600.0
"""How long a session lasts at most, used or not."""

MOST = 25
"""Links, and sessions, of one caller; of more, the oldest end."""

ASK = "Ask for a new link: edd session link."

_LONGEST_AGENT = 200

Hang = Callable[[], None]
"""Ends a connection at once."""


@dataclass
class _Link:
    caller: Caller
    until: float
    session: str = ""


@dataclass
class _Open:
    id: int
    caller: Caller
    visitor: Visitor
    by: Way
    since: str
    until: float
    seen: float
    connections: set[Hang] = field(default_factory=set)
    networks: dict[bool, str] = field(default_factory=dict)

    def is_from(self, network: str) -> bool:
        """Tell whether the browser is in ``network``; each of IPv4 and IPv6 has its first one."""
        return self.networks.setdefault(":" in network, network) == network


class Sessions:
    """The links that wait and the browsers that came; ``trusts`` tells of a certificate still good.

    A session ends with the certificate of whoever let it in, too: when that is over or revoked,
    the next request is refused, and `review` ends what is open.
    """

    def __init__(
        self,
        audit: Audit,
        settings: Settings,
        trusts: Callable[[Credential], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audit = audit
        self._settings = settings
        self._trusts = trusts
        self._clock = clock
        self._links: dict[str, _Link] = {}
        self._open: dict[str, _Open] = {}
        self._count = 0

    async def link(self, caller: Caller, *, read_only: bool) -> SessionLink:
        """Return what lets one browser in as ``caller``, or as a viewer of its name.

        Raises:
            ForbiddenError: ``caller`` came by a link itself, whose session would never end so.
            NotListeningError: the host does not listen for browsers.
        """
        if caller.visiting:
            raise ForbiddenError("A link is made with a certificate, not by who came by one.")
        listen = self._settings.config.console_listen
        if listen is None:
            raise NotListeningError("This host does not listen for browsers.")
        if read_only:
            caller = msgspec.structs.replace(caller, role=Role.VIEWER)
        self._forget()
        waiting = {key: one for key, one in self._links.items() if not one.session}
        for key in _surplus(waiting, caller):
            del self._links[key]
        secret = secrets.token_urlsafe(32)
        self._links[_hash(secret)] = _Link(caller, self._clock() + LINK_SECONDS)
        await written(self._audit.record(caller.name, "session_link", "", 200, ""))
        return SessionLink(secret, listen.port, LINK_SECONDS)

    def knows(self, secret: str) -> bool:
        """Tell whether there is a link with that secret, used or not."""
        self._forget()
        return _hash(secret) in self._links

    async def enter(self, secret: str, visitor: Visitor) -> str:
        """Let in the browser that has a link's secret, once; return what it shows from then on.

        A secret that is used again ends the session that it opened, however old that is: one of the
        two was not meant to have it.

        Raises:
            UntrustedError: it is wrong, was used, or has waited for too long.
        """
        self._forget()
        link = self._links.get(_hash(secret))
        if link is None:
            await self._refused(f"browser at {visitor.network} (untrusted)")
            raise UntrustedError(
                "This link is wrong, was used before, or is older than five minutes.", advice=ASK
            )
        name = link.caller.name
        if link.session:
            self._end(link.session)
            await self._refused(name)
            raise UntrustedError(
                "This link was used before, and what it opened is closed: somebody else may have"
                " seen it.",
                advice=ASK,
            )
        token = self.begin(link.caller, visitor, Way.LINK)
        link.session = _hash(token)
        await written(self._audit.record(name, "session_begin", "", 200, ""))
        return token

    def begin(self, caller: Caller, visitor: Visitor, by: Way) -> str:
        """Begin a session of ``caller``, and return what its browser shows from then on."""
        for each in _surplus(self._open, caller):
            self._end(each)
        self._count += 1
        token, at = secrets.token_urlsafe(32), self._clock()
        caller = msgspec.structs.replace(caller, visiting=True)
        visitor = Visitor(visitor.address, visitor.agent[:_LONGEST_AGENT])
        begun = _Open(self._count, caller, visitor, by, now(), at + LONGEST_SECONDS, at)
        begun.is_from(visitor.network)
        self._open[_hash(token)] = begun
        return token

    def caller_of(self, token: str, network: str) -> Caller:
        """Return for whom the browser in ``network`` that shows ``token`` came; it lasts on.

        A browser sends its cookie to every port of a name, and so to what a container serves there:
        whoever gets hold of it that way is elsewhere.

        Raises:
            UntrustedError: there is no such session any more, or not in that network.
        """
        session = self._current(token, network)
        if session is None:
            raise UntrustedError(
                "This browser was not let in from here, or its session is over.", advice=ASK
            )
        session.seen = self._clock()
        return session.caller

    @contextmanager
    def held(self, token: str, network: str, hang_up: Hang) -> Iterator[bool]:
        """Have ``hang_up`` called if the session ends meanwhile: its streams end with it.

        Yields whether there is such a session.
        """
        session = self._current(token, network)
        if session is None:
            yield False
            return
        session.connections.add(hang_up)
        try:
            yield True
        finally:
            session.connections.discard(hang_up)

    def leave(self, token: str) -> None:
        """End the session of the browser that shows ``token``, if there is one."""
        self._end(_hash(token))

    def listed(self, caller: Caller) -> list[Session]:
        """Return the sessions that ``caller`` may end, newest first: its own, or an admin's all."""
        self._forget()
        seen = [one for one in self._open.values() if _may_end(caller, one)]
        return [self._told(one) for one in reversed(seen)]

    async def end(self, number: int, caller: Caller) -> None:
        """End a session, with all that is open of it.

        Raises:
            UnknownSessionError: there is none of that number.
            ForbiddenError: it is somebody else's.
        """
        key = next((key for key, one in self._open.items() if one.id == number), None)
        if key is None:
            raise UnknownSessionError(f"There is no session {number}.")
        if not _may_end(caller, self._open[key]):
            raise ForbiddenError(f"Session {number} is not one that {caller.name} may end.")
        self._end(key)
        await written(self._audit.record(caller.name, "session_end", "", 200, ""))

    def end_all(self, name: str, by: Way) -> None:
        """End what began so for the caller of that name."""
        for key, one in tuple(self._open.items()):
            if (one.caller.name, one.by) == (name, by):
                self._end(key)

    def review(self) -> None:
        """End what has come to its end though nobody asks: its streams would go on otherwise.

        Half an hour without a request is no end before the browser comes back: what it sends or is
        sent meanwhile may take longer.
        """
        for key in [key for key, one in self._open.items() if self._has_ended(one)]:
            self._end(key)

    def _current(self, token: str, network: str) -> _Open | None:
        key = _hash(token)
        session = self._open.get(key)
        if session is None or not session.is_from(network):
            return None
        if not self._is_over(session):
            return session
        self._end(key)
        return None

    def _end(self, key: str) -> None:
        session = self._open.pop(key, None)
        for hang_up in tuple(session.connections) if session else ():
            hang_up()

    def _forget(self) -> None:
        for key in [key for key, one in self._open.items() if self._is_over(one)]:
            self._end(key)
        self._links = {key: one for key, one in self._links.items() if self._is_known(one)}

    def _is_known(self, link: _Link) -> bool:
        """Tell whether a link still waits, or what it opened is still open."""
        return link.session in self._open if link.session else link.until > self._clock()

    def _is_over(self, session: _Open) -> bool:
        return self._clock() >= session.seen + IDLE_SECONDS or self._has_ended(session)

    def _has_ended(self, session: _Open) -> bool:
        credential = session.caller.credential
        if self._clock() >= session.until:
            return True
        return credential is not None and not self._trusts(credential)

    def _told(self, one: _Open) -> Session:
        idle = self._clock() - one.seen
        who = one.caller
        address, agent = one.visitor.address, one.visitor.agent
        return Session(one.id, who.name, who.role, address, agent, one.since, int(idle), one.by)

    async def _refused(self, name: str) -> None:
        await written(self._audit.record(name, "session_begin", "", 401, "untrusted"))


def _may_end(caller: Caller, session: _Open) -> bool:
    """Tell whether a session is ``caller``'s own, or an administrator may end it.

    What may do more is not its own though of the same name: who got a link to look with does not
    end what its maker opened.
    """
    own = caller.name == session.caller.name and caller.role.covers(session.caller.role)
    return own or (caller.role is Role.ADMIN and not caller.deployments)


def _surplus(known: Mapping[str, "_Link | _Open"], caller: Caller) -> list[str]:
    """Return the oldest of ``caller`` that must end before another one begins."""
    mine = [key for key, one in known.items() if one.caller.name == caller.name]
    return mine[: max(0, len(mine) - MOST + 1)]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
