"""Errors as RFC 9457 problem details: the only place that gives an error an HTTP status."""

import logging
from typing import Any

import msgspec
from aiohttp import web

from edd import errors
from edd.errors import EddError

MEDIA_TYPE = "application/problem+json"

log = logging.getLogger(__name__)

STATUS: dict[type[EddError], int] = {
    EddError: 500,
    errors.ConfigError: 409,
    errors.InvalidRequestError: 400,
    errors.UntrustedError: 401,
    errors.ForbiddenError: 403,
    errors.ForeignOriginError: 403,
    errors.UnknownDeploymentError: 404,
    errors.UnknownReleaseError: 404,
    errors.UnknownObjectError: 404,
    errors.UnknownJobError: 404,
    errors.UnknownSessionError: 404,
    errors.NotListeningError: 409,
    errors.TooManyTriesError: 429,
    errors.BusyError: 409,
    errors.DisabledError: 409,
    errors.NotDeployedError: 409,
    errors.ArchiveError: 400,
    errors.TruncatedArchiveError: 400,
    errors.DigestMismatchError: 422,
    errors.WrongPlatformError: 422,
    errors.AmbiguousArchiveError: 422,
    errors.TooLargeError: 413,
    errors.DiskFullError: 507,
    errors.EngineUnreachableError: 502,
    errors.EngineRefusedError: 502,
    errors.StartFailedError: 500,
    errors.UnhealthyError: 500,
    errors.HostUnreachableError: 502,
    errors.CredentialError: 500,
    errors.SourceError: 400,
}
"""The status of every error; one that is not listed has its nearest parent's."""

PROTOCOL: dict[int, tuple[str, str]] = {
    400: ("malformed-request", "What was sent is not HTTP."),
    404: ("no-such-route", "No route of this host has that path."),
    405: ("method-not-allowed", "The route exists, but not for this method; see `Allow`."),
    415: ("wrong-body-type", "The route does not take a body of that type."),
    500: ("internal", "The daemon met a fault of its own; its log has the particulars."),
}
"""Refusals that are about HTTP alone: status, code and what it means."""


class Problem(msgspec.Struct, frozen=True):
    """The answer to a request that did not succeed (RFC 9457), plus the error's own members."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    kept: str = ""
    advice: str = ""


def status_of(kind: type[EddError]) -> int:
    """Return the HTTP status of an error type."""
    return next(STATUS[parent] for parent in kind.__mro__ if parent in STATUS)


def title_of(code: str) -> str:
    """Return a code as a person would say it: ``unknown-job`` is ``Unknown job``."""
    return code.replace("-", " ").capitalize()


def problem_of(error: EddError) -> dict[str, Any]:
    """Return the problem a caller reads; the error's data never hides a standard member."""
    problem = Problem(
        type=f"urn:edd:error:{error.code}",
        title=title_of(error.code),
        status=status_of(type(error)),
        detail=error.detail,
        code=error.code,
        kept=error.kept,
        advice=error.advice,
    )
    return {**error.data, **msgspec.structs.asdict(problem)}


def problem_for(error: Exception) -> dict[str, Any]:
    """Return the problem for anything a request can end in; only the log learns what was odd."""
    if isinstance(error, EddError):
        return problem_of(error)
    if isinstance(error, web.HTTPException):
        return protocol_problem(error.status, error.text or "")
    log.error("request failed unexpectedly", exc_info=error)
    return protocol_problem(500)


def protocol_problem(status: int, detail: str = "") -> dict[str, Any]:
    """Return the problem for a refusal that is about HTTP alone."""
    code, meaning = PROTOCOL.get(status, (f"http-{status}", "The request was refused."))
    problem = Problem(
        type=f"urn:edd:error:{code}",
        title=title_of(code),
        status=status,
        detail=detail or meaning,
        code=code,
        kept="Nothing was changed." if status < 500 else "",
    )
    return msgspec.structs.asdict(problem)


def problem_response(problem: dict[str, Any]) -> web.Response:
    """Return the response that carries ``problem``."""
    response = web.Response(
        status=problem["status"],
        body=msgspec.json.encode(problem, enc_hook=str),
        content_type=MEDIA_TYPE,
    )
    if response.status == 401:
        # RFC 9110, section 15.5.2: a 401 names a scheme. There is none for TLS; this one says so.
        response.headers["WWW-Authenticate"] = "ClientCertificate"
    if seconds := problem.get("seconds"):
        response.headers["Retry-After"] = str(seconds)
    return response
