"""A storage for the push API that keeps blobs as files, and a server of it on loopback."""

import hashlib
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import web

from edd.distribution import Door, Limits, Manifest, routes
from edd.errors import DigestMismatchError, EddError


class FolderStorage:
    """Keeps everything below ``root``; what breaks off half-way stays as far as it came."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.manifests: dict[tuple[str, str], Manifest] = {}
        self.refusal: EddError | None = None
        """What a manifest is refused with."""

    def upload(self, repository: str, upload: str) -> Path:
        """Return where an upload lies."""
        return self.root / "uploads" / repository / upload

    def blob(self, repository: str, digest: str) -> Path:
        """Return where a blob lies."""
        return self.root / "blobs" / repository / digest

    def blobs(self, repository: str) -> dict[str, bytes]:
        """Return all blobs of a repository."""
        folder = self.root / "blobs" / repository
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    async def blob_size(self, repository: str, digest: str) -> int | None:
        path = self.blob(repository, digest)
        return path.stat().st_size if path.exists() else None

    async def begin(self, repository: str) -> str:
        name = secrets.token_hex(8)
        path = self.upload(repository, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        return name

    async def received(self, repository: str, upload: str) -> int | None:
        path = self.upload(repository, upload)
        return path.stat().st_size if path.exists() else None

    async def append(self, repository: str, upload: str, chunk: AsyncIterator[bytes]) -> None:
        with self.upload(repository, upload).open("ab", buffering=0) as file:
            async for piece in chunk:
                file.write(piece)

    async def finish(self, repository: str, upload: str, digest: str) -> None:
        path = self.upload(repository, upload)
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if f"sha256:{found}" != digest:
            path.unlink()
            raise DigestMismatchError("The blob does not hash to its digest.")
        blob = self.blob(repository, digest)
        blob.parent.mkdir(parents=True, exist_ok=True)
        path.rename(blob)

    async def cancel(self, repository: str, upload: str) -> None:
        self.upload(repository, upload).unlink()

    async def manifest(self, repository: str, reference: str) -> Manifest | None:
        return self.manifests.get((repository, reference))

    async def put_manifest(self, repository: str, reference: str, manifest: Manifest) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.manifests[repository, reference] = manifest
        self.manifests[repository, manifest.digest] = manifest


def assembled(storage: FolderStorage, repository: str, tag: str) -> list[bytes]:
    """Return the blobs of a pushed image: its configuration, then its layers."""
    content = storage.manifests[repository, tag].content.decode()
    digests = re.findall(r'"digest":\s*"(sha256:[0-9a-f]{64})"', content)
    return [storage.blob(repository, digest).read_bytes() for digest in digests]


@asynccontextmanager
async def pushing_to(storage: FolderStorage, limits: Limits | None = None) -> AsyncIterator[int]:
    """Serve the push API over ``storage`` on a free port of 127.0.0.1; yield the port."""
    application = web.Application()
    for method, path, handler in routes(Door(lambda _: storage, limits)):
        application.router.add_route(method, path, handler)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
