"""The requests of a push, each with the handler that answers it."""

from collections.abc import Awaitable, Callable

from aiohttp import web

from edd.distribution.chunks import Read, read_pieces
from edd.distribution.contents import Contents
from edd.distribution.problems import Problem, Refusal, answer_to, refusal
from edd.distribution.storage import Limits, StorageOf
from edd.distribution.uploads import Uploads
from edd.errors import EddError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

VERSION = {"Docker-Distribution-API-Version": "registry/2.0"}
"""What tools older than the OCI specification look for."""

_REPOSITORY = "/v2/{name:.+}"
_UPLOAD = _REPOSITORY + "/blobs/uploads/{upload}"


class Door:
    """Answers the requests of a push over a storage; who may enter is its user's affair.

    ``read`` takes in what is sent; its user may want more than aiohttp's own.
    """

    def __init__(
        self, storage_of: StorageOf, limits: Limits | None = None, read: Read = read_pieces
    ) -> None:
        given = limits or Limits()
        self.uploads = Uploads(storage_of, given, read)
        self.contents = Contents(storage_of, given, read)

    async def ping(self, _: web.Request) -> web.StreamResponse:
        """Say that the API is spoken here (end-1)."""
        return web.json_response({}, headers=VERSION)

    async def refuse(self, _: web.Request) -> web.StreamResponse:
        """Say that this part of the API is not."""
        raise refusal(Problem.UNSUPPORTED, "This is a door to push through, not a registry.")

    async def no_referrers(self, _: web.Request) -> web.StreamResponse:
        """Say that referrers are not listed; a client then falls back to a tag (end-12)."""
        raise refusal(Problem.UNSUPPORTED, "Referrers are not listed here.", 404)


def routes(door: Door) -> list[tuple[str, str, Handler]]:
    """Return method, path and handler of every request; earlier ones go first.

    The handlers send refusals and `EddError` in the specification's form.
    """
    uploads, contents = door.uploads, door.contents
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/v2/", door.ping),
        ("HEAD", "/v2/", door.ping),
        ("POST", f"{_REPOSITORY}/blobs/uploads/", uploads.begin),
        ("GET", _UPLOAD, uploads.status),
        ("PATCH", _UPLOAD, uploads.append),
        ("PUT", _UPLOAD, uploads.finish),
        ("DELETE", _UPLOAD, uploads.cancel),
        ("HEAD", f"{_REPOSITORY}/blobs/{{digest}}", contents.blob),
        ("GET", f"{_REPOSITORY}/blobs/{{digest}}", door.refuse),
        ("DELETE", f"{_REPOSITORY}/blobs/{{digest}}", door.refuse),
        ("HEAD", f"{_REPOSITORY}/manifests/{{reference}}", contents.manifest),
        ("GET", f"{_REPOSITORY}/manifests/{{reference}}", contents.manifest),
        ("PUT", f"{_REPOSITORY}/manifests/{{reference}}", contents.put_manifest),
        ("DELETE", f"{_REPOSITORY}/manifests/{{reference}}", door.refuse),
        ("GET", f"{_REPOSITORY}/tags/list", door.refuse),
        ("GET", f"{_REPOSITORY}/referrers/{{digest}}", door.no_referrers),
        ("GET", "/v2/_catalog", door.refuse),
    ]
    return [(method, path, _answering(handler)) for method, path, handler in table]


def _answering(handler: Handler) -> Handler:
    """Return ``handler`` with its refusals answered."""

    async def answer(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except Refusal as refused:
            return refused.answer
        except EddError as error:
            return answer_to(error)

    return answer
