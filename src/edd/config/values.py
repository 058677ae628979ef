"""Kinds of values: how each is read, what it is called, and how it is written in TOML.

A reader takes what TOML or JSON decoded and returns what `Config` holds, or raises `UnfitError`
with a sentence that begins in lower case and follows the value's path.
"""

import json
import math
import os
import re
import shlex
from collections.abc import Callable, Iterable
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any, TypeVar

from msgspec import Struct

from edd.config.types import DEFAULTS, Address
from edd.model.arguments import shown
from edd.model.deployment import NAME_RULE, RESERVED

SIZE_UNITS = {
    "": 1, "b": 1,
    "k": 1 << 10, "kib": 1 << 10, "kb": 10**3,
    "m": 1 << 20, "mib": 1 << 20, "mb": 10**6,
    "g": 1 << 30, "gib": 1 << 30, "gb": 10**9,
    "t": 1 << 40, "tib": 1 << 40, "tb": 10**12,
}  # fmt: skip
LONGEST_SOCKET = 107
LEAST_MEMORY = 6 << 20
TIME_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
IMAGE_RULE = re.compile(r"[a-z0-9]+(?:(?:\.|__?|-+)[a-z0-9]+)*")
"""One component of an image repository (distribution/reference, grammar of references)."""


T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)


class UnfitError(ValueError):
    """A value does not fit its setting; the sentence goes on from the value's path."""


class Kind(Struct, frozen=True):
    """A kind of value: its name in the reference, its reader, and its writer (a TOML value)."""

    words: str
    read: Callable[[object], Any]
    write: Callable[[Any], str] = lambda value: quote(str(value))


def quote(text: str) -> str:
    """Return ``text`` as a basic string of TOML, which JSON's form is but for DEL."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def read_text(value: object) -> str:
    """Return a string; anything else is refused with its own type named."""
    if not isinstance(value, str):
        raise UnfitError(f"must be a string, not {type_of(value)}")
    if re.search(r"[\0\ud800-\udfff]", value):
        raise UnfitError("holds a NUL character or half a character")
    return value


def read_path(value: object) -> Path:
    """Return an absolute path; the daemon's working directory is nobody's business."""
    text = read_text(value)
    if not PurePath(text).is_absolute():
        raise UnfitError(f"must be an absolute path, not {shown(text)}")
    return Path(text)


def read_optional_path(value: object) -> Path | None:
    """Return an absolute path, or None for an empty string or null."""
    return None if value is None or value == "" else read_path(value)


def read_socket(value: object) -> Path:
    """Return the path of a unix socket; ``unix://`` before it is allowed."""
    text = read_text(value)
    if "://" in text.removeprefix("unix://"):
        raise UnfitError(f"must be a unix socket such as /var/run/docker.sock, not {shown(text)}")
    return read_place(text.removeprefix("unix://"))


def read_place(value: object) -> Path:
    """Return an absolute path that a unix socket can have: unix(7) leaves it 107 bytes."""
    path = read_path(value)
    if len(os.fsencode(path)) > LONGEST_SOCKET:
        raise UnfitError(f"has more than the {LONGEST_SOCKET} bytes of a unix socket's path")
    return path


def read_address(value: object) -> Address:
    """Return where to listen: HOST:PORT, [IPV6]:PORT, or PORT alone for 0.0.0.0."""
    text = str(value) if type(value) is int else read_text(value)
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not (port.isascii() and port.isdecimal()):
        raise UnfitError(f'must be PORT, or HOST:PORT such as "0.0.0.0:8866", not {shown(text)}')
    if len(port) > 5 or int(port) > 65535:
        raise UnfitError(f"has a port beyond 65535: {shown(text)}")
    if ":" in bare and bare == host:
        raise UnfitError(f'must have brackets around its IPv6 address: "[{host[:45]}]:{port}"')
    if not re.fullmatch(r"[\w.:%-]*", bare, re.ASCII):
        raise UnfitError(f"has a host that is neither a name nor an address: {shown(bare)}")
    return Address(bare or DEFAULTS.listen.host, int(port))


def read_optional_address(value: object) -> Address | None:
    """Return where to listen, or None for an empty string or null."""
    return None if value is None or value == "" else read_address(value)


def read_prefix(value: object) -> str:
    """Return what precedes a deployment's name in its container's and its image's name."""
    text = read_text(value)
    if text and not IMAGE_RULE.fullmatch(text + "x"):
        raise UnfitError(
            f"cannot begin the name of an image: {shown(text)}. Use lower-case letters and digits, "
            "with single dots, one or two underscores, or hyphens between and after them"
        )
    return text


def read_group(value: object) -> str:
    """Return a name of a group, or its number."""
    text = read_text(value)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}\$?", text):
        raise UnfitError(f"must be the name of a group, not {shown(text)}")
    return text


def read_size(value: object) -> int:
    """Return bytes from a whole number or a text such as "20 GiB"."""
    wanted = 'a size in bytes or such as "20 GiB"'
    size = value if type(value) is int else int(_number(value, SIZE_UNITS, wanted))
    if not 1 <= size < 1 << 63:
        raise UnfitError("must be at least 1 byte and less than 8 EiB")
    return size


