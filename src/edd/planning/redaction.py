"""What a viewer does not read in the engine's answers: environment, commands, free text, options.

A field goes by its name, in any case and at any depth; it keeps its type, so that clients go on
understanding the answer.
"""

from typing import Any

HIDDEN = frozenset(
    {
        *("env", "cmd", "args", "entrypoint", "shell", "onbuild", "healthcheck"),
        *("createdby", "comment", "author", "description", "output", "error", "containerconfig"),
        *("annotations", "options", "driveropts", "driver_opts", "storageopt", "sysctls"),
        *("httpproxy", "httpsproxy", "mirrors", "securityopt", "jointokens"),
    }
)
"""Environment and command lines, of containers, builds, health checks and execs; what drivers are
given, passwords of network file systems among it, and errors, which repeat them; proxies, which may
be named with a password."""

SHOWN_LABELS = ("com.docker.compose.", "org.opencontainers.image.")
SHOWN_LABEL_NAMES = frozenset({"edd.deployment", "edd.release", "edd.rollout"})
"""Labels hold what the tools that read them are configured with: only well-known ones are shown."""

LONGEST_LABEL = 1024
"""Characters of a label's name, and of its content as it is shown: nobody is to fill a listing."""

SHOWN_OF_EVENT = frozenset(
    {"Type", "Action", "Actor", "scope", "time", "timeNano", "status", "id", "from"}
)
SHOWN_ATTRIBUTES = frozenset(
    {"name", "image", "container", "type", "driver", "exitCode", "signal", "execID", "oldName"}
)
"""Whatever else an event has is of labels."""


def redacted(answer: Any) -> Any:
    """Return ``answer``, decoded from JSON, without what a viewer does not read."""
    if isinstance(answer, list):
        return [redacted(each) for each in answer]
    if not isinstance(answer, dict):
        return answer
    runs = any(name.casefold() == "args" for name in answer)
    return {name: _shown(name.casefold(), value, runs=runs) for name, value in answer.items()}


def redacted_event(event: Any) -> Any:
    """Return one of the engine's events without labels, and without the commands of execs."""
    if not isinstance(event, dict):
        return {}
    shown = {name: value for name, value in event.items() if name in SHOWN_OF_EVENT}
    for name in shown.keys() & {"Action", "status"}:
        shown[name] = _without_command(str(shown[name]))
    actor = shown.get("Actor")
    if isinstance(actor, dict):
        given = actor.get("Attributes") or {}
        kept = {name: value for name, value in given.items() if name in SHOWN_ATTRIBUTES}
        shown["Actor"] = {"ID": actor.get("ID", ""), "Attributes": kept}
    else:
        shown.pop("Actor", None)
    return shown


def _without_command(action: str) -> str:
    return action.partition(":")[0] if action.startswith("exec_") else action


def _shown(name: str, value: Any, *, runs: bool) -> Any:
    """Return one field's value; ``runs``: of what is run, so that a path is a program there."""
    if name in HIDDEN:
        return _emptied(value)
    if name == "path" and runs:
        return _command(value)
    rule = _RULES.get(name, redacted)
    return rule(value)


def _command(value: Any) -> Any:
    """A whole command line in one text: its first word, the program, stays."""
    return next(iter(value.split()), "") if isinstance(value, str) else _emptied(value)


def _logging(value: Any) -> Any:
    return {**value, "Config": {}} if isinstance(value, dict) else _emptied(value)


def _health(value: Any) -> Any:
    return {**redacted(value), "Log": []} if isinstance(value, dict) else redacted(value)


def _emptied(value: Any) -> Any:
    return type(value)() if isinstance(value, dict | list | str) else None


def _labels(value: Any) -> Any:
    if not isinstance(value, dict):
        return _emptied(value)
    return {
        name: str(content)[:LONGEST_LABEL]
        for name, content in value.items()
        if name in SHOWN_LABEL_NAMES
        or (name.startswith(SHOWN_LABELS) and len(name) <= LONGEST_LABEL)
    }


_RULES = {"labels": _labels, "logconfig": _logging, "health": _health, "command": _command}
