"""An image that the local engine does not have: what was perhaps meant."""

import difflib
import re
from collections.abc import Sequence
from pathlib import Path

from edd.errors import SourceError

ENDINGS = (".tar", ".tar.gz", ".tgz", ".tar.zst", ".tzst", ".oci")
"""How the names of archives end."""

_RELEASE = re.compile(r":release-[0-9]+$")
"""The tags that the daemon itself gives; nobody means to push them again."""


def missing_image(name: str, tags: Sequence[str]) -> SourceError:
    """Return the error for ``name``, with similar ones among the engine's ``tags``."""
    if name.lower().endswith(ENDINGS):
        return SourceError(f"There is no file {name}, and no image of that name.", similar=[])
    similar = _similar(name, [tag for tag in tags if not _RELEASE.search(tag)])
    hints = f" Did you mean {' or '.join(similar)}?" if similar else ""
    return SourceError(
        f"The local engine has no image {name}.{hints}{_namesake(name)}", similar=similar
    )


def _similar(name: str, tags: list[str]) -> list[str]:
    own = sorted((tag for tag in tags if tag.rpartition(":")[0] == name), reverse=True)
    if own:
        return own[:3]
    wanted = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
    return difflib.get_close_matches(wanted, tags, n=3, cutoff=0.6)


def _namesake(name: str) -> str:
    path = Path(name)
    if not path.exists():
        return ""
    return f" There is a {'folder' if path.is_dir() else 'file'} of that name: ./{name}"
