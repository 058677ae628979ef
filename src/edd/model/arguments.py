"""The `docker run` arguments of a deployment, read as the docker CLI itself reads them.

The rules are those of spf13/pflag with interspersed arguments off: clusters (``-itd``), attached
values (``-p80:80``, ``-p=80:80``, ``--publish=80:80``), and the first word that is no option ends
the options, for Docker would take it for the image.
"""

import difflib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from edd.model.docker_run import ALIASES, ALWAYS, BOOLEAN, REFUSED, SHORT, VALUED
from edd.model.ports import parse_publish

TRUE = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE = frozenset({"0", "f", "F", "false", "FALSE", "False"})


class ArgumentProblem(ValueError):  # noqa: N818 - a finding in a configuration, not a failure
    """Why the arguments cannot be given to `docker run`, in one sentence."""


class Flag(Struct, frozen=True):
    """One option under its long name without dashes; ``value`` is None for a bare boolean."""

    name: str
    value: str | None = None

    @property
    def on(self) -> bool:
        """Tell whether a boolean option is switched on."""
        return self.value is None or self.value in TRUE

    def __str__(self) -> str:
        return f"--{self.name}" if self.value is None else f"--{self.name}={self.value}"


class Group(Struct, frozen=True):
    """Words that belong together, the options they stand for, and what is wrong with them."""

    words: tuple[str, ...]
    flags: tuple[Flag, ...] = ()
    problem: str = ""


def parse_arguments(words: Sequence[str]) -> list[Flag]:
    """Return the options in ``words`` in their order, long and present-day names throughout.

    Raises:
        ArgumentProblem: with the first thing that Docker, or ED, would not accept.
    """
    for problem in check_arguments(words):
        raise ArgumentProblem(problem)
    return [flag for group in _groups(words) for flag in group.flags]


def check_arguments(words: Sequence[str]) -> list[str]:
    """Return a sentence for everything in ``words`` that Docker or ED would not accept."""
    problems: list[str] = []
    for group in _groups(words):
        if group.problem:
            problems.append(group.problem)
        problems.extend(filter(None, map(_refusal, group.flags)))
    return problems


def docker_arguments(words: Sequence[str]) -> list[str]:
    """Return ``words`` for `docker run -d -it` or `docker create -it`, without -d, -i and -t.

    All other words stay as they were written, except that what is left of a cluster such as
    ``-itP`` comes out in its long form.

    Raises:
        ArgumentProblem: as `parse_arguments` does.
    """
    parse_arguments(words)
    cleaned: list[str] = []
    for group in _groups(words):
        kept = [flag for flag in group.flags if flag.name not in ALWAYS | {"rm"}]
        cleaned.extend(group.words if len(kept) == len(group.flags) else map(str, kept))
    return cleaned


def _groups(words: Sequence[str]) -> Iterator[Group]:
    rest = list(words)
    while rest:
        word = rest[0]
        if not word.startswith("-") or word == "-":
            yield Group(tuple(rest), problem=_positional(word))
            return
        elif word == "--":
            yield Group(tuple(rest), problem="-- ends the options: ED adds the image itself.")
            return
        else:
            group = _long(rest) if word.startswith("--") else _cluster(rest)
            yield group
            del rest[: len(group.words)]


def _positional(word: str) -> str:
    return (
        f"{shown(word)} is not an option: Docker would take it for the image, which ED adds "
        "itself. If it is the value of the option before it, see whether that option takes one."
    )


def _long(rest: Sequence[str]) -> Group:
    word = rest[0]
    name, equals, value = word[2:].partition("=")
    if name in BOOLEAN:
        return _boolean((word,), (Flag(name, value if equals else None),))
    if name not in VALUED:
        return _unknown(rest, f"--{name}", bool(equals))
    if equals:
        return Group((word,), (_valued(name, value),))
    if len(rest) == 1:
        return Group((word,), problem=f"--{name} needs a value.")
    return Group((word, rest[1]), (_valued(name, rest[1]),))


def _cluster(rest: Sequence[str]) -> Group:
    word, flags = rest[0], list[Flag]()
    for at, letter in enumerate(word[1:], 1):
        name, after = SHORT.get(letter), word[at + 1 :]
        if name is None:
            return _unknown_letter(word, letter)
        if name in BOOLEAN and not (after.startswith("=") and len(after) > 1):
            flags.append(Flag(name))
        elif after:
            value = after[1:] if after.startswith("=") and len(after) > 1 else after
            return _boolean((word,), (*flags, _valued(name, value)))
        elif len(rest) == 1:
            return Group((word,), tuple(flags), f"-{letter} (--{name}) needs a value.")
        else:
            return Group((word, rest[1]), (*flags, _valued(name, rest[1])))
    return Group((word,), tuple(flags))


def _valued(name: str, value: str) -> Flag:
    return Flag(ALIASES.get(name, name), value)


def _boolean(words: tuple[str, ...], flags: tuple[Flag, ...]) -> Group:
    last = flags[-1]
    if last.name in BOOLEAN and last.value is not None and last.value not in TRUE | FALSE:
        return Group(words, flags[:-1], f"--{last.name} is either true or false.")
    return Group(words, flags)


def _unknown(rest: Sequence[str], name: str, complete: bool) -> Group:
    near = difflib.get_close_matches(name[2:80], sorted(BOOLEAN | VALUED), 1)
    hint = f" Did you mean --{near[0]}?" if near else ""
    takes_next = not complete and len(rest) > 1 and not rest[1].startswith("-")
    words = tuple(rest[: 2 if takes_next else 1])
    return Group(words, problem=f"{shown(name)} is not an option of docker run.{hint}")


def _unknown_letter(word: str, letter: str) -> Group:
    hint = f" Did you mean -{word[:80]}?" if word[1:].partition("=")[0] in BOOLEAN | VALUED else ""
    return Group(
        (word,), problem=f"-{letter} in {shown(word)} is not an option of docker run.{hint}"
    )


def _refusal(flag: Flag) -> str:
    if "\0" in (flag.value or ""):
        return f"--{flag.name} holds a NUL character."
    if flag.name in ALWAYS and not flag.on:
        return f"--{flag.name}=false is not possible: ED always runs `docker run -d -it`."
    if flag.name in REFUSED and not (flag.name == "rm" and not flag.on):
        return f"--{flag.name} is not possible: {REFUSED[flag.name]}."
    if flag.name == "label" and (flag.value or "").startswith("edd."):
        return f"{shown(str(flag))} is not possible: labels that begin with edd. are ED's own."
    return _unreadable_port(flag)


def _unreadable_port(flag: Flag) -> str:
    try:
        if flag.name == "publish":
            parse_publish(flag.value or "")
    except ValueError as error:
        return f"{shown(str(flag))}: {error}"
    return ""


def pairs_of(value: str) -> dict[str, str]:
    """Return the pairs of an option's value such as ``type=bind,target=/www``."""
    fields = (field.partition("=")[::2] for field in value.split(","))
    return {key.strip().lower(): text for key, text in fields}


def network_name(value: str) -> str:
    """Return the network that ``--network value`` names, with options or without."""
    return pairs_of(value).get("name", value)


def shown(word: str) -> str:
    """Return a foreign string in quotes, escaped, and cut where it is long."""
    return repr(word if len(word) <= 80 else word[:77] + "...")
