"""The table of settings as text: the annotated config.toml and the reference page."""

import json
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from textwrap import fill

import msgspec

from edd.config.reading import parse_config
from edd.config.settings import (
    DEPLOYMENT_SETTINGS,
    HOST_SETTINGS,
    NEEDS_RESTART,
    REQUIRED,
    Setting,
    defaults,
    write_optional,
)
from edd.config.types import Address, Config
from edd.errors import ConfigError
from edd.model.deployment import Deployment

HEAD = """\
# The configuration of this host's ED daemon. `edd config check` says whether it is right,
# and `edd reload` makes the daemon read it again.
# A line such as `#listen = ...` shows what holds when the setting is not given.
"""

NO_DEPLOYMENTS = """\
# The deployments of this host. None so far: replace the next line with tables like the one below.
deployments = []
"""

PAGE = """\
<!-- Made by docs/generate.py; edit the code it comes from. -->
# Configuration

The daemon reads the file that `--config` names; without one `/etc/edd/config.toml`, else
`/etc/edd/config.json`. If both exist the first is used and a warning says so. Whether the file is
TOML or JSON is told from its content, whatever its name. It may hold 1 MiB of UTF-8 text.

`edd config check [FILE]` names everything that is wrong in one go. A daemon with a wrong
configuration does not start, and a reload with one keeps the old.

Only `deployments` is required, unless they have files of their own (below). Paths are absolute. An
unknown setting is an error.

## The host

{host}

## Each deployment

`deployments` is a list of tables: one `[[deployments]]` in TOML for each. A deployment may as well
have a file of its own, `deployments.d/NAME.toml` or `.json` beside the configuration, which holds
these settings and nothing else; `name` is the file's unless it says another.

{deployment}

## When a change takes effect

`edd reload`, or SIGHUP, makes the daemon read the file again. A change of `args`, or of what its
container is given, takes effect with the next delivery to that deployment, or with `edd apply`.
A reload that would change
{restart}
is refused, since that needs a restart of the daemon (containers go on meanwhile). All else holds
from the reload on.

## Sizes and durations

A size is a whole number of bytes, or a number with a unit: KiB, MiB, GiB, TiB (powers of 1024),
kB, MB, GB, TB (powers of 1000); K, M, G and T alone are powers of 1024. A duration is a number of
seconds, or numbers with units: ms, s, m, h, as in `1m30s`.

## Two examples

The smallest useful file, in TOML:

```toml
{small}```

and the same in JSON:

```json
{small_json}```

All settings, as `edd init` writes them:

```toml
{example}```
"""

EXAMPLE = {"name": "website", "args": "-p 80:80 --restart unless-stopped"}
SMALL = '[[deployments]]\nname = "website"\nargs = "-p 80:80 --restart unless-stopped"\n'


def annotated_config(**values: object) -> str:
    """Return a commented config.toml that says ``values`` and shows every other setting.

    A value may be what `Config` holds (a path, an address, bytes, deployments) or what a file
    would say; a deployment may be a `Deployment` or a mapping.

    Raises:
        ConfigError: a key or a value is none that a configuration may hold.
    """
    deployments = values.pop("deployments", ())
    if not isinstance(deployments, Iterable):
        raise ConfigError("deployments must be a list.", problems=[])
    tables = [_table(each) for each in deployments]
    blocks = [HEAD, *_blocks(HOST_SETTINGS, _known(values), Config)]
    blocks.extend(_deployment_blocks(tables))
    text = "\n".join(blocks)
    parse_config(text, "the new configuration")
    return text


def complete_config(config: Config) -> str:
    """Return a config.toml without comments that says every setting, defaults included."""
    lines = _said(HOST_SETTINGS, msgspec.structs.asdict(config))
    for deployment in config.deployments:
        lines += ["", "[[deployments]]"]
        lines += _said(DEPLOYMENT_SETTINGS, msgspec.structs.asdict(deployment))
    if not config.deployments:
        lines.append("deployments = []")
    return "\n".join(lines) + "\n"


