"""`edd db`: a database of records, by the commands, output and exit codes of SME Server's `db`."""

import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import click

from edd.model.record import (
    Record,
    RecordProblem,
    Records,
    check_words,
    printed,
    read_record,
)

MISSING, USAGE = 1, 255
"""Exit codes: there is no such record or property; the words make no sense (perl's ``die``)."""


class Answer(NamedTuple):
    """What a command prints, and its exit code."""

    lines: Sequence[str] = ()
    code: int = 0


class Verb(NamedTuple):
    """One command: its usage, how many words it needs, and where pairs of words begin."""

    usage: str
    least: int
    pairs: int | None
    work: Callable[[Records, Sequence[str]], Answer]

    def fits(self, words: Sequence[str]) -> bool:
        """Tell whether ``words`` are as many as it takes; more than it heeds do no harm."""
        paired = self.pairs is None or (len(words) - self.pairs) % 2 == 0
        return len(words) >= self.least and paired


def _each(records: Records, words: Sequence[str]) -> list[str]:
    keys = words[:1] or sorted(records)
    return [key for key in keys if key in records]


def _listing(
    line: Callable[[str, str], Sequence[str]],
) -> Callable[[Records, Sequence[str]], Answer]:
    """Return a command that prints ``line`` of a record's key and text, or of all records'."""

    def work(records: Records, words: Sequence[str]) -> Answer:
        found = [text for key in _each(records, words) for text in line(key, records[key])]
        return Answer(found, 0 if found else MISSING)

    return work


def _shown(key: str, text: str) -> list[str]:
    record = read_record(text)
    props = [f"    {name}={record.props[name]}" for name in sorted(record.props)]
    return [f"{key}={record.type}", *props]


def _getting(value: Callable[[str], str]) -> Callable[[Records, Sequence[str]], Answer]:
    def work(records: Records, words: Sequence[str]) -> Answer:
        text = records.get(words[0])
        return Answer((), MISSING) if text is None else Answer([value(text)])

    return work


def _printprop(records: Records, words: Sequence[str]) -> Answer:
    key, *names = words
    props = read_record(records.get(key, "")).props
    found = [f"{name}={props[name]}" for name in names or sorted(props) if name in props]
    return Answer(found, 0 if found or names else MISSING)


def _getprop(records: Records, words: Sequence[str]) -> Answer:
    value = read_record(records.get(words[0], "")).props.get(words[1])
    return Answer((), MISSING) if value is None else Answer([value])


def _set(records: Records, words: Sequence[str]) -> Answer:
    key, kind, *pairs = words
    return _put(records, key, kind, dict(zip(pairs[::2], pairs[1::2], strict=True)))


def _setdefault(records: Records, words: Sequence[str]) -> Answer:
    return Answer() if words[0] in records else _set(records, words)


def _settype(records: Records, words: Sequence[str]) -> Answer:
    key, kind = words[:2]
    if key not in records:
        return Answer((), MISSING)
    return _put(records, key, kind, dict(read_record(records[key]).props))


def _setprop(records: Records, words: Sequence[str]) -> Answer:
    key, *pairs = words
    if key not in records:
        # SME Server's own says nothing and changes nothing, which nobody can want.
        raise RecordProblem(f"There is no record {key!r}; make it with set.")
    record = read_record(records[key])
    changed = dict(zip(pairs[::2], pairs[1::2], strict=True))
    return _put(records, key, record.type, {**record.props, **changed})


def _delprop(records: Records, words: Sequence[str]) -> Answer:
    key, *names = words
    if key not in records:
        return Answer()
    record = read_record(records[key])
    kept = {name: value for name, value in record.props.items() if name not in names}
    return _put(records, key, record.type, kept)


def _delete(records: Records, words: Sequence[str]) -> Answer:
    return Answer((), MISSING if records.pop(words[0], None) is None else 0)


def _put(records: Records, key: str, kind: str, props: dict[str, str]) -> Answer:
    check_words(key, kind, props)
    records[key] = str(Record(kind, props))
    return Answer()


READING = {
    "keys": Verb("keys", 0, None, lambda records, _: _listing(lambda key, _: [key])(records, [])),
    "print": Verb("print [key]", 0, None, _listing(lambda key, text: [f"{key}={printed(text)}"])),
    "show": Verb("show [key]", 0, None, _listing(_shown)),
    "get": Verb("get key", 1, None, _getting(printed)),
    "printtype": Verb(
        "printtype [key]", 0, None, _listing(lambda key, text: [f"{key}={read_record(text).type}"])
    ),
    "gettype": Verb("gettype key", 1, None, _getting(lambda text: read_record(text).type)),
    "printprop": Verb("printprop key [prop1] [prop2] ...", 1, None, _printprop),
    "getprop": Verb("getprop key prop", 2, None, _getprop),
}
CHANGING = {
    "set": Verb("set key type [prop1 val1] [prop2 val2] ...", 2, 2, _set),
    "setdefault": Verb("setdefault key type [prop1 val1] [prop2 val2] ...", 2, 2, _setdefault),
    "delete": Verb("delete key", 1, None, _delete),
    "settype": Verb("settype key type", 2, None, _settype),
    "setprop": Verb("setprop key prop1 val1 [prop2 val2] ...", 3, 1, _setprop),
    "delprop": Verb("delprop key prop1 [prop2] ...", 2, None, _delprop),
}


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="FILE COMMAND [WORD]...")
def db(words: tuple[str, ...]) -> None:
    """Read or change records, as `db` of SME Server does.

    The deployments of this host may stand in docker_containers, and what is common to those of an
    image in docker_images. FILE lies below $DBPATH, else in /home/e-smith/db where that is there,
    else in /etc/edd/db. COMMAND is keys, print, show, get, set, setdefault, delete, printtype,
    gettype, settype, printprop, getprop, setprop or delprop. The exit code is 1 where there is no
    such record or property.

    \b
    Example: edd db docker_containers set wordpress service TCPPort 80 access private
             edd db docker_containers show wordpress
    """  # noqa: D301 - \b is click's mark for lines that stay apart
    from edd.config.records import read_database  # noqa: PLC0415 - not needed for --help
    from edd.setup.records import changing, place_of  # noqa: PLC0415

    name, command, *rest = (*words, "", "")[: max(2, len(words))]
    verb = READING.get(command) or CHANGING.get(command)
    if not name or verb is None or not verb.fits(rest):
        sys.exit(_usage([verb] if verb else [*READING.values(), *CHANGING.values()]))
    try:
        if command in READING:
            answer = verb.work(read_database(place_of(name)), rest)
        else:
            with changing(place_of(name)) as records:
                answer = verb.work(records, rest)
    except RecordProblem as problem:
        click.echo(f"error: {problem}", err=True)
        sys.exit(MISSING)
    for line in answer.lines:
        click.echo(line)
    sys.exit(answer.code)


def _usage(verbs: Sequence[Verb]) -> int:
    """Print how the commands are used and return the exit code for it."""
    click.echo("usage:", err=True)
    for verb in verbs:
        click.echo(f"    edd db dbfile {verb.usage}", err=True)
    return USAGE
