"""From a file to a configuration: which file, TOML or JSON, and where it cannot be read."""

import json
import tomllib
from pathlib import Path
from shlex import quote
from typing import Any

from msgspec import Struct

from edd.config.problems import Problem, examine
from edd.config.records import described, folder_of
from edd.config.types import Config
from edd.errors import ConfigError

DEFAULT_PATHS = (Path("/etc/edd/config.toml"), Path("/etc/edd/config.json"))
FOLDER = "deployments.d"
LARGEST = 1 << 20
MOST_FILES = 1000
LONG_NUMBER = "a number in it has too many digits"
TWICE = "Cannot mutate immutable namespace ('deployments',)"
"""What tomllib says of ``[[deployments]]`` below a list of that name."""


class LoadedConfig(Struct, frozen=True):
    """A configuration, the file it came from, and what is odd but not wrong."""

    config: Config
    path: Path
    warnings: tuple[str, ...] = ()


def load_config(path: Path | None = None) -> LoadedConfig:
    """Return the configuration in ``path``, else in the first of `DEFAULT_PATHS` that exists.

    Deployments may have files of their own in `FOLDER` beside it, each called after the file
    unless it says another name, or records in a database (`edd.config.records`).

    Raises:
        ConfigError: ``data["problems"]`` holds a `Problem` for everything that is wrong.
    """
    chosen, warnings = (path, ()) if path else _default_path()
    raw = parse(_read(chosen), chosen)
    files, unread = _read_folder(chosen.parent / FOLDER)
    records, misread = described(folder_of(chosen.parent))
    examined = examine(raw, {**files, **records})
    problems = [*unread, *misread, *examined.problems]
    if problems or examined.config is None:
        raise _error(chosen, problems)
    return LoadedConfig(examined.config, chosen, (*warnings, *examined.warnings))


def parse_config(text: str, source: str = "the configuration") -> Config:
    """Return the configuration that ``text`` holds; ``source`` is what errors call it.

    Raises:
        ConfigError: as `load_config` does.
    """
    examined = examine(parse(text, source))
    if examined.config is None:
        raise _error(source, list(examined.problems))
    return examined.config


def parse(text: str, source: str | Path) -> object:
    """Decode TOML or JSON; the content decides which, never a file's name.

    No TOML document begins with a brace, and every JSON object does.
    """
    decode = _decode_json if text.lstrip().startswith("{") else _decode_toml
    try:
        return decode(text)
    except RecursionError:
        raise _error(source, [Problem("", "the values are nested too deeply")]) from None
    except ValueError as error:
        raise _error(source, [Problem("", str(error)[:500])]) from None


def _read_folder(folder: Path) -> tuple[dict[str, object], list[Problem]]:
    """Return what each file in ``folder`` describes, by its path, and which cannot be read."""
    try:
        names = sorted(each.name for each in folder.iterdir() if _is_description(each))
    except (FileNotFoundError, NotADirectoryError):
        return {}, []
    except OSError as error:
        return {}, [Problem(FOLDER, f"cannot be read: {error.strerror}")]
    files: dict[str, object] = {}
    problems: list[Problem] = []
    if len(names) > MOST_FILES:
        problems.append(Problem(FOLDER, f"holds more than {MOST_FILES} files"))
    for name in names[:MOST_FILES]:
        place = f"{FOLDER}/{name}"
        try:
            table = parse(_read(folder / name), folder / name)
        except ConfigError as error:
            said = error.data["problems"] or [Problem("", error.detail.rstrip("."))]
            problems.extend(Problem(place, str(each)) for each in said)
            continue
        files[place] = {"name": Path(name).stem, **table} if isinstance(table, dict) else table
    return files, problems


def _is_description(path: Path) -> bool:
    return path.suffix in {".toml", ".json"} and not path.name.startswith(".")


def _default_path() -> tuple[Path, tuple[str, ...]]:
    there = [path for path in DEFAULT_PATHS if _exists(path)]
    if not there:
        names = " nor ".join(map(str, DEFAULT_PATHS))
        raise ConfigError(
            f"There is no configuration: neither {names}.",
            advice="Create one with `edd init`, or name a file with --config FILE.",
            problems=[],
        )
    if len(there) == 1:
        return there[0], ()
    return there[0], (f"{there[1]} is ignored, since {there[0]} exists too.",)


def _exists(path: Path) -> bool:
    """Tell whether there is a file; one that may not be looked at counts, so that it is named."""
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise ConfigError(
            f"{path} cannot be read: {reason}.",
            advice="Name a file that exists and that you may read.",
            problems=[],
        ) from None
    if len(content) > LARGEST:
        raise _error(path, [Problem("", f"it is larger than {LARGEST} bytes")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        problem = Problem("", f"it is not UTF-8 text (at line {line}); save it as UTF-8")
        raise _error(path, [problem]) from None


def _decode_toml(text: str) -> object:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        words = str(error).replace(
            TWICE, "[[deployments]] stands below `deployments = …`; remove that line"
        )
        raise ValueError(f"it is not valid TOML: {words}") from None
    except ValueError:
        raise ValueError(LONG_NUMBER) from None


def _decode_json(text: str) -> object:
    try:
        return json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_integer
        )
    except json.JSONDecodeError as error:
        where = f"at line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is not valid JSON: {error.msg} ({where})") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table: dict[str, Any] = {}
    for key, value in pairs:
        if key in table:
            raise ValueError(f"it is not valid JSON: {key[:100]!r} stands twice in one object")
        table[key] = value
    return table


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(LONG_NUMBER) from None


def _no_constant(name: str) -> object:
    raise ValueError(f"it is not valid JSON: {name} is not a number")


def _error(source: str | Path, problems: list[Problem]) -> ConfigError:
    first = str(problems[0])
    more = f" has {len(problems)} problems. The first" if len(problems) > 1 else ""
    end = "" if first.endswith("?") else "."
    file = f" {quote(str(source))}" if isinstance(source, Path) else ""
    return ConfigError(
        f"{source}{more}: {first}{end}",
        advice=f"Correct the values named and run `edd config check{file}`.",
        problems=problems,
    )
