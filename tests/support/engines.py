"""The Docker Engines that `scripts/engines` fetched, each with the image stores it offers."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FETCHED = Path(__file__).parents[2] / ".engines"
SUITES = ("bookworm", "trixie", "sid")
Store = Literal["graphdriver", "containerd"]


def version_in(suite: str) -> str:
    """Return the version that a Debian suite gave, such as ``26.1``; its name when it gave none."""
    found = FETCHED / suite
    return found.readlink().name if found.is_symlink() else suite


OLDEST, MIDDLE, NEWEST = (version_in(suite) for suite in SUITES)
"""Docker Engine 20.10, 26.1, and what is newest: 28.5 when this was written."""


def programs(version: str) -> Path:
    """Return the folder of the engine's programs, dockerd to docker."""
    return FETCHED / version / "bin"


def plugins(version: str) -> Path:
    """Return the folder of the docker command line's plugins: buildx and compose, or none."""
    return FETCHED / version / "cli-plugins"


def environment(version: str) -> dict[str, str]:
    """Return what lets the engine's programs find each other, and the library they may need."""
    mine = programs(version)
    path = f"{mine}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "LD_LIBRARY_PATH": str(mine.with_name("lib"))}


def why_missing(version: str) -> str:
    """Return why this engine cannot be started, or nothing when it can."""
    if (programs(version) / "dockerd").exists():
        return ""
    return f"no Docker Engine of {version}: scripts/engines fetches it, or says why it cannot"


@dataclass(frozen=True)
class Kind:
    """An engine as a host may have it: a version and an image store."""

    version: str
    store: Store

    def __str__(self) -> str:
        """Return a name for it, such as ``26.1-classic``."""
        return f"{self.version}-{'classic' if self.store == 'graphdriver' else self.store}"


CLASSIC = [Kind(version, "graphdriver") for version in (OLDEST, MIDDLE, NEWEST)]
CONTAINERD = [Kind(version, "containerd") for version in (MIDDLE, NEWEST)]
EVERY = sorted([*CLASSIC, *CONTAINERD], key=str)
