"""OpenAPI 3.1, generated from the route table and the types that decode requests."""

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import msgspec

from edd.api import events, problems
from edd.api.problems import Problem, status_of
from edd.api.route import JSON, Route
from edd.errors import (
    EddError,
    ForbiddenError,
    ForeignOriginError,
    InvalidRequestError,
    TooLargeError,
    TruncatedArchiveError,
    UnknownDeploymentError,
    UntrustedError,
)
from edd.model.deployment import NAME_RULE
from edd.model.job import Failure, Outcome, Progress

ARCHIVES = ("application/x-tar", "application/octet-stream")
PLACES = {
    "name": {"type": "string", "pattern": NAME_RULE, "maxLength": 128},
    "id": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
}
PARTS = ("application/partial-upload", "application/octet-stream")
PART_HEADERS = {
    "Upload-Offset": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
    "Upload-Complete": {"type": "string", "enum": ["?0", "?1"]},
}
REASONS = {
    400: "The request, or the archive in it, does not have the form it should have.",
    401: "The caller is not trusted.",
    403: "The caller may not do this, or a foreign page sent it.",
    404: "There is no such thing on this host.",
    409: "The host's state is in the way: see the code.",
    413: "The body is too large.",
    415: "The body has the wrong type.",
    422: "The content cannot be used here.",
    429: "There were too many tries: `Retry-After` has seconds until the next one.",
    500: "It failed on the host; what ran before runs again.",
    502: "The Docker Engine refused or does not answer.",
    503: "The operation was interrupted.",
    507: "The host's disk has no room.",
}


def document(table: Iterable[Route]) -> bytes:
    """Return the description of ``table`` as JSON."""
    return msgspec.json.encode(describe(table))


def describe(table: Iterable[Route]) -> dict[str, Any]:
    """Return the description of ``table``; short forms are told of in words only."""
    routes = tuple(table)
    kinds = [kind for route in routes for kind in _kinds(route)]
    kinds += [Problem, Progress, Failure, Outcome]
    schemas, components = msgspec.json.schema_components(
        kinds, ref_template="#/components/schemas/{name}"
    )
    # The same type always has the same schema, so a repeated one may overwrite itself.
    schema_of = {repr(kind): schema for kind, schema in zip(kinds, schemas, strict=True)}
    paths: dict[str, Any] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(
            route, schema_of, components
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "ED",
            "version": version("ed-daemon"),
            "description": "`/v1/NAME...` is short for every `/v1/deployments/NAME...`.",
        },
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"certificate": {"type": "mutualTLS"}},
        },
        "security": [{"certificate": []}],
    }


def statuses(route: Route) -> dict[int, list[str]]:
    """Return every status of a refusal by ``route``, with the codes it may carry."""
    found: dict[int, list[str]] = {}
    for kind in dict.fromkeys(_failures(route)):
        found.setdefault(status_of(kind), []).append(kind.code)
    protocol = {500: "internal"} | ({415: "wrong-body-type"} if route.body or route.uploads else {})
    for status, code in protocol.items():
        found.setdefault(status, []).append(code)
    return dict(sorted(found.items()))


def _failures(route: Route) -> Iterator[type[EddError]]:
    yield from (InvalidRequestError, UntrustedError, ForbiddenError)
    if route.method != "GET":
        yield ForeignOriginError
    if route.names_deployment:
        yield UnknownDeploymentError
    if route.body:
        yield from (TooLargeError, TruncatedArchiveError)
    yield from route.fails


def _kinds(route: Route) -> Iterator[Any]:
    yield from (kind for kind in (route.body, route.query) if kind)
    if route.media == JSON and route.answer not in {None, bytes}:
        yield route.answer


def _operation(
    route: Route, schema_of: dict[str, Any], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name + ("_unversioned" if route.path == "/metrics" else ""),
        "summary": route.summary,
        "description": f"Needs the role {route.needs}.",
        "parameters": [*_places(route), *_query(route, components), *_part(route)],
        "responses": _responses(route, schema_of),
    }
    if route.uploads:
        archive = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": True, "content": dict.fromkeys(ARCHIVES, archive)}
    elif route.sends_part:
        part = {"schema": {"type": "string", "format": "binary"}}
        operation["requestBody"] = {"required": False, "content": dict.fromkeys(PARTS, part)}
    elif route.body:
        content = {JSON: {"schema": schema_of[repr(route.body)]}}
        operation["requestBody"] = {"required": not route.optional, "content": content}
    return operation


def _places(route: Route) -> Iterator[dict[str, Any]]:
    for name, schema in PLACES.items():
        if f"{{{name}}}" in route.path:
            yield {"name": name, "in": "path", "required": True, "schema": schema}


def _query(route: Route, components: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if route.query is None:
        return
    # A query's struct is no component of its own: its fields are the parameters.
    for name, schema in components[route.query.__name__]["properties"].items():
        yield {"name": name, "in": "query", "required": False, "schema": schema}


def _part(route: Route) -> Iterator[dict[str, Any]]:
    """Yield the headers that tell which part of a blob is sent."""
    if route.sends_part:
        for name, schema in PART_HEADERS.items():
            yield {"name": name, "in": "header", "required": True, "schema": schema}


def _responses(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    problem = {"schema": schema_of[repr(Problem)]}
    refusals = {
        str(status): {
            "description": f"{REASONS[status]} Codes: {', '.join(codes)}.",
            "content": {problems.MEDIA_TYPE: problem},
        }
        for status, codes in statuses(route).items()
    }
    success = {"description": "Done.", "content": _success(route, schema_of)}
    return {"200": success, **refusals}


def _success(route: Route, schema_of: dict[str, Any]) -> dict[str, Any]:
    if route.answer is None:
        return {JSON: {"schema": {"type": "object", "maxProperties": 0}}}
    if route.answer in {bytes, str}:
        kind = "object" if route.media == JSON else "string"
        return {route.media: {"schema": {"type": kind}}}
    content: dict[str, Any] = {route.media: {"schema": schema_of[repr(route.answer)]}}
    if route.events:
        # One JSON event in each line: progress, and at last an outcome or a failure.
        content[events.MEDIA_TYPE] = {"schema": {"type": "string"}}
    return content
