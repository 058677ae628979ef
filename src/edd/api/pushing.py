"""The door for registry clients: the push half of the OCI Distribution API, under `/v2/`.

A repository is a deployment; what is pushed goes into the spool, and a tag's manifest delivers it.
"""

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from edd.api.bodies import chunks_of
from edd.api.limits import Limits
from edd.api.perform import Answer, Record, unheard
from edd.api.problems import problem_for
from edd.api.route import Route
from edd.distribution import Door, Manifest, Refusal, answer_to
from edd.errors import EddError
from edd.model.caller import Caller, Role
from edd.model.image import Digest

if TYPE_CHECKING:
    from edd.operations import Operations

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Push:
    """One request of a push, and the door that understands it."""

    door: Door
    request: web.Request


async def ping(push: Push) -> web.StreamResponse:
    """Say that images can be pushed here."""
    return await push.door.ping(push.request)


async def begin_upload(push: Push) -> web.StreamResponse:
    """Begin to take a blob, or take a whole one."""
    return await push.door.uploads.begin(push.request)


async def upload_status(push: Push) -> web.StreamResponse:
    """Say how much of an upload was received."""
    return await push.door.uploads.status(push.request)


async def upload_chunk(push: Push) -> web.StreamResponse:
    """Take a chunk of an upload."""
    return await push.door.uploads.append(push.request)


async def finish_upload(push: Push) -> web.StreamResponse:
    """Take the last chunk of an upload and verify the blob."""
    return await push.door.uploads.finish(push.request)


async def cancel_upload(push: Push) -> web.StreamResponse:
    """Forget an upload."""
    return await push.door.uploads.cancel(push.request)


async def has_blob(push: Push) -> web.StreamResponse:
    """Say whether a blob need not be sent."""
    return await push.door.contents.blob(push.request)


async def show_manifest(push: Push) -> web.StreamResponse:
    """Show the manifest of the latest push, as long as its image runs; no other is kept."""
    return await push.door.contents.manifest(push.request)


async def push_manifest(push: Push) -> web.StreamResponse:
    """Deliver the image of a tag's manifest; keep a manifest sent by digest for its index."""
    return await push.door.contents.put_manifest(push.request)


async def refuse_registry(push: Push) -> web.StreamResponse:
    """Refuse what only a registry does: pull, list, delete."""
    return await push.door.refuse(push.request)


async def no_referrers(push: Push) -> web.StreamResponse:
    """Say that referrers are not listed."""
    return await push.door.no_referrers(push.request)


ONE = "/v2/{name}"
UPLOAD = f"{ONE}/blobs/uploads/{{upload}}"
BLOB = f"{ONE}/blobs/{{digest}}"
MANIFEST = f"{ONE}/manifests/{{reference}}"
VIEWER, DEPLOYER = Role.VIEWER, Role.DEPLOYER

PUSHING = (
    Route("GET", "/v2/", ping, needs=VIEWER),
    Route("HEAD", "/v2/", ping, needs=VIEWER),
    Route("POST", f"{ONE}/blobs/uploads/", begin_upload, needs=DEPLOYER, prepares=True),
    Route("GET", UPLOAD, upload_status, needs=DEPLOYER),
    Route("PATCH", UPLOAD, upload_chunk, needs=DEPLOYER, prepares=True),
    Route("PUT", UPLOAD, finish_upload, needs=DEPLOYER, prepares=True),
    Route("DELETE", UPLOAD, cancel_upload, needs=DEPLOYER, prepares=True),
    Route("HEAD", BLOB, has_blob, needs=DEPLOYER),
    Route("HEAD", MANIFEST, show_manifest, needs=DEPLOYER),
    Route("GET", MANIFEST, show_manifest, needs=DEPLOYER),
    Route("PUT", MANIFEST, push_manifest, needs=DEPLOYER),
    Route("GET", f"{ONE}/referrers/{{digest}}", no_referrers, needs=VIEWER),
    Route("*", r"/v2/{path:[\s\S]*}", refuse_registry, needs=VIEWER),
)
"""Every request of a push; earlier ones go first, and the last takes whatever is none."""


class PushStorage:
    """What one caller pushes, as the distribution API has it kept (`edd.distribution.Storage`)."""

    def __init__(self, operations: "Operations", caller: Caller) -> None:
        self._pushes = operations.pushes
        self._caller = caller

    async def blob_size(self, repository: str, digest: Digest) -> int | None:
        """Return a blob's size if it, or the layer in it, is here."""
        return await self._pushes.held(repository, digest, self._caller)

    async def begin(self, repository: str) -> str:
        """Begin an upload."""
        return await self._pushes.uploads.begin(repository)

    async def received(self, repository: str, upload: str) -> int | None:
        """Return how far an upload is."""
        return await self._pushes.uploads.received(repository, upload)

    async def append(self, repository: str, upload: str, chunk: AsyncIterator[bytes]) -> None:
        """Add a chunk."""
        await self._pushes.uploads.append(repository, upload, chunk)

    async def finish(self, repository: str, upload: str, digest: Digest) -> None:
        """Make an upload a blob."""
        await self._pushes.uploads.finish(repository, upload, digest)

    async def cancel(self, repository: str, upload: str) -> None:
        """Forget an upload."""
        await self._pushes.uploads.cancel(repository, upload)

    async def manifest(self, repository: str, reference: str) -> Manifest | None:
        """Return the latest one if its image runs; clients that miss one send it then."""
        return await self._pushes.shown(repository, reference)

    async def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        """Deliver the image of a tag, or keep what an index is going to name."""
        if ":" in reference:
            await self._pushes.keep(repository, manifest.digest, manifest.content)
        else:
            await self._pushes.deliver(repository, reference, manifest, self._caller, unheard)


STORAGE = web.RequestKey("storage", PushStorage)


class Pusher:
    """Performs the requests of registry clients, and refuses in the words they understand."""

    def __init__(self, operations: "Operations", limits: Limits) -> None:
        self._operations = operations
        read = partial(chunks_of, silence=limits.silence)
        self._door = Door(lambda request: request[STORAGE], read=read)

    async def perform(
        self, route: Route, request: web.Request, caller: Caller, _record: Record
    ) -> Answer:
        """Return the answer of ``route``; an `EddError` passes through."""
        request[STORAGE] = PushStorage(self._operations, caller)
        try:
            return Answer(await route.handler(Push(self._door, request)))
        except Refusal as refused:
            code = refused.problem.lower().replace("_", "-")
            return Answer(refused.answer, {"status": refused.answer.status, "code": code})

    def refuse(self, error: Exception) -> Answer:
        """Return the specification's form of ``error``."""
        problem = problem_for(error)
        known = error if isinstance(error, EddError) else EddError(problem["detail"])
        response = answer_to(known)
        if not isinstance(error, EddError):
            response.set_status(problem["status"])
        return Answer(response, {"status": response.status, "code": problem["code"]})
