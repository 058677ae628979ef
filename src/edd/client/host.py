"""`HostClient`: everything a host can be asked for, as typed calls."""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from edd.client.endpoint import Endpoint
from edd.client.events import read_outcome
from edd.client.sources import MAKE_ANEW, Source
from edd.client.transport import LONG_SILENCE, Call, Transport, Upload
from edd.errors import (
    HostUnreachableError,
    InvalidRequestError,
    TruncatedArchiveError,
    UnknownDeploymentError,
)
from edd.model.deployment import NAME_RULE, DeploymentStatus
from edd.model.host import AuditEntry, Check, HostInfo
from edd.model.image import Digest
from edd.model.job import Job, JobStep, Outcome, Report
from edd.model.log import LogQuery
from edd.model.offer import (
    Assembly,
    BasesRequest,
    Offer,
    Received,
    Shortfall,
    SkeletonRequest,
    Suggestion,
)
from edd.model.password import PasswordRequest, SignIn
from edd.model.plan import IMAGE_RULE, Forecast, ForecastRequest, PullRequest, RollbackRequest
from edd.model.release import Release
from edd.model.session import LinkRequest, Session, SessionLink

T = TypeVar("T")

_NAME = re.compile(NAME_RULE)
_REFERENCE = re.compile(IMAGE_RULE)
_MAX_REFERENCE = 512
_EVENTS = {"Accept": "application/x-ndjson"}
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Delivery:
    """How a push ended, what it sent in bytes, and how long it took in seconds."""

    outcome: Outcome
    bytes: int
    seconds: float


@dataclass(frozen=True)
class Listeners:
    """Who hears of a push: ``report`` the host's events, ``sent`` the bytes sent so far.

    ``ended`` is called once, when the archive was sent to its last byte.
    """

    report: Report = field(default=lambda _: None)
    sent: Callable[[int], None] = field(default=lambda _: None)
    ended: Callable[[], None] = field(default=lambda: None)


