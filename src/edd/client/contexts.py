"""The engine that the docker command of this machine would ask, as far as it is a local socket.

Its order: ``DOCKER_HOST``, then ``DOCKER_CONTEXT``, then the context chosen with `docker context
use`, then Docker's default (docker/cli, cli/command/cli.go, resolveContextName).
"""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from msgspec import DecodeError, Struct, field, json

from edd.errors import SourceError

_DEFAULT = "unix:///var/run/docker.sock"
_ELSEWHERE = "Save it there and pipe it in: docker save IMAGE | edd push - DEPLOYMENT"
_UNREADABLE = (OSError, DecodeError, UnicodeDecodeError)

T = TypeVar("T")


class _Config(Struct):
    """What is read of Docker's config.json."""

    current: str = field(name="currentContext", default="")


class _Endpoint(Struct):
    host: str = field(name="Host", default="")


class _Endpoints(Struct):
    docker: _Endpoint = field(default_factory=_Endpoint)


class _Context(Struct):
    """What is read of a context's meta.json."""

    endpoints: _Endpoints = field(name="Endpoints", default_factory=_Endpoints)


def engine_socket(environment: Mapping[str, str] = os.environ) -> str:
    """Return the path of the engine's socket.

    Raises:
        SourceError: the engine is on another machine, or the context is not to be read.
    """
    address, source = environment.get("DOCKER_HOST", ""), "DOCKER_HOST"
    if not address and (context := _chosen(environment)):
        address, source = _address(context, environment), f"the Docker context {context}"
    address = address or _DEFAULT
    if not address.startswith("unix://"):
        raise SourceError(
            f"The engine at {address} ({source}) is not on this machine; edd reads local sockets"
            " only.",
            advice=_ELSEWHERE,
        )
    return address.removeprefix("unix://")


def _chosen(environment: Mapping[str, str]) -> str:
    """Return the context's name; none for Docker's default."""
    name = environment.get("DOCKER_CONTEXT", "")
    if not name:
        try:
            name = _read(_folder(environment) / "config.json", _Config).current
        except _UNREADABLE:  # docker goes on without it, too
            return ""
    return "" if name == "default" else name


def _address(context: str, environment: Mapping[str, str]) -> str:
    """Return the address of a context's engine; none if it leaves that to Docker."""
    folder = hashlib.sha256(context.encode()).hexdigest()
    try:
        meta = _folder(environment) / "contexts/meta" / folder / "meta.json"
        return _read(meta, _Context).endpoints.docker.host
    except _UNREADABLE as error:
        gone = isinstance(error, FileNotFoundError)
        raise SourceError(
            f"The Docker context {context} {'is not there' if gone else f'is damaged: {error}'}.",
            advice="See `docker context ls`, and choose another: docker context use NAME.",
        ) from error


def _folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("DOCKER_CONFIG") or Path.home() / ".docker")


def _read(path: Path, kind: type[T]) -> T:
    return json.decode(path.read_bytes(), type=kind)
