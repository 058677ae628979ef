"""Deployments that stand as records in databases in the form of SME Server's."""

from pathlib import Path

from edd.config.esmith import table_of
from edd.config.problems import Problem
from edd.errors import EddError
from edd.model.record import Records, read_record, read_records

SME_FOLDER = Path("/home/e-smith/db")
LARGEST = 16 << 20
CONTAINERS, IMAGES = "docker_containers", "docker_images"
TYPE = "service"


def folder_of(directory: Path) -> Path:
    """Return where databases lie for a configuration in ``directory``: SME Server's own first."""
    return SME_FOLDER if SME_FOLDER.is_dir() else directory / "db"


def read_database(path: Path) -> Records:
    """Return the records in ``path``, none where there is no such file.

    Raises EddError when it cannot be read, is too large, or is no text.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        text = content.decode()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise unusable(path, error) from error
    if len(content) > LARGEST:
        raise unusable(path, ValueError(f"it is larger than {LARGEST} bytes"))
    return read_records(text)


def described(folder: Path) -> tuple[dict[str, object], list[Problem]]:
    """Return what each container's record describes, by its place, and what cannot be read."""
    try:
        containers, images = (read_database(folder / name) for name in (CONTAINERS, IMAGES))
    except EddError as error:
        return {}, [Problem("", error.detail.rstrip("."))]
    common = {key: read_record(text) for key, text in images.items()}
    tables: dict[str, object] = {}
    problems: list[Problem] = []
    for key, text in sorted(containers.items()):
        place, record = f"{CONTAINERS} {key}", read_record(text)
        if record.type != TYPE:
            problems.append(Problem(place, f"is of the type {record.type!r}, not {TYPE}"))
        tables[place], found = table_of(key, record, common)
        problems += [Problem(f"{place}: {name}", words) for name, words in found]
    return tables, problems


def unusable(path: Path, error: Exception) -> EddError:
    """Return the error that a database cannot be used for the reason in ``error``."""
    reason = error.strerror if isinstance(error, OSError) else str(error)
    if isinstance(error, UnicodeDecodeError):
        reason = "it is not UTF-8 text"
    return EddError(
        f"The database {path} cannot be used: {reason}.",
        kept="Nothing was changed.",
        advice="Name another folder with DBPATH, or see that you may write there.",
    )