def reference_page() -> str:
    """Return docs/reference/configuration.md, generated from the table of settings."""
    return PAGE.format(
        host=_reference(HOST_SETTINGS, Config),
        deployment=_reference(DEPLOYMENT_SETTINGS, Deployment),
        restart=", ".join(f"`{each.name}`" for each in HOST_SETTINGS if each.name in NEEDS_RESTART),
        small=SMALL,
        small_json=json.dumps({"deployments": [EXAMPLE]}, indent=2) + "\n",
        example=annotated_config(deployments=[EXAMPLE]),
    )


def _known(values: Mapping[str, object]) -> Mapping[str, object]:
    if unknown := values.keys() - {setting.name for setting in HOST_SETTINGS}:
        raise ConfigError(f"{min(unknown)} is not a setting.", problems=[])
    return values


def _table(deployment: object) -> dict[str, object]:
    if isinstance(deployment, Deployment):
        given = msgspec.structs.asdict(deployment)
        return {key: value for key, value in given.items() if value != _default(key)}
    if isinstance(deployment, Mapping):
        return dict(deployment)
    raise ConfigError("A deployment must be a table.", problems=[])


def _default(key: str) -> object:
    return defaults(Deployment)[key]


def _deployment_blocks(tables: list[dict[str, object]]) -> list[str]:
    if not tables:
        commented = "".join(f"#{line}\n" for line in SMALL.splitlines())
        return [NO_DEPLOYMENTS, commented]
    first, *others = tables
    blocks = ["[[deployments]]", *_blocks(DEPLOYMENT_SETTINGS, first, Deployment)]
    return blocks + [_bare(table) for table in others]


def _bare(table: Mapping[str, object]) -> str:
    return "\n".join(["[[deployments]]", *_said(DEPLOYMENT_SETTINGS, table), ""])


def _said(settings: Iterable[Setting], values: Mapping[str, object]) -> list[str]:
    """Return a line for each setting with a value; one that is unset by default has none then."""
    return [
        f"{setting.name} = {_toml(setting, values[setting.name])}"
        for setting in settings
        if setting.name in values
        and (values[setting.name] is not None or setting.kind.write is write_optional)
    ]


def _blocks(
    settings: Iterable[Setting],
    values: Mapping[str, object],
    struct: type[Config] | type[Deployment],
) -> list[str]:
    start = defaults(struct)
    blocks = []
    for setting in settings:
        value = values.get(setting.name)
        if value is None and (setting.name not in values or start[setting.name] is None):
            line = f"#{setting.name} = {_shown(setting, start[setting.name])}"
        else:
            line = f"{setting.name} = {_toml(setting, value)}"
        blocks.append(f"{_comment(setting.meaning)}\n{line}\n")
    return blocks


def _comment(text: str) -> str:
    return fill(text, 96, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _shown(setting: Setting, default: object) -> str:
    if default is None or default is REQUIRED:
        return setting.example + "  # an example: it has no default"
    return setting.kind.write(default)


def _toml(setting: Setting, value: object) -> str:
    plain = [str(each) for each in value] if isinstance(value, tuple) else value
    if isinstance(value, PurePath | Address):
        plain = str(value)
    try:
        return setting.kind.write(setting.kind.read(plain))
    except ValueError as error:
        raise ConfigError(f"{setting.name} {error}.", problems=[]) from None


def _reference(settings: Iterable[Setting], struct: type[Config] | type[Deployment]) -> str:
    start = defaults(struct)
    rows = ["| setting | value | default | for example |", "|---|---|---|---|"]
    rows += [_row(setting, start[setting.name]) for setting in settings]
    meanings = [f"- **`{setting.name}`**: {setting.meaning}" for setting in settings]
    return "\n".join([*rows, "", *meanings])


def _row(setting: Setting, default: object) -> str:
    if default is REQUIRED:
        shown = "required"
    else:
        shown = "unset" if default is None else f"`{setting.kind.write(default)}`"
    return f"| `{setting.name}` | {setting.kind.words} | {shown} | `{setting.example}` |"
