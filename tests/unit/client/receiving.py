"""A host that takes pushes: it keeps what it is sent, and faults can be put in its way."""

import asyncio
import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from edd.archive import zstd
from tests.unit.client.talking import TalkingHost

ONE = "/v1/deployments/website"
FAR = 0.02


@dataclass
class ReceivingHost:
    """Answers the requests of a push; it has the layers ``bases``, with what tells of each.

    It has those ``alike``, too, and finds them where it is asked for such; without any it is older
    than that question.
    ``faults`` are answers given once each instead of the usual one, by the word for the request.
    With ``torn`` what was received before is not what was sent.
    """

    talking: TalkingHost
    bases: dict[str, bytes] = field(default_factory=dict)
    alike: dict[str, bytes] = field(default_factory=dict)
    asked: list[Any] = field(default_factory=list)
    received: dict[str, int] = field(default_factory=dict)
    sent: dict[str, bytes] = field(default_factory=dict)
    assemblies: list[Any] = field(default_factory=list)
    jobs: list[dict[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Callable[[web.Request], Any]]] = field(default_factory=dict)
    base_bytes: int = 1000
    rest: int = 1000
    timing: str = ""
    torn: bool = False

    def __post_init__(self) -> None:
        self._takes("POST", f"{ONE}/offer", "offer", self._offer)
        self._takes("POST", f"{ONE}/bases", "bases", self._further)
        self._takes("POST", f"{ONE}/skeletons", "skeletons", self._skeletons)
        self._takes("POST", f"{ONE}/assemble", "assemble", self._assemble)
        self._takes("PATCH", f"{ONE}/blobs/*", "part", self._part)
        self._takes("GET", f"{ONE}/blobs/*", "received", self._received)
        self._takes("GET", "/v1/jobs", "jobs", self._jobs)
        self._takes("GET", "/v1/jobs/*", "job", self._job)
        self._takes("GET", "/v1/info", "info", self._info)
        self.talking.answer("GET", f"{ONE}/releases", [])
        status = {"name": "website", "state": "running", "image": "", "health": "healthy"}
        self.talking.answer("GET", ONE, status)

    def refuses(self, word: str, code: str, status: int, **more: Any) -> None:
        """Refuse the next request of that kind."""
        problem = {"code": code, "detail": f"It is {code}.", "status": status, **more}
        self.fails(word, lambda _: web.json_response(problem, status=status))

    def fails(self, word: str, answer: Callable[[web.Request], Any]) -> None:
        """Give ``answer`` to the next request of that kind."""
        self.faults.setdefault(word, []).append(answer)

    def _takes(self, method: str, path: str, word: str, usual: Any) -> None:
        async def handle(request: web.Request) -> web.StreamResponse:
            if waiting := self.faults.get(word):
                answer: web.StreamResponse = waiting.pop(0)(request)
                return answer
            usually: web.StreamResponse = await usual(request)
            return usually

        self.talking.handle(method, path, handle)

    async def _offer(self, request: web.Request) -> web.Response:
        asked = await request.json()
        wanted = [asked["image"], *dict.fromkeys(one["diff_id"] for one in asked["layers"])]
        missing = [
            {"digest": one, "received": self.received.get(one, 0)}
            for one in wanted
            if one not in self.sent
        ]
        last = self.jobs[-1]["id"] if self.jobs else 0
        told = {"missing": missing, "bases": list(self.bases), "base_bytes": self.base_bytes}
        told["last_job"] = last
        answer = web.json_response(told)
        if self.timing:
            answer.headers["Server-Timing"] = self.timing
        await asyncio.sleep(FAR)
        return answer

    async def _further(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        if not self.alike:
            return web.json_response({"code": "no-such-path", "detail": "None."}, status=404)
        return web.json_response({"bases": [*self.bases, *self.alike], "base_bytes": self.rest})

    async def _skeletons(self, request: web.Request) -> web.Response:
        layers = (await request.json())["layers"]
        told = [(self.bases | self.alike)[layer] for layer in layers]
        return web.Response(body=b"".join(len(one).to_bytes(8) + one for one in told))

    async def _part(self, request: web.Request) -> web.Response:
        digest = request.path.rpartition("/")[2]
        offset = int(request.headers["Upload-Offset"])
        if offset and self.torn:
            problem = {"code": "digest-mismatch", "detail": "It hashes to another."}
            return web.json_response(problem, status=422)
        plain = zstd.ZstdFile(io.BytesIO(await request.read())).read()
        self.sent[digest] = plain
        return web.json_response({"size": offset + len(plain), "complete": True})

    async def _received(self, request: web.Request) -> web.Response:
        digest = request.path.rpartition("/")[2]
        size = len(self.sent.get(digest, b"")) or self.received.get(digest, 0)
        return web.json_response({"size": size, "complete": digest in self.sent})

    async def _assemble(self, request: web.Request) -> web.Response:
        asked = await request.json()
        for one in asked.pop("enclosed"):
            packed = io.BytesIO(base64.b64decode(one["content"]))
            self.sent[one["digest"]] = zstd.ZstdFile(packed).read()
        self.assemblies.append(asked)
        outcome = {"event": "outcome", "outcome": "success", "state": "running", "health": ""}
        return web.json_response(outcome)

    async def _jobs(self, request: web.Request) -> web.Response:
        limit = int(request.query["limit"])
        listed = [{**one, "log": ""} for one in self.jobs[::-1]]
        return web.json_response(listed[:limit])

    async def _job(self, request: web.Request) -> web.Response:
        number = int(request.path.rpartition("/")[2])
        return web.json_response(next(one for one in self.jobs if one["id"] == number))

    async def _info(self, _: web.Request) -> web.Response:
        numbers = dict.fromkeys(("deployments", "running", "disk_free", "disk_total", "uptime"), 0)
        words = {"name": "host", "version": "1", "caller": "alice", "role": "admin"}
        return web.json_response({**numbers, **words, "engine": None})


def hang_up(request: web.Request) -> web.Response:
    """Cut a request off."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def job(number: int, caller: str, state: str, **more: Any) -> dict[str, Any]:
    """Return a delivery as the host remembers it."""
    words = {"kind": "load", "deployment": "website", "started_at": "now"}
    return {"id": number, "caller": caller, "state": state, **words, **more}
