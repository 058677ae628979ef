r"""Records of a database in the form of SME Server's: a line each, ``key=type|prop|value|…``.

In a value ``\|`` stands for a bar and ``\n`` for a line break, as its library reads them
(smeserver-lib, esmith::DB).
"""

import re
from collections.abc import Mapping

from msgspec import Struct

_BAR = re.compile(r"(?<!\\)\|")

Records = dict[str, str]
"""What stands behind the equals sign, by key: what nobody changes stays as it was written."""


class Record(Struct, frozen=True):
    """A type and properties; as text it is what `read_record` reads, the properties sorted."""

    type: str
    props: Mapping[str, str]

    def __str__(self) -> str:
        pairs = [part for name in sorted(self.props) for part in (name, self.props[name])]
        return "|".join([self.type, *map(_encoded, pairs)])


class RecordProblem(ValueError):  # noqa: N818 - a finding in what somebody typed, not a failure
    """Why something cannot be written into a database, in one sentence."""


def read_record(text: str) -> Record:
    """Return the record that ``text`` holds; a name without a value has an empty one."""
    kind, *rest = (_decoded(part) for part in _BAR.split(text))
    return Record(kind, dict(zip(rest[::2], [*rest[1::2], ""], strict=False)))


def read_records(text: str) -> Records:
    """Return the records in the lines of ``text``; of a key that stands twice the last counts."""
    lines = (
        line for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")
    )
    return {key: value for key, _, value in (line.partition("=") for line in lines)}


def check_words(key: str, kind: str, props: Mapping[str, str]) -> None:
    """Raise RecordProblem where a record would not be read back as it was written."""
    if not key or key != key.strip() or key.startswith("#") or set(key) & set("=|\n"):
        raise RecordProblem(f"{key!r} cannot be a key: it holds =, a bar, or a space at an end.")
    for name in (kind, *props):
        if set(name) & set("|\n\\"):
            raise RecordProblem(f"{name!r} cannot be a type or a property: it holds a bar.")
    for name, value in props.items():
        if value.endswith("\\") or "\\n" in value or "\\|" in value:
            raise RecordProblem(
                f"The value of {name} cannot be kept: a backslash in it would be lost."
            )


def printed(text: str) -> str:
    """Return a record as `print` and `get` show it: with its line breaks."""
    return text.replace("\\n", "\n")


def _encoded(part: str) -> str:
    return part.replace("|", "\\|").replace("\n", "\\n")


def _decoded(part: str) -> str:
    return part.replace("\\|", "|").replace("\\n", "\n")
