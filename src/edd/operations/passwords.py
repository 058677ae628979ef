"""Passwords: the second way into the console for browsers without a certificate.

Who has a certificate sets one for its own name; a browser that knows both is let in as by a link.
Neither an answer nor the time it takes tells whether a name has a password.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from edd.errors import ForbiddenError, NotListeningError, TooManyTriesError, UntrustedError
from edd.model.caller import Caller, Credential, Role
from edd.model.password import Password, SignIn
from edd.model.session import Visitor, Way
from edd.operations.attempts import Attempts
from edd.operations.sessions import Sessions
from edd.operations.settings import Settings
from edd.operations.trail import written
from edd.planning.passwords import checked, secret_of
from edd.store.audit import Audit
from edd.store.passwords import KeptPasswords
from edd.trust import scrypt

AT_ONCE = 2
"""Passwords that are hashed at one time: each takes 32 MiB."""

PATIENCE = 5
"""Seconds that a browser waits for others' passwords to be hashed."""

TRIES, TRY_SECONDS = 5, 12.0
"""Tries with one name at once, and seconds until the next one beyond them."""

LOCAL_ROOT = "root@local"

_LONGEST_NAME = 128

log = logging.getLogger(__name__)


class Passwords:
    """Sets passwords and lets browsers in by them.

    ``standing`` tells what a certificate's rights rest on, as `Gate.standing`: a password is good
    while that is what it was, as its certificate would be.
    """

    def __init__(
        self,
        kept: KeptPasswords,
        sessions: Sessions,
        audit: Audit,
        settings: Settings,
        standing: Callable[[Credential], str],
    ) -> None:
        self._kept = kept
        self._sessions = sessions
        self._audit = audit
        self._settings = settings
        self._standing = standing
        self._tries = Attempts(TRIES, TRY_SECONDS, time.monotonic)
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._one_change = asyncio.Lock()
        self._nobodys = scrypt.nobodys()

    async def put(self, caller: Caller, typed: str, *, read_only: bool) -> SignIn:
        """Make ``typed`` the password of ``caller``, or of a viewer of its name.

        What an earlier one of that name began is over.

        Raises:
            ForbiddenError: ``caller`` came by a link or a password itself, or has rights that
                could not be told to be gone.
            NotListeningError: the host does not listen for browsers.
            InvalidRequestError: it is no good password.
            TooManyTriesError: others' are being hashed.
        """
        _refuse_visitor(caller)
        listen = self._settings.config.console_listen
        if listen is None:
            raise NotListeningError("This host does not listen for browsers.")
        secret, standing = checked(typed), self._standing_of(caller)
        if read_only:
            caller = msgspec.structs.replace(caller, role=Role.VIEWER)
        async with self._slot():
            made = await asyncio.to_thread(scrypt.kept_of, secret)
        async with self._one_change:
            await self._kept.put(caller.name, Password(caller, standing, made))
            self._sessions.end_all(caller.name, Way.PASSWORD)
        await written(self._audit.record(caller.name, "password_set", "", 200, ""))
        return SignIn(caller.name, listen.port)

    async def remove(self, caller: Caller) -> None:
        """Take the password of ``caller`` away, if there is one, and end what it began.

        Raises:
            ForbiddenError: ``caller`` came by a link or a password itself.
        """
        _refuse_visitor(caller)
        async with self._one_change:
            await self._kept.remove(caller.name)
            self._sessions.end_all(caller.name, Way.PASSWORD)
        await written(self._audit.record(caller.name, "password_remove", "", 200, ""))

    async def enter(self, name: str, typed: str, visitor: Visitor) -> str:
        """Let in a browser whose user knows a name and its password; return what it shows then.

        Raises:
            UntrustedError: they are wrong, or the certificate of that name is not good any more.
            TooManyTriesError: there were too many with that name, or of all names at this moment.
        """
        async with self._slot():
            if seconds := self._tries.take(name[:_LONGEST_NAME]):
                raise _too_many("There were too many tries with this name.", seconds)
            known = await self._kept.find(name)
            fits = await asyncio.to_thread(
                scrypt.fits, secret_of(typed), known.scrypt if known else self._nobodys
            )
        if known is None or not fits:
            raise await self._wrong(name if known else "unknown", visitor)
        if not self._is_good(known):
            await self._refused(visitor)
            raise UntrustedError(
                "The certificate that set this password is over, or not trusted any more.",
                advice="Set a password with the present one: edd session password.",
            )
        async with self._one_change:
            if await self._kept.find(name) != known:
                raise await self._wrong(name, visitor)
            token = self._sessions.begin(known.caller, visitor, Way.PASSWORD)
        await written(self._audit.record(name, "session_begin_password", "", 200, ""))
        return token

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._slots.acquire()
        except TimeoutError:
            raise _too_many("Too many passwords are tried at this moment.", PATIENCE) from None
        try:
            yield
        finally:
            self._slots.release()

    def _standing_of(self, caller: Caller) -> str:
        """Return what to compare later: rights that cannot be taken back give no password."""
        if caller.credential is None:
            if caller.name != LOCAL_ROOT:
                raise ForbiddenError(
                    "On the host itself only root sets a password: nobody else's would end with the"
                    " right to use its socket.",
                    advice="Use a certificate: edd -H HOST session password.",
                )
            return ""
        if standing := self._standing(caller.credential):
            return standing
        raise ForbiddenError(
            "A password needs a certificate that an authority of this host issued itself.",
            advice="",
        )

    def _is_good(self, known: Password) -> bool:
        credential = known.caller.credential
        return credential is None or self._standing(credential) == known.standing

    async def _wrong(self, name: str, visitor: Visitor) -> UntrustedError:
        # The audit trail has the address instead: to write a name for the first time would take
        # longer, and who mistakes the fields types the password there.
        log.warning("password-refused name=%s address=%s", name, visitor.address)
        await self._refused(visitor)
        return UntrustedError(
            "The name or the password is wrong.",
            advice="Try again, or ask for a link: edd session link.",
        )

    async def _refused(self, visitor: Visitor) -> None:
        who = f"browser at {visitor.network} (untrusted)"
        await written(self._audit.record(who, "session_begin_password", "", 401, "untrusted"))


def _refuse_visitor(caller: Caller) -> None:
    if caller.visiting:
        raise ForbiddenError("A password is set with a certificate, not by who came without one.")


def _too_many(what: str, seconds: int) -> TooManyTriesError:
    return TooManyTriesError(what, advice=f"Try again in {seconds} seconds.", seconds=seconds)