def read_bool(value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise UnfitError(f"must be true or false, not {type_of(value)}")
    return value


def whole_number(least: int, most: int) -> Callable[[object], int]:
    """Return a reader of whole numbers from ``least`` to ``most``."""

    def read(value: object) -> int:
        if type(value) is not int:
            raise UnfitError(f"must be a whole number, not {type_of(value)}")
        if not least <= value <= most:
            raise UnfitError(f"must be from {least} to {most}")
        return value

    return read


def duration(least: float, most: float) -> Callable[[object], float]:
    """Return a reader of durations in seconds, given as a number or such as "2m" or "1m30s"."""

    def read(value: object) -> float:
        seconds = _seconds(value)
        if not least <= seconds <= most:
            raise UnfitError(f"must be from {least:g} to {most:g} seconds")
        return seconds

    return read


def read_name(value: object) -> str:
    """Return a deployment's name, which is also part of its URLs, its container and its image."""
    text = read_text(value)
    if text in RESERVED:
        raise UnfitError(f"{shown(text)} is reserved: /v1/{text} is an address of the daemon's own")
    if not re.fullmatch(NAME_RULE, text):
        raise UnfitError(
            f"{shown(text)} is not a name: use lower-case letters and digits, with hyphens or "
            "underscores between them"
        )
    return text


def read_words(value: object) -> tuple[str, ...]:
    """Return arguments from a list, or from one string split as a shell would."""
    if isinstance(value, list):
        if not all(isinstance(word, str) for word in value):
            raise UnfitError("must hold strings only; put numbers in quotes")
        return tuple(map(read_text, value))
    if not isinstance(value, str):
        raise UnfitError(f"must be a string or a list of strings, not {type_of(value)}")
    text = read_text(value)
    try:
        return tuple(shlex.split(text))
    except ValueError:
        raise UnfitError("has a quote that is not closed, or ends in a backslash") from None


def texts(read: Callable[[str], T]) -> Callable[[object], tuple[T, ...]]:
    """Return a reader of lists whose items ``read`` takes as text; a number counts as its text."""

    def read_all(value: object) -> tuple[T, ...]:
        if not isinstance(value, list):
            raise UnfitError(f"must be a list, not {type_of(value)}")
        found = []
        for each in value:
            text = str(each) if type(each) is int else read_text(each)
            try:
                found.append(read(text))
            except UnfitError:
                raise
            except ValueError as error:
                raise UnfitError(f"{shown(text)}: {str(error).rstrip('.')}") from None
        return tuple(found)

    return read_all


def write_texts(values: Iterable[object]) -> str:
    """Return a list of strings."""
    return f"[{', '.join(quote(str(each)) for each in values)}]"


def one_of(choices: type[E]) -> Callable[[object], E]:
    """Return a reader of the words of an enumeration."""

    def read(value: object) -> E:
        text = read_text(value)
        if text not in set(choices):
            raise UnfitError(f"must be one of {', '.join(choices)}, not {shown(text)}")
        return choices(text)

    return read


def optional(read: Callable[[object], T]) -> Callable[[object], T | None]:
    """Return a reader that takes null for none."""
    return lambda value: None if value is None else read(value)


def read_processors(value: object) -> float:
    """Return how many processors a container may use at most, which may be a part of one."""
    if type(value) not in {int, float}:
        raise UnfitError(f"must be a number such as 1.5, not {type_of(value)}")
    count = float(value)  # type: ignore[arg-type]
    if not 0.01 <= count <= 10_000:
        raise UnfitError("must be from 0.01 to 10000")
    return count


def read_memory(value: object) -> int:
    """Return bytes; Docker takes no less than 6 MiB for a container (Engine API, HostConfig)."""
    size = read_size(value)
    if size < LEAST_MEMORY:
        raise UnfitError("must be at least 6 MiB, which is the least that Docker takes")
    return size


def type_of(value: object) -> str:
    """Return what TOML and JSON call the type of ``value``, with its article."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "a string"}
    names |= {list: "a list", dict: "a table", type(None): "null"}
    return names.get(type(value), "a date or time")


def _seconds(value: object) -> float:
    if type(value) in {int, float}:
        return float(value) if abs(value) < 1e9 else math.inf  # type: ignore[arg-type]
    text = read_text(value).replace(" ", "") if isinstance(value, str) else ""
    parts = re.findall(r"\d{1,9}(?:\.\d{1,9})?(?:ms|[smh])", text)
    if not parts or "".join(parts) != text:
        return _number(value, TIME_UNITS, 'a duration in seconds or such as "2m"')
    return sum(_number(part, TIME_UNITS, "a duration") for part in parts)


def _number(value: object, units: dict[str, float] | dict[str, int], wanted: str) -> float:
    if not isinstance(value, str):
        raise UnfitError(f"must be {wanted}, not {type_of(value)}")
    match = re.fullmatch(r"(\d{1,18}(?:\.\d{1,9})?)\s*([A-Za-z]*)", value.strip(), re.ASCII)
    unit = match[2].lower() if match else ""
    if match is None or (unit or min(units)) not in units:
        raise UnfitError(f"must be {wanted}, not {shown(value)}")
    return float(match[1]) * units.get(unit, 1)
