"""The operations behind the API, held in memory: the boundary at which these tests cut."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

from edd.distribution import Manifest
from edd.errors import (
    BusyError,
    ConfigError,
    EngineUnreachableError,
    InvalidRequestError,
    TooLargeError,
    UnhealthyError,
    UnknownDeploymentError,
    UnknownJobError,
    UnknownReleaseError,
    UnknownSessionError,
)
from edd.model.caller import Caller
from edd.model.deployment import DeploymentStatus
from edd.model.host import AuditEntry, Check, HostInfo
from edd.model.job import Job, JobKind, JobState, JobStep, Outcome, Progress, Report
from edd.model.log import LogQuery
from edd.model.metric import Metric
from edd.model.offer import (
    Assembly,
    BasesRequest,
    MissingBlob,
    Offer,
    Received,
    Shortfall,
    Suggestion,
)
from edd.model.password import SignIn
from edd.model.plan import DiskNeed, Forecast, ForecastRequest
from edd.model.release import Release, ReleaseState
from edd.model.session import Session, SessionLink
from edd.model.upload import Part, Upload

MAX_ARCHIVE = 1 << 34
DIGEST = f"sha256:{'0' * 64}"
NO_LAYER = f"sha256:{'f' * 64}"


class Standin:
    """Deployments ``website`` and ``shop``; ``broken`` and ``busy`` do what their names say."""

    def __init__(self) -> None:
        self.names = {"website", "shop", "busy", "broken", "faulty"}
        self.received: dict[str, int] = {}
        self.reading = asyncio.Event()
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.refused: BaseException | None = None
        self.entries: list[AuditEntry] = []
        self.log_ended = asyncio.Event()
        self.calls: list[tuple[Any, ...]] = []
        self.chatter = 0
        self.may_record = asyncio.Event()
        self.may_record.set()
        self.unrecorded: Exception | None = None

    def operations(self) -> Any:
        return SimpleNamespace(
            deliveries=self,
            offers=_Offers(self),
            bases=_Offers(self),
            relatives=_Offers(self),
            pushes=_Pushes(),
            lifecycle=self,
            views=self,
            audit=_Audit(self),
            sessions=_Sessions(),
            passwords=_Passwords(),
            reload=self.reload,
        )

    async def assemble(
        self, name: str, assembly: Assembly, caller: Caller, report: Report
    ) -> Outcome:
        self._find(name)
        return Outcome("success", "running", "healthy", image=assembly.image)

    async def load(self, name: str, upload: Upload, caller: Caller, report: Report) -> Outcome:
        self._find(name)
        if name == "busy":
            raise BusyError("busy is held by alice.", job=7, caller="alice")
        if (upload.size or 0) > MAX_ARCHIVE:
            raise TooLargeError("That is too large.", limit=MAX_ARCHIVE)
        report(Progress("load", "receiving", 0, upload.size))
        self.received[name] = 0
        try:
            async for chunk in upload.source:
                self.reading.set()
                self.received[name] += len(chunk)
                report(Progress("load", "receiving", self.received[name], upload.size))
                for number in range(self.chatter):
                    report(Progress("load", f"{number} " + "x" * 2000))
        except BaseException as error:
            self.refused = error
            raise
        await self.may_end.wait()
        if name == "broken":
            raise UnhealthyError("It did not become healthy.", log=["out of cheese"])
        if name == "faulty":
            raise ZeroDivisionError("secret")
        return Outcome("success", "running", "healthy", release=1, message=caller.name)

    async def pull(self, name: str, path: str, caller: Caller, report: Report) -> Outcome:
        self._find(name)
        report(Progress("pull", path))
        return Outcome("success", "running", "healthy")

    async def rollback(
        self, name: str, number: int | None, caller: Caller, report: Report
    ) -> Outcome:
        self._find(name)
        if number not in {None, 1}:
            raise UnknownReleaseError(f"{name} keeps no release {number}.")
        return Outcome("success", "running", "healthy", release=number)

    async def apply(self, name: str, caller: Caller, report: Report) -> Outcome:
        self._find(name)
        report(Progress("create", f"for {caller.name}"))
        return Outcome("success", "running", "healthy", release=1)

    async def start(self, name: str, caller: Caller) -> None:
        self._find(name)
        self.calls.append(("start", name, caller.name))

    stop = restart = remove = start

    def known(self, name: str) -> None:
        self._find(name)

    async def deployments(self, caller: Caller) -> list[DeploymentStatus]:
        return [_status(name) for name in sorted(self.names) if _sees(caller, name)]

    async def deployment(self, name: str) -> DeploymentStatus:
        return _status(self._find(name))

    async def releases(self, name: str) -> list[Release]:
        return [Release(self._find(name), 1, "sha256:0", "x", "alice", "now", ReleaseState.CURRENT)]

    async def jobs(self, deployment: str | None, limit: int) -> list[Job]:
        names = sorted(self.names) if deployment is None else [deployment]
        return [_job(number, name) for number, name in enumerate(names)][:limit]

    async def job(self, id: int) -> Job:  # noqa: A002 - the operations' own word
        if id > 9:
            raise UnknownJobError(f"There is no job {id}.")
        return _job(id, "website")

    async def steps(self, id: int) -> list[JobStep]:  # noqa: A002
        return [JobStep("load", "now")]

    async def forecast(self, name: str, request: ForecastRequest, caller: Caller) -> Forecast:
        size = request.bytes
        return Forecast(self._find(name), False, size, size, DiskNeed(0, 1), (), "", None, 1, None)

    async def info(self, caller: Caller) -> HostInfo:
        return HostInfo("host", "1", None, 5, 0, 1, 2, 3, caller.name, caller.role)

    async def doctor(self) -> list[Check]:
        return [
            Check("clock", "ok", "It is right."),
            Check("configuration", "warning", "website and shop claim port 80."),
        ]

    async def logs(self, name: str, query: LogQuery) -> AsyncIterator[bytes]:
        self._find(name)
        self.calls.append(("logs", query))
        yield b"one\n"
        if name == "broken":
            raise EngineUnreachableError("The engine went away.")
        try:
            if query.follow:
                await asyncio.Event().wait()
        finally:
            self.log_ended.set()

    async def metrics(self) -> list[Metric]:
        samples = [({"deployment": name}, 1.0) for name in sorted(self.names)]
        return [Metric("edd_running", "Whether it\nruns.", "gauge", samples)]

    async def reload(self) -> None:
        raise ConfigError("It is wrong.", problems=["a: b"])

    def _find(self, name: str) -> str:
        if name not in self.names:
            raise UnknownDeploymentError(f"No deployment is named {name}.")
        return name


class _Offers:
    """Blobs as bytes, by deployment and digest."""

    def __init__(self, standin: Standin) -> None:
        self._standin = standin
        self.blobs: dict[tuple[str, str], bytes] = {}

    async def answer(self, name: str, offer: Offer, caller: Caller) -> Shortfall:
        return Shortfall(missing=tuple(MissingBlob(layer.diff_id) for layer in offer.layers))

    async def suggest(self, asked: BasesRequest, caller: Caller) -> Suggestion:
        return Suggestion(asked.bases)

    async def skeletons(self, name: str, layers: list[str], caller: Caller) -> AsyncIterator[bytes]:
        self._standin.calls.append(("skeletons", name, tuple(layers)))
        if NO_LAYER in layers:
            raise InvalidRequestError(f"No image here that you may build upon has {NO_LAYER}.")
        for _ in layers:
            yield b"skeleton"

    async def received(self, name: str, digest: str) -> Received:
        return Received(len(self.blobs.get((name, digest), b"")), complete=False)

    async def receive(self, name: str, digest: str, part: Part) -> Received:
        self._standin.calls.append(("receive", name, part.offset, part.last, part.packed))
        content = b"".join([piece async for piece in part.source])
        self.blobs[name, digest] = self.blobs.get((name, digest), b"") + content
        return Received(len(self.blobs[name, digest]), complete=part.last)


class _Pushes:
    """Nothing was pushed yet."""

    async def shown(self, name: str, reference: str) -> Manifest | None:
        return None


class _Audit:
    def __init__(self, standin: Standin) -> None:
        self._entries = standin.entries
        self._standin = standin

    async def record(
        self, caller: str, action: str, deployment: str, status: int, code: str
    ) -> None:
        await self._standin.may_record.wait()
        if self._standin.unrecorded is not None:
            raise self._standin.unrecorded
        number = len(self._entries)
        self._entries.append(AuditEntry(number, "now", caller, action, deployment, status, code))

    async def entries(self, limit: int) -> list[AuditEntry]:
        return self._entries[::-1][:limit]


def _status(name: str) -> DeploymentStatus:
    return DeploymentStatus(name, "stopped", "", "none")


def _job(number: int, name: str) -> Job:
    return Job(number, JobKind.LOAD, name, "alice", JobState.SUCCEEDED, "now")


def _sees(caller: Caller, name: str) -> bool:
    return not caller.deployments or name in caller.deployments


class _Sessions:
    """Lets one browser in, and knows of no other."""

    async def link(self, caller: Caller, *, read_only: bool) -> SessionLink:
        return SessionLink("secret", 9443, 300)

    def listed(self, caller: Caller) -> list[Session]:
        return [
            Session(1, caller.name, caller.role, "192.0.2.7", "Phone", "2026-01-02T03:04:05Z", 0)
        ]

    async def end(self, number: int, caller: Caller) -> None:
        if number != 1:
            raise UnknownSessionError(f"There is no session {number}.")


class _Passwords:
    """Takes any password, and lets nobody in by one."""

    async def put(self, caller: Caller, typed: str, *, read_only: bool) -> SignIn:
        return SignIn(caller.name, 9443)

    async def remove(self, caller: Caller) -> None:
        pass
