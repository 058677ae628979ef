"""The systemd unit of the daemon, for the command that is installed here."""

import shutil
import stat
import sys
from importlib.resources import files
from pathlib import Path

from edd.errors import ConfigError
from edd.trust.paths import DEFAULT_DIRECTORY

UNIT = "edd.service"
SYSTEMD_DIRECTORY = Path("/etc/systemd/system")


def installed_command() -> Path:
    """Return the absolute path of the `edd` that runs now.

    Raises:
        ConfigError: there is none on the PATH nor beside the interpreter.
    """
    beside = Path(sys.executable).parent / "edd"
    running = Path(sys.argv[0])
    named = shutil.which("edd")
    for candidate in (running if running.name == "edd" else beside, beside, Path(named or "")):
        if candidate.is_absolute() and candidate.is_file():
            return candidate
    raise ConfigError(
        "The installed `edd` was not found, so no service can start it.",
        advice="Install it (uv tool install ed-daemon), or use --no-system.",
    )


def unit_text(command: Path, directory: Path = DEFAULT_DIRECTORY) -> str:
    """Return the unit that runs ``command`` with the configuration in ``directory``.

    Raises:
        ConfigError: a path holds a character that a unit cannot express safely.
    """
    serve, check = f"{_word(command)} serve", f"{_word(command)} config check"
    if directory != DEFAULT_DIRECTORY:
        named = _word(directory / "config.toml")
        serve, check = f"{serve} --config {named}", f"{check} {named}"
    template = files("edd.setup").joinpath(UNIT).read_text("utf-8")
    return template.replace("@SERVE@", serve).replace("@CHECK@", check)


def _word(path: Path) -> str:
    text = str(path)
    if not text.isprintable() or any(letter in text for letter in "\"'\\"):
        raise ConfigError(
            f"A systemd unit cannot name {text!r}.",
            advice="Choose a path without quotes and backslashes.",
        )
    escaped = text.replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if " " in text else escaped


def obstacle(
    command: Path,
    interpreter: Path = Path(sys.executable),
    prefixes: tuple[Path, Path] = (Path(sys.prefix), Path(sys.base_prefix)),
) -> str:
    """Return what keeps other users from running ``command``, and how to mend it; else nothing.

    A tool installed for root alone, below /root, cannot be run by the user `edd`; neither can one
    whose virtual environment was made with an interpreter of root's own (pyenv, uv).
    """
    environment, base = prefixes
    if closed := _closed_part(command.resolve()) or _closed_part(environment):
        return (
            f"{closed} is closed to it. "
            "Install edd in a place that all users can read, such as /opt/edd."
        )
    below = interpreter.resolve()
    if closed := _closed_part(below) or _closed_part(base):
        return (
            f"its Python is {below}, and {closed} is closed to it. Make the virtual environment "
            f"anew with the system's Python: /usr/bin/python3 -m venv --clear {environment}, "
            "and install edd into it again."
        )
    return ""


def _closed_part(place: Path) -> Path | None:
    """Return the first directory on the way to ``place`` that other users may not enter."""
    for part in reversed((place, *place.parents)):
        if not part.stat().st_mode & stat.S_IXOTH:
            return part
    return None
