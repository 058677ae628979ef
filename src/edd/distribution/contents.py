"""What is there already and what describes it: blobs and manifests."""

import hashlib

import msgspec
from aiohttp import web

from edd.distribution.chunks import Read, small_body
from edd.distribution.names import digest_in, reference_in, repository_in
from edd.distribution.problems import Problem, refusal
from edd.distribution.storage import Limits, Manifest, StorageOf

_LONGEST_TYPE = 255


class _Typed(msgspec.Struct, rename="camel"):
    """The one member of a manifest that the protocol itself speaks of."""

    media_type: str | None = None


class Contents:
    """Answers requests for blobs and manifests (end-2, 3 and 7 of distribution-spec v1.1)."""

    def __init__(self, storage_of: StorageOf, limits: Limits, read: Read) -> None:
        self._storage_of = storage_of
        self._limits = limits
        self._read = read

    async def blob(self, request: web.Request) -> web.StreamResponse:
        """Tell whether a blob is here."""
        repository = repository_in(request.match_info["name"])
        digest = digest_in(request.match_info["digest"])
        storage = self._storage_of(request)
        size = await storage.blob_size(repository, digest)
        if size is None:
            raise refusal(Problem.BLOB_UNKNOWN, "There is no such blob.")
        headers = {"Docker-Content-Digest": digest, "Content-Length": str(size)}
        return web.Response(headers=headers, content_type="application/octet-stream")

    async def manifest(self, request: web.Request) -> web.StreamResponse:
        """Send a manifest, or with HEAD tell of it."""
        repository = repository_in(request.match_info["name"])
        reference = reference_in(request.match_info["reference"])
        manifest = await self._storage_of(request).manifest(repository, reference)
        if manifest is None:
            raise refusal(
                Problem.MANIFEST_UNKNOWN,
                "There is none: this is a door to push through, not a registry.",
            )
        headers = {
            "Content-Type": manifest.media_type,
            "Docker-Content-Digest": manifest.digest,
        }
        return web.Response(body=manifest.content, headers=headers)

    async def put_manifest(self, request: web.Request) -> web.StreamResponse:
        """Take a manifest, byte for byte as it is."""
        repository = repository_in(request.match_info["name"])
        reference = reference_in(request.match_info["reference"])
        content = await small_body(request, self._limits.manifest, self._read)
        manifest = _manifest(content, request.headers.get("Content-Type", ""))
        if ":" in reference and reference != manifest.digest:
            raise refusal(Problem.DIGEST_INVALID, f"The manifest's digest is {manifest.digest}.")
        await self._storage_of(request).put_manifest(repository, reference, manifest)
        place = f"/v2/{repository}/manifests/{manifest.digest}"
        headers = {"Location": place, "Docker-Content-Digest": manifest.digest}
        return web.Response(status=201, headers=headers)


def _manifest(content: bytes, announced: str) -> Manifest:
    try:
        said = msgspec.json.decode(content, type=_Typed).media_type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise refusal(Problem.MANIFEST_INVALID, "The manifest is not a JSON object.") from None
    if said and announced and said != announced:
        message = "The manifest's mediaType is not its Content-Type."
        raise refusal(Problem.MANIFEST_INVALID, message)
    media_type = said or announced
    if not media_type or len(media_type) > _LONGEST_TYPE:
        raise refusal(Problem.MANIFEST_INVALID, "The manifest has no media type.")
    return Manifest(media_type, content, f"sha256:{hashlib.sha256(content).hexdigest()}")
