"""The host's gate: the TLS context it listens with, and who may pass, both renewed by a reload.

Blocking (files, and a short process that reads certificates): call from a thread in a loop.
"""

import ssl
import time
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from edd.errors import UntrustedError
from edd.model.caller import Caller, Credential, Role
from edd.model.host import Expiry
from edd.trust.callers import caller_from, end_of
from edd.trust.facts import (
    WARNING_DAYS,
    FileFacts,
    days_left,
    expiries,
    read_facts,
    rfc3339,
)
from edd.trust.revocation import Revocations, issuer_of, name_text, revocations_from
from edd.trust.standing import standing_of
from edd.trust.tls import TlsFiles, browser_context, server_context

_MOST_CLIENTS = 1000


class _Trust(Struct, frozen=True):
    """All that one load yielded; it changes as a whole or not at all."""

    context: ssl.SSLContext
    open_context: ssl.SSLContext
    revocations: Revocations
    facts: tuple[FileFacts, ...]


class LiveContext(ssl.SSLContext):
    """A server context that hands each new connection to the newest loaded one.

    Open connections keep the context they began with. Switching contexts in an SNI callback
    instead would leave flags and the session cache of the first one in force.
    """

    current: ssl.SSLContext

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a connection for asyncio, under the newest context."""
        return self.current.wrap_bio(*args, **kwargs)

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """Begin a connection on a socket, under the newest context."""
        return self.current.wrap_socket(*args, **kwargs)


class Gate:
    """Lets in verified clients only. ``context`` is what the listener is given, once and for all.

    ``open_context`` is the same for a listener that asks for no certificate.

    ``default_role`` may be changed at any time; it counts from the next request on.

    Raises:
        CredentialError: from the constructor and `reload`, when a file cannot be used.
    """

    def __init__(self, files: TlsFiles, default_role: Role | None = None) -> None:
        self.default_role = default_role
        self._trust = _load(files)
        self._withdrawn: frozenset[str] = frozenset()
        self._ending: dict[str, float] = {}
        self.context = LiveContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.verify_mode = ssl.CERT_REQUIRED
        self.open_context = LiveContext(ssl.PROTOCOL_TLS_SERVER)
        self._renew()

    def reload(self, files: TlsFiles) -> None:
        """Read everything anew, for connections to come; on an error the old stays in force."""
        trust = _load(files)
        known = self._withdrawn | _authorities(self._trust)
        self._withdrawn = known - _authorities(trust)
        self._trust = trust
        self._ending.clear()  # whoever is still let in comes again
        self._renew()

    def _renew(self) -> None:
        self.context.current = self._trust.context
        self.open_context.current = self._trust.open_context

    def names(self) -> frozenset[str]:
        """Return the names and addresses that the server's certificate is for, in lower case."""
        server, *_ = self._trust.facts
        names = server.certificates[0].names if server.certificates else ()
        return frozenset(name.lower() for name in names)

    def identify(self, peercert: Mapping[str, Any], now: float | None = None) -> Caller:
        """Return who presented ``peercert``, in the form of ``ssl``'s ``getpeercert()``.

        Ask for each request: trust can end while a connection lasts.

        Raises:
            UntrustedError: it is over, revoked, of an authority that a reload withdrew, or says
                too little.
        """
        if issuer_of(peercert) in self._withdrawn:
            raise UntrustedError("The authority of the client's certificate is no longer trusted.")
        now = time.time() if now is None else now
        caller = caller_from(
            peercert,
            now,
            default_role=self.default_role,
            revocations=self._trust.revocations,
        )
        self._note_end(caller.name, end_of(peercert), now)
        return caller

    def trusts(self, credential: Credential, now: float | None = None) -> bool:
        """Tell whether who once showed ``credential`` would still be let in, and in its role."""
        now = time.time() if now is None else now
        if self._trust.revocations.contains(credential.serial, credential.issuer):
            return False
        same_role = credential.default_role in {None, self.default_role}
        return same_role and credential.issuer not in self._withdrawn and now <= credential.end

    def standing(self, credential: Credential, now: float | None = None) -> str:
        """Return what the rights of ``credential`` rest on beside itself; nothing if it has none.

        While that stays the same, who showed it once would be let in with it now, and be the same.
        """
        now = time.time() if now is None else now
        if not self.trusts(credential, now):
            return ""
        return standing_of(credential, self._trust.context, self._trust.facts, now)

    def expiries(self, now: float | None = None) -> tuple[Expiry, ...]:
        """Return the ends of the server's certificate, the authorities and revocation lists.

        And of the certificates of clients that came, if that is within 30 days: the host need
        not know what its clients' authority issued.
        """
        now = time.time() if now is None else now
        clients = [
            Expiry(f"client {name}", rfc3339(end), days_left(end, now))
            for name, end in self._ending.items()
            if end > now
        ]
        return tuple(sorted((*expiries(self._trust.facts, now), *clients), key=_end))

    def warnings(self, now: float | None = None) -> tuple[str, ...]:
        """Return sentences about what ends within 30 days or shuts clients out."""
        soon = [e for e in self.expiries(now) if e.days <= WARNING_DAYS]
        ends = [f"{e.name} {'ended' if e.days < 0 else 'ends'} on {e.not_after}." for e in soon]
        return (*ends, *_authorities_without_list(self._trust.facts))

    def _note_end(self, name: str, end: float, now: float) -> None:
        """Remember who ends soon; of too many, those who end last."""
        self._ending.pop(name, None)
        if days_left(end, now) <= WARNING_DAYS:
            if len(self._ending) >= _MOST_CLIENTS:
                del self._ending[min(self._ending, key=self._ending.__getitem__)]
            self._ending[name] = end


def _end(expiry: Expiry) -> str:
    return expiry.not_after


def _load(files: TlsFiles) -> _Trust:
    context, open_context = server_context(files), browser_context(files)
    paths = [files.certificates, files.client_authorities]
    facts = read_facts(paths if files.crl is None else [*paths, files.crl])
    revocations = revocations_from(crl for file in facts for crl in file.crls)
    return _Trust(context, open_context, revocations, facts)


def _authorities(trust: _Trust) -> frozenset[str]:
    return frozenset(_subject(authority) for authority in trust.context.get_ca_certs())


def _subject(authority: Any) -> str:
    return name_text(authority["subject"])


def _authorities_without_list(facts: Iterable[FileFacts]) -> list[str]:
    _, authorities, *lists = facts
    listed = {crl.issuer for file in (authorities, *lists) for crl in file.crls}
    if not lists:
        return []
    return [
        f"{authorities.path}: {authority.subject} has no revocation list in {lists[0].path}, "
        "so the clients it certified itself are refused."
        for authority in authorities.certificates
        if authority.subject not in listed
    ]
