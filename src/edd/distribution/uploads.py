"""Blobs on their way in: begun by POST, fed by PATCH, finished by PUT."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from edd.distribution.chunks import Read, body_of, check_position, range_of
from edd.distribution.names import digest_in, repository_in, upload_in
from edd.distribution.problems import Problem, refusal
from edd.distribution.storage import Limits, StorageOf
from edd.model.image import Digest

_EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


class Uploads:
    """Answers the upload requests of distribution-spec v1.1, "Pushing blobs".

    Success is never answered before the whole chunk was read: Docker's engine goes on hashing
    what it still sends while it takes the sum, and the whole engine dies of that.
    """

    def __init__(self, storage_of: StorageOf, limits: Limits, read: Read) -> None:
        self._storage_of = storage_of
        self._limits = limits
        self._read = read
        self._writers: dict[str, asyncio.Task[object]] = {}

    async def begin(self, request: web.Request) -> web.StreamResponse:
        """Begin an upload; a digest and a body make it a whole one (end-4a, 4b, 11).

        A blob is not mounted from another repository: the client is told to send it.
        """
        repository = repository_in(request.match_info["name"])
        digest = digest_in(request.query["digest"]) if "digest" in request.query else None
        upload = await self._storage_of(request).begin(repository)
        if digest is None or (not request.can_read_body and digest != _EMPTY):
            return self._answer(repository, upload, 0, 202)
        async with self._writing(upload):
            await self._take(request, repository, upload, 0)
            return await self._finish(request, repository, upload, digest)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """Tell how far an upload is (end-13)."""
        repository, upload = _named(request)
        received = await self._received(request, repository, upload)
        return self._answer(repository, upload, received, 204)

    async def append(self, request: web.Request) -> web.StreamResponse:
        """Take a chunk, or with no range all that comes (end-5)."""
        repository, upload = _named(request)
        async with self._writing(upload):
            received = await self._received(request, repository, upload)
            await self._take(request, repository, upload, received)
            received = await self._received(request, repository, upload)
        return self._answer(repository, upload, received, 202)

    async def finish(self, request: web.Request) -> web.StreamResponse:
        """Take the last chunk, if there is one, and verify the blob (end-6)."""
        repository, upload = _named(request)
        digest = digest_in(request.query.get("digest", ""))
        async with self._writing(upload):
            received = await self._received(request, repository, upload)
            if request.can_read_body:
                await self._take(request, repository, upload, received)
            return await self._finish(request, repository, upload, digest)

    async def cancel(self, request: web.Request) -> web.StreamResponse:
        """Forget an upload."""
        repository, upload = _named(request)
        async with self._writing(upload):
            await self._received(request, repository, upload)
            await self._storage_of(request).cancel(repository, upload)
        return web.Response(status=204)

    async def _take(
        self, request: web.Request, repository: str, upload: str, received: int
    ) -> None:
        check_position(request, received, self._headers(repository, upload, received))
        body = body_of(request, self._limits.blob - received, self._read)
        await self._storage_of(request).append(repository, upload, body)

    async def _finish(
        self, request: web.Request, repository: str, upload: str, digest: Digest
    ) -> web.Response:
        await self._storage_of(request).finish(repository, upload, digest)
        place = f"/v2/{repository}/blobs/{digest}"
        headers = {"Location": place, "Docker-Content-Digest": digest}
        return web.Response(status=201, headers=headers)

    async def _received(self, request: web.Request, repository: str, upload: str) -> int:
        received = await self._storage_of(request).received(repository, upload)
        if received is None:
            raise refusal(Problem.BLOB_UPLOAD_UNKNOWN, "There is no such upload.")
        return received

    def _answer(self, repository: str, upload: str, received: int, status: int) -> web.Response:
        return web.Response(status=status, headers=self._headers(repository, upload, received))

    def _headers(self, repository: str, upload: str, received: int) -> dict[str, str]:
        return {
            "Location": f"/v2/{repository}/blobs/uploads/{upload}",
            "Range": range_of(received),
            "Docker-Upload-UUID": upload,
        }

    @asynccontextmanager
    async def _writing(self, upload: str) -> AsyncIterator[None]:
        """Be the upload's only writer: a client that comes back ends its own dead connection."""
        mine = asyncio.current_task()
        while (other := self._writers.get(upload)) is not None:
            other.cancel()
            await asyncio.wait([other])
        assert mine is not None  # noqa: S101
        self._writers[upload] = mine
        try:
            yield
        finally:
            del self._writers[upload]


def _named(request: web.Request) -> tuple[str, str]:
    """Return the repository and the upload that the path names."""
    return repository_in(request.match_info["name"]), upload_in(request.match_info["upload"])
