"""Everything that is wrong with a configuration at once, each with the path of its value.

msgspec's own conversion stops at the first error; an administrator wants them all.
"""

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import Struct

from edd.config.clashes import clashes
from edd.config.settings import (
    ALIASES,
    DEPLOYMENT_SETTINGS,
    HOST_SETTINGS,
    Setting,
    defaults,
)
from edd.config.types import Config
from edd.config.values import IMAGE_RULE, type_of
from edd.model.arguments import check_arguments, shown
from edd.model.deployment import Deployment

LONGEST_NAME = 128
PATH_LENGTH = 200
MOST = 100


class Problem(Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: where, what, and the word that was perhaps meant."""

    path: str
    problem: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f" (did you mean {self.suggestion}?)" if self.suggestion else ""
        return f"{self.path}: {self.problem}{hint}" if self.path else self.problem + hint


class Examined(Struct, frozen=True):
    """A configuration with what is wrong with it; ``config`` is None if anything is."""

    config: Config | None
    problems: tuple[Problem, ...]
    warnings: tuple[str, ...]


class _Findings(Struct):
    """What was found so far; past `MOST` problems the rest is left unsaid."""

    problems: list[Problem] = msgspec.field(default_factory=list)
    warnings: list[str] = msgspec.field(default_factory=list)

    def add(self, path: str, problem: str, suggestion: str = "") -> None:
        if len(self.problems) < MOST:
            place = path[:PATH_LENGTH]
            plain = place if place.isprintable() else ascii(place)[1:-1]
            self.problems.append(Problem(plain, problem, suggestion))


def examine(raw: object, files: Mapping[str, object] = MappingProxyType({})) -> Examined:
    """Turn decoded TOML or JSON into a configuration, or into all its problems.

    ``files`` are deployments that have a file of their own, by its path.
    """
    found = _Findings()
    config = _read_config(raw, files, found)
    return Examined(config, tuple(found.problems), tuple(found.warnings))


def _read_config(raw: object, files: Mapping[str, object], found: _Findings) -> Config | None:
    if not isinstance(raw, dict):
        found.add("", f"The configuration must be a table, not {type_of(raw)}")
        return None
    table = _without_aliases(raw, found)
    fields = _read_fields("", table, HOST_SETTINGS, found, ("deployments",))
    _warn_of_socket(fields, found)
    given = _listed(table, found, optional=bool(files))
    given |= {f"{path}: ": each for path, each in files.items()}
    deployments = _read_deployments(given, found)
    prefix = fields.get("container_prefix", defaults(Config)["container_prefix"])
    for place, deployment in deployments.items():
        _check_container_name(f"{place}name", prefix + deployment.name, found)
    return None if found.problems else Config(**fields, deployments=tuple(deployments.values()))


def _without_aliases(raw: dict[str, Any], found: _Findings) -> dict[str, Any]:
    table = dict(raw)
    for alias, name in ALIASES.items():
        if alias not in table:
            continue
        value = table.pop(alias)
        if table.setdefault(name, value) != value:
            found.add(alias, f"says something else than {name}; keep {name} only")
    return table


def _read_fields(
    path: str,
    table: dict[str, Any],
    settings: Iterable[Setting],
    found: _Findings,
    others: tuple[str, ...] = (),
) -> dict[str, Any]:
    known = {setting.name: setting for setting in settings}
    read: dict[str, Any] = {}
    for key, value in table.items():
        if key in known:
            try:
                read[key] = known[key].kind.read(value)
            except ValueError as error:
                found.add(path + key, str(error))
        elif key not in others and len(found.problems) < MOST:
            found.add(path + key, "is not a setting", _nearest(key, (*known, *others)))
    return read


def _nearest(key: str, known: tuple[str, ...]) -> str:
    plain = key.lower().replace("-", "_").replace(" ", "_")[:100]
    return next(iter(difflib.get_close_matches(plain, known, 1)), "")


def _warn_of_socket(fields: dict[str, Any], found: _Findings) -> None:
    if "docker_socket" in fields and fields["docker_socket"].name == "docker.socket":
        found.warnings.append(
            "docker_socket: Docker's own socket is called docker.sock, not docker.socket."
        )


def _listed(table: dict[str, Any], found: _Findings, *, optional: bool) -> dict[str, Any]:
    """Return what the list of deployments holds, by what precedes the names of its settings."""
    given = table.get("deployments")
    if "deployments" not in table:
        if not optional:
            found.add("deployments", "is missing; it is the one setting without a default")
    elif isinstance(given, dict):
        found.add("deployments", "is a table; write [[deployments]], with the name inside")
    elif not isinstance(given, list):
        found.add("deployments", f"must be a list of tables, not {type_of(given)}")
    listed = given if isinstance(given, list) else []
    return {f"deployments[{at}].": each for at, each in enumerate(listed)}


def _read_deployments(given: Mapping[str, Any], found: _Findings) -> dict[str, Deployment]:
    read = {place: _read_deployment(place, each, found) for place, each in given.items()}
    _check_duplicates(given, found)
    return {place: each for place, each in read.items() if each is not None}


def _read_deployment(place: str, raw: object, found: _Findings) -> Deployment | None:
    if not isinstance(raw, dict):
        found.add(_whole(place), f"must be a table with a name, not {type_of(raw)}")
        return None
    fields = _read_fields(place, raw, DEPLOYMENT_SETTINGS, found)
    if "name" not in raw:
        found.add(f"{place}name", "is missing")
    for problem in check_arguments(fields.get("args", ())):
        found.add(f"{place}args", problem.rstrip("."))
    _check_times(place, fields, found)
    for setting, problem in clashes(Deployment(**({"name": ""} | fields))):
        found.add(f"{place}{setting}", problem)
    return Deployment(**fields) if "name" in fields else None


def _whole(place: str) -> str:
    return place.rstrip(".: ")


def _check_times(place: str, fields: dict[str, Any], found: _Findings) -> None:
    times = defaults(Deployment) | fields
    if times["stable"] > times["health_timeout"]:
        found.add(
            f"{place}stable",
            f"is longer than health_timeout ({times['health_timeout']:g} seconds), "
            "so that no container could ever count as healthy",
        )


def _check_duplicates(given: Mapping[str, Any], found: _Findings) -> None:
    first: dict[str, str] = {}
    for place, each in given.items():
        name = each.get("name") if isinstance(each, dict) else None
        if isinstance(name, str) and first.setdefault(name, place) != place:
            found.add(f"{place}name", f"{shown(name)} is taken by {_whole(first[name])}")


def _check_container_name(path: str, name: str, found: _Findings) -> None:
    """A container's name and an image's repository, so the rules of both hold (Engine 20.10)."""
    if not 2 <= len(name) <= LONGEST_NAME:
        found.add(path, f"makes a container's name that has not 2 to {LONGEST_NAME} characters")
    elif not IMAGE_RULE.fullmatch(name):
        found.add(path, "may hold one or two underscores in a row, or hyphens, but no mix of them")
    elif len(name) == 64 and set(name) <= set("0123456789abcdef"):
        found.add(path, "makes an image's name that looks like the id of an image")