class HostClient:
    """One host's API. Use it as an async context manager; every call raises `EddError` only."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._transport = Transport(endpoint)

    async def __aenter__(self) -> Self:
        await self._transport.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.__aexit__(kind, error, trace)

    @property
    def skew(self) -> float | None:
        """The host's clock minus this machine's at the last answer, in seconds."""
        return self._transport.skew

    @property
    def met(self) -> bool:
        """Whether somebody was ever there, be it that the link broke then."""
        return self._transport.met

    @property
    def answered(self) -> bool:
        """Whether the host ever gave an answer."""
        return self._transport.answered

    @property
    def place(self) -> str:
        """The host's name, and the address that it is reached by."""
        return self._transport.place

    @property
    def address(self) -> str:
        """The name or IP address by which the host is reached."""
        return self._transport.address

    @property
    def trip(self) -> float:
        """How many seconds the last request was on its way, there and back."""
        return self._transport.trip

    async def deployments(self) -> list[DeploymentStatus]:
        """Return the deployments this caller may see."""
        return await self._get("/v1/deployments", list[DeploymentStatus])

    async def deployment(self, name: str) -> DeploymentStatus:
        """Return one deployment as it stands."""
        return await self._get(_path(name), DeploymentStatus)

    async def releases(self, name: str) -> list[Release]:
        """Return what was delivered, newest first."""
        return await self._get(_path(name, "releases"), list[Release])

    async def info(self) -> HostInfo:
        """Return what the host says about itself and about this caller."""
        return await self._get("/v1/info", HostInfo)

    async def doctor(self) -> list[Check]:
        """Return the host's examination of itself."""
        return await self._get("/v1/doctor", list[Check])

    async def jobs(self, deployment: str = "", limit: int = 20) -> list[Job]:
        """Return jobs, newest first; of one deployment if it is named."""
        query = {"limit": str(limit)} | ({"deployment": deployment} if deployment else {})
        return await self._get("/v1/jobs", list[Job], query)

    async def job(self, number: int) -> Job:
        """Return one job."""
        return await self._get(f"/v1/jobs/{number}", Job)

    async def steps(self, number: int) -> list[JobStep]:
        """Return the journalled steps of a job, in their order."""
        return await self._get(f"/v1/jobs/{number}/steps", list[JobStep])

    async def audit(self, limit: int = 50) -> list[AuditEntry]:
        """Return who asked for what, newest first."""
        return await self._get("/v1/audit", list[AuditEntry], {"limit": str(limit)})

    async def plan(self, name: str, request: ForecastRequest) -> Forecast:
        """Return what delivering such an image would do."""
        body = msgspec.json.encode(request)
        call = Call("POST", _path(name, "plan"), headers=_JSON, body=body)
        return self._decode(await self._transport.fetch(call), Forecast)

    async def load(self, name: str, source: Source, listeners: Listeners) -> Delivery:
        """Deliver ``source`` to a deployment and wait until it serves, or raise why not."""
        began = time.monotonic()
        upload = Upload(source.chunks, listeners.sent, listeners.ended)
        headers = {**_EVENTS, "Content-Type": "application/x-tar"}
        if source.size is not None:
            headers["Content-Length"] = str(source.size)
        call = Call("POST", _path(name, "load"), {}, headers, upload, LONG_SILENCE)
        try:
            outcome = await self._deliver(call, listeners.report)
        except TruncatedArchiveError as error:
            if upload.complete and source.size is not None:
                error.advice = MAKE_ANEW
            raise
        return Delivery(outcome, upload.bytes, time.monotonic() - began)

    async def offer(self, name: str, offer: Offer) -> Shortfall:
        """Return what the host lacks of an image."""
        body = msgspec.json.encode(offer)
        call = Call("POST", _path(name, "offer"), headers=_JSON, body=body)
        return self._decode(await self._transport.fetch(call), Shortfall)

    async def received(self, name: str, digest: Digest) -> Received:
        """Return how much of a blob the host has."""
        return await self._get(_path(name, f"blobs/{digest}"), Received)

    async def send_part(self, name: str, digest: Digest, offset: int, rest: Upload) -> Received:
        """Send what is left of a blob, as zstd frames, from ``offset`` on."""
        headers = {
            "Content-Type": "application/partial-upload",
            "Content-Encoding": "zstd",
            "Upload-Offset": str(offset),
            "Upload-Complete": "?1",
        }
        call = Call("PATCH", _path(name, f"blobs/{digest}"), {}, headers, rest)
        return self._decode(await self._transport.fetch(call), Received)

    async def bases(self, name: str, request: BasesRequest) -> Suggestion:
        """Return the layers of the host that have much of the files of missing ones."""
        body = msgspec.json.encode(request)
        call = Call("POST", _path(name, "bases"), headers=_JSON, body=body)
        return self._decode(await self._transport.fetch(call), Suggestion)

    async def skeletons(
        self, name: str, layers: Sequence[Digest], most: int
    ) -> AsyncGenerator[bytes, None]:
        """Yield what tells of the content of each of ``layers``, in their order, as it arrives.

        Ends before one with which all would have more than ``most`` bytes.
        """
        body = msgspec.json.encode(SkeletonRequest(tuple(layers)))
        call = Call("POST", _path(name, "skeletons"), {}, _JSON, body, LONG_SILENCE)
        async with self._transport.exchange(call) as answer:
            try:
                for _ in layers:
                    size = int.from_bytes(await answer.content.readexactly(8))
                    most -= size
                    if most < 0:
                        return
                    yield await answer.content.readexactly(size)
            except asyncio.IncompleteReadError as error:
                raise HostUnreachableError(
                    f"{self._transport.place} broke off while it told of its layers."
                ) from error

    async def assemble(self, name: str, assembly: Assembly, report: Report) -> Outcome:
        """Let the host put an image together and run it."""
        body = msgspec.json.encode(assembly)
        call = Call("POST", _path(name, "assemble"), {}, _EVENTS | _JSON, body, LONG_SILENCE)
        return await self._deliver(call, report)

    async def pull(self, name: str, reference: str, report: Report) -> Outcome:
        """Let the host pull ``reference`` and run it."""
        if len(reference) > _MAX_REFERENCE or _REFERENCE.fullmatch(reference) is None:
            raise InvalidRequestError(
                f"{reference[:80]!r} is no reference of an image.",
                kept="Nothing was sent.",
                advice="Write it as `docker pull` takes it: registry.example.org/website:2.",
            )
        body = msgspec.json.encode(PullRequest(path=reference))
        call = Call("POST", _path(name, "pull"), {}, _EVENTS | _JSON, body, LONG_SILENCE)
        return await self._deliver(call, report)

    async def rollback(self, name: str, release: int | None, report: Report) -> Outcome:
        """Return to ``release``, or to the one that served before."""
        body = msgspec.json.encode(RollbackRequest(release=release))
        call = Call("POST", _path(name, "rollback"), {}, _EVENTS | _JSON, body, LONG_SILENCE)
        return await self._deliver(call, report)

    async def apply(self, name: str, report: Report) -> Outcome:
        """Let the host make a container anew that is another than described."""
        call = Call("POST", _path(name, "apply"), {}, _EVENTS, silence=LONG_SILENCE)
        return await self._deliver(call, report)

    async def start(self, name: str) -> None:
        """Start the deployment's container."""
        await self._do("POST", _path(name, "start"))

    async def stop(self, name: str) -> None:
        """Stop the deployment's container."""
        await self._do("POST", _path(name, "stop"))

    async def restart(self, name: str) -> None:
        """Stop and start the deployment's container."""
        await self._do("POST", _path(name, "restart"))

    async def remove(self, name: str) -> None:
        """Stop and remove the deployment's container."""
        await self._do("DELETE", _path(name))

    async def reload(self) -> None:
        """Make the daemon read its configuration and certificates again."""
        await self._do("POST", "/v1/reload")

    async def session_link(self, *, read_only: bool) -> SessionLink:
        """Make a link that lets one browser into the host's console."""
        body = msgspec.json.encode(LinkRequest(read_only))
        call = Call("POST", "/v1/sessions", headers=_JSON, body=body)
        return self._decode(await self._transport.fetch(call), SessionLink)

    async def put_password(self, password: str, *, read_only: bool) -> SignIn:
        """Set the password by which browsers come into the host's console."""
        body = msgspec.json.encode(PasswordRequest(password, read_only))
        call = Call("PUT", "/v1/sessions/password", headers=_JSON, body=body)
        return self._decode(await self._transport.fetch(call), SignIn)

    async def remove_password(self) -> None:
        """Take it away."""
        await self._do("DELETE", "/v1/sessions/password")

    async def sessions(self) -> list[Session]:
        """List the browsers that were let in."""
        return await self._get("/v1/sessions", list[Session])

    async def end_session(self, number: int) -> None:
        """End one of them."""
        await self._do("DELETE", f"/v1/sessions/{number}")

    async def logs(self, name: str, query: LogQuery) -> AsyncIterator[bytes]:
        """Yield what the container wrote, in pieces as they come."""
        asked = {"follow": "1"} if query.follow else {}
        asked |= {} if query.tail is None else {"tail": str(query.tail)}
        asked |= {"since": query.since} if query.since else {}
        asked |= {"until": query.until} if query.until else {}
        asked |= {"timestamps": "1"} if query.timestamps else {}
        silence = None if query.follow else LONG_SILENCE
        async with self._transport.exchange(
            Call("GET", _path(name, "logs"), asked, silence=silence)
        ) as answer:
            async for piece in answer.content.iter_any():
                yield piece

    async def _deliver(self, call: Call, report: Report) -> Outcome:
        async with self._transport.exchange(call) as answer:
            if answer.content_type == "application/json":
                return self._decode(await answer.read(), Outcome)
            return await read_outcome(answer.content.iter_any(), report)

    async def _do(self, method: str, path: str) -> None:
        await self._transport.fetch(Call(method, path, silence=LONG_SILENCE))

    async def _get(self, path: str, kind: type[T], query: dict[str, str] | None = None) -> T:
        return self._decode(await self._transport.fetch(Call("GET", path, query or {})), kind)

    def _decode(self, body: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise self._strange(error) from error

    def _strange(self, what: object) -> HostUnreachableError:
        return HostUnreachableError(
            f"{self._transport.place} did not answer as an ED daemon does: {what}.",
            advice="See that it is an ED daemon that listens there, and of this version.",
            strange=True,
        )


def _path(name: str, verb: str = "") -> str:
    if _NAME.fullmatch(name) is None:
        raise UnknownDeploymentError(
            f"No deployment can be called {name!r}.",
            kept="Nothing was sent.",
            advice="Names are lower-case letters and digits, joined by - or _. See: edd ps.",
        )
    return f"/v1/deployments/{name}" + (f"/{verb}" if verb else "")
