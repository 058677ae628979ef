"""Refusals in the specification's JSON: ``{"errors": [{"code", "message", "detail"}]}``."""

from enum import StrEnum
from typing import Any

from aiohttp import web

from edd import errors
from edd.errors import EddError


class Problem(StrEnum):
    """The specification's error codes that pushing can meet ("Error codes"), and UNKNOWN."""

    BLOB_UNKNOWN = "BLOB_UNKNOWN"
    BLOB_UPLOAD_INVALID = "BLOB_UPLOAD_INVALID"
    BLOB_UPLOAD_UNKNOWN = "BLOB_UPLOAD_UNKNOWN"
    DENIED = "DENIED"
    DIGEST_INVALID = "DIGEST_INVALID"
    MANIFEST_BLOB_UNKNOWN = "MANIFEST_BLOB_UNKNOWN"
    MANIFEST_INVALID = "MANIFEST_INVALID"
    MANIFEST_UNKNOWN = "MANIFEST_UNKNOWN"
    NAME_INVALID = "NAME_INVALID"
    NAME_UNKNOWN = "NAME_UNKNOWN"
    SIZE_INVALID = "SIZE_INVALID"
    TOOMANYREQUESTS = "TOOMANYREQUESTS"
    UNAUTHORIZED = "UNAUTHORIZED"
    UNKNOWN = "UNKNOWN"
    UNSUPPORTED = "UNSUPPORTED"


_STATUS = {
    Problem.BLOB_UNKNOWN: 404,
    Problem.BLOB_UPLOAD_UNKNOWN: 404,
    Problem.DENIED: 403,
    Problem.MANIFEST_BLOB_UNKNOWN: 404,
    Problem.MANIFEST_UNKNOWN: 404,
    Problem.NAME_UNKNOWN: 404,
    Problem.SIZE_INVALID: 413,
    Problem.TOOMANYREQUESTS: 429,
    Problem.UNAUTHORIZED: 401,
    Problem.UNKNOWN: 500,
    Problem.UNSUPPORTED: 405,
}
"""Each code's usual status; what is not listed is the client's mistake, 400."""

_OF_ERRORS: dict[type[EddError], tuple[Problem, int]] = {
    errors.UntrustedError: (Problem.UNAUTHORIZED, 401),
    errors.ForbiddenError: (Problem.DENIED, 403),
    errors.ForeignOriginError: (Problem.DENIED, 403),
    errors.UnknownDeploymentError: (Problem.NAME_UNKNOWN, 404),
    errors.BusyError: (Problem.TOOMANYREQUESTS, 429),
    errors.DigestMismatchError: (Problem.DIGEST_INVALID, 400),
    errors.InvalidRequestError: (Problem.MANIFEST_INVALID, 400),
    errors.ArchiveError: (Problem.MANIFEST_INVALID, 400),
    errors.WrongPlatformError: (Problem.MANIFEST_INVALID, 400),
    errors.TooLargeError: (Problem.DENIED, 413),
    EddError: (Problem.DENIED, 400),
}
"""How a pushing tool is told of what the storage met; the nearest parent's, if not listed.

Docker shows the words of an answer only below 500, and tries again for a minute unless the code
is DENIED, UNAUTHORIZED, UNSUPPORTED, NAME_UNKNOWN or TOOMANYREQUESTS. So what another attempt
cannot mend, be it a full disk or a release that is not healthy, is DENIED.
"""


LOG_LINES = 10
LOG_WIDTH = 200
REASON_WIDTH = 600


class Refusal(Exception):  # noqa: N818 - it carries an answer, it is not a fault
    """An answer that ends a request early; `Door` sends it."""

    def __init__(self, problem: Problem, answer: web.Response) -> None:
        super().__init__()
        self.problem = problem
        self.answer = answer


def refusal(
    problem: Problem, message: str, status: int | None = None, headers: dict[str, str] | None = None
) -> Refusal:
    """Return a refusal to raise, with the code's usual status unless another is given."""
    code = _STATUS.get(problem, 400) if status is None else status
    return Refusal(problem, _answer(problem, message, code, {}, headers))


def answer_to(error: EddError) -> web.Response:
    """Return what a pushing tool shows its user of ``error``.

    That is the fact, the last lines of a log if the error has any, what was kept and what to do.
    An error that names what is ``missing`` makes the tool send that when it is run again.
    """
    nearest = next(kind for kind in type(error).__mro__ if kind in _OF_ERRORS)
    problem, status = _OF_ERRORS[nearest]
    if error.data.get("missing"):
        problem, status = Problem.MANIFEST_BLOB_UNKNOWN, _STATUS[Problem.MANIFEST_BLOB_UNKNOWN]
    told = " ".join(part for part in (error.kept, error.advice) if part)
    log = [f"  {str(line)[:LOG_WIDTH]}" for line in error.data.get("log", ())][-LOG_LINES:]
    message = "\n".join([error.detail, *log, told]) if log else f"{error.detail} {told}".strip()
    return _answer(problem, message, status, {"code": error.code})


def _answer(
    problem: Problem,
    message: str,
    status: int,
    detail: dict[str, Any],
    headers: dict[str, str] | None = None,
) -> web.Response:
    entry: dict[str, Any] = {"code": problem.value, "message": message}
    body = {"errors": [entry | ({"detail": detail} if detail else {})]}
    return web.json_response(body, status=status, headers=headers, reason=_reason(message))


def _reason(message: str) -> str:
    """Return ``message`` for the status line: Docker shows no more where containerd pushes.

    Engine 26 does so with every refusal, later ones with those of HEAD, which has no body.
    """
    line = " ".join(message.split()).encode("ascii", "replace").decode()
    return "".join(each if each.isprintable() else "?" for each in line)[:REASON_WIDTH]
