"""The way to the engine for those who speak its own API: judged, written down, then let through."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager

from msgspec import Struct

from edd.engine.passage import Passage
from edd.errors import ForbiddenError, InvalidRequestError, UnknownObjectError
from edd.model.caller import Caller, Role
from edd.operations.settings import Settings
from edd.operations.trail import written
from edd.planning import creation, queries
from edd.planning.policy import Body, Verdict, decide
from edd.planning.targets import Target
from edd.store.audit import Audit

UNCLEAR = InvalidRequestError.code

ReadBody = Callable[[], Awaitable[bytes]]


class Asked(Struct, frozen=True):
    """A request as far as it is judged before its body is read; ``json``: it says it is that."""

    caller: Caller
    method: str
    target: Target
    has_body: bool
    json: bool


class Admitted(Struct, frozen=True):
    """A request that may pass, and its body where that had to be read for it."""

    verdict: Verdict
    body: bytes | None = None


class Gateway:
    """Judges requests to the engine by role and configuration, and opens the way for them."""

    def __init__(self, settings: Settings, audit: Audit, socket: str) -> None:
        self._settings = settings
        self._audit = audit
        self._socket = socket

    def passage(self) -> AbstractAsyncContextManager[Passage]:
        """Open a connection to the engine for one request."""
        return Passage.open(self._socket)

    async def admit(self, asked: Asked, read: ReadBody) -> Admitted:
        """Return how ``asked`` may pass, once the audit trail tells that it may.

        Only a container's creation by somebody who is no administrator needs its body; ``read``
        gives it.

        Raises:
            ForbiddenError: it may not; the trail tells of that, too.
            UnknownObjectError: the engine can have nothing of that name.
        """
        config = self._settings.config
        verdict = decide(
            asked.caller.role,
            asked.method,
            asked.target.meaning,
            config.gateway,
            config.gateway_deny,
        )
        if verdict.absent:
            await self._tell(asked, verdict, "")
            raise UnknownObjectError(f"No such object: {asked.target.meaning}")
        body = None
        refusal = verdict.refusal or _refusal(asked, verdict, config.container_prefix)
        if not refusal and verdict.body is Body.CREATION:
            body = await read()
            refusal = creation.why_not(body)
        if refusal:
            await self._tell(asked, verdict, ForbiddenError.code)
            what = f"{asked.method} {asked.target.meaning}"
            detail = f"{what} is refused to {asked.caller.name}: {refusal}"
            raise ForbiddenError(detail, advice="")
        await self._tell(asked, verdict, "")
        return Admitted(verdict, body)

    async def note_unclear(self, caller: Caller) -> None:
        """Write down that somebody asked with a path that is none."""
        await written(self._audit.record(caller.name, "docker", "", 400, UNCLEAR))

    async def _tell(self, asked: Asked, verdict: Verdict, code: str) -> None:
        """Write a decision down; what was refused or read by its pattern, so that it counts."""
        name = asked.caller.name
        if code:
            entry = self._audit.record(name, f"docker {verdict.line}", "", 403, code)
        elif verdict.reads or verdict.waits:
            entry = self._audit.record_reading(name, f"docker {verdict.line}")
        else:
            action = f"docker {asked.method} {asked.target.meaning}"
            entry = self._audit.record_passage(name, action, f"docker {verdict.line}")
        await written(entry)


def _refusal(asked: Asked, verdict: Verdict, reserved: str) -> str:
    if asked.caller.deployments:
        limit = ", ".join(sorted(asked.caller.deployments))
        return f"this certificate reaches {limit} only, and Docker's API reaches the whole engine."
    if verdict.body is Body.NONE and asked.has_body:
        return "only an administrator may send a body with it."
    if verdict.body is Body.CREATION and not asked.json:
        return "its body must be sent as application/json."
    if asked.caller.role is not Role.ADMIN:
        return queries.why_not(verdict.line, asked.target.query, reserved)
    return ""
