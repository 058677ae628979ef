"""Where a workstation keeps what it may lose."""

from collections.abc import Mapping
from pathlib import Path


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return ``$XDG_CACHE_HOME/edd``, else ``~/.cache/edd``; a relative path is ignored."""
    home = Path(environment.get("XDG_CACHE_HOME", ""))
    return (home if home.is_absolute() else Path.home() / ".cache") / "edd"
