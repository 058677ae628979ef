"""What a deployment's container is given, in types: where it is reached, what outlives it."""

import re
from enum import StrEnum

from msgspec import Struct

VOLUME_RULE = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
"""A volume's name (Docker Engine, `names.RestrictedNamePattern`)."""


class Access(StrEnum):
    """From where the published ports are reached.

    ``private``: from the host itself and its local network. ``public``: from everywhere.
    """

    PRIVATE = "private"
    PUBLIC = "public"


class Network(StrEnum):
    """``bridge`` is a network of Docker's, ``host`` is the host's own."""

    BRIDGE = "bridge"
    HOST = "host"


class Mount(Struct, frozen=True):
    """A folder of the container that outlives it.

    ``source`` is an absolute path of the host, the name of a volume, or empty for a volume of the
    deployment's own. As text it is what `parse_mount` reads.
    """

    target: str
    source: str = ""
    read_only: bool = False

    def __str__(self) -> str:
        named = f"{self.source}:{self.target}" if self.source else self.target
        return f"{named}:ro" if self.read_only else named

    @property
    def of_the_host(self) -> bool:
        """Tell whether it is a folder or file of the host, not a volume."""
        return self.source.startswith("/")

    def volume(self, container: str) -> str:
        """Return the volume's name; one of the deployment's own is called after its target."""
        own = re.sub(r"[^a-zA-Z0-9_-]", ".", self.target.strip("/"))
        return self.source or f"{container}.{own}"


def parse_mount(text: str) -> Mount:
    """Return what ``[SOURCE:]TARGET[:ro]`` means.

    Raises:
        ValueError: it is no mount; the sentence says why.
    """
    parts = text.split(":")
    read_only = len(parts) > 1 and parts[-1] == "ro"
    if read_only or (len(parts) > 1 and parts[-1] == "rw"):
        parts.pop()
    if len(parts) > 2:
        raise ValueError("has more than a source, a target and `ro` between its colons")
    *source, target = parts
    _check_path(target)
    if target == "/":
        raise ValueError("cannot take the place of the container's whole file system")
    for each in source:
        if each.startswith("/"):
            _check_path(each)
        elif not VOLUME_RULE.fullmatch(each):
            raise ValueError(f"has a source that is neither a path nor a volume's name: {each!r}")
    return Mount(target, source[0] if source else "", read_only)


def _check_path(path: str) -> None:
    if not path.startswith("/"):
        raise ValueError(f"must be an absolute path, not {path[:80]!r}")
    if {"", ".", ".."} & set(path.split("/")[1:]) and path != "/":
        raise ValueError(f"must be a plain path, without //, /. and /..: {path[:80]!r}")
    if set(path) & set(',"\n\r'):
        raise ValueError(f"holds a comma, a quote or a line break: {path[:80]!r}")
