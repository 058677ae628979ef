"""`edd config`: what the host's configuration says, and everything that is wrong with it."""

import os
from pathlib import Path
from typing import Any

import click

from edd.cli import output
from edd.cli.text import escape
from edd.config import Config, LoadedConfig, complete_config, load_config
from edd.config.settings import HOST_SETTINGS
from edd.errors import ConfigError
from edd.interfaces import local_addresses
from edd.planning.arguments import clashing_ports

NEEDED = ("tls_key", "tls_certs", "mutual_tls_ca_certs", "mutual_tls_crl", "docker_socket")
"""Settings that name something which must be there when the daemon starts."""

FILE = click.argument("file", required=False, type=click.Path(path_type=Path))


@click.group()
def config() -> None:
    """Check and show a host's configuration.

    Without FILE it is the one the daemon reads: /etc/edd/config.toml, else /etc/edd/config.json.
    """


@config.command()
@FILE
def check(file: Path | None) -> None:
    """Name everything that is wrong with a configuration.

    Exit code 2 if anything is. What is odd but possible is a warning: a file that is missing here,
    two deployments with the same port.

    Example: edd config check /etc/edd/config.toml
    """
    loaded = _load(file)
    warnings = [*loaded.warnings, *_missing(loaded.config)]
    warnings += clashing_ports(loaded.config.deployments, local_addresses())
    for warning in [] if output.wants_json() else warnings:
        output.say(f"warning: {escape(warning)}")
    output.show(_summary(loaded, warnings), lambda: escape(_sentence(loaded, warnings)))


@config.command()
@FILE
def show(file: Path | None) -> None:
    """Print every setting as the daemon takes it, defaults included; the text is TOML.

    Example: edd config show -o json
    """
    loaded = load_config(file)
    output.show(_plain(loaded.config), lambda: complete_config(loaded.config).rstrip())


def _load(file: Path | None) -> LoadedConfig:
    """Load a configuration; whoever checks it need not be told to check it."""
    try:
        return load_config(file)
    except ConfigError as error:
        if error.data["problems"]:
            error.advice = "Correct what is named, then check again."
        raise


def _summary(loaded: LoadedConfig, warnings: list[str]) -> dict[str, Any]:
    names = [deployment.name for deployment in loaded.config.deployments]
    listen = str(loaded.config.listen)
    return {"file": str(loaded.path), "listen": listen, "deployments": names, "warnings": warnings}


def _sentence(loaded: LoadedConfig, warnings: list[str]) -> str:
    parts = [f"listens on {loaded.config.listen}"]
    parts.append(_count(len(loaded.config.deployments), "deployment"))
    parts.append(_count(len(warnings), "warning") if warnings else "no warnings")
    return f"{loaded.path} is right: {', '.join(parts)}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _missing(config: Config) -> list[str]:
    named = [(key, getattr(config, key)) for key in NEEDED]
    found = ((key, path, _trouble(path)) for key, path in named if path is not None)
    return [f"{key}: {path} {trouble}." for key, path, trouble in found if trouble]


def _trouble(path: Path) -> str:
    try:
        path.stat()
    except FileNotFoundError:
        return "does not exist here"
    except OSError as error:
        return f"cannot be looked at: {error.strerror}"
    return "" if os.access(path, os.R_OK) else "cannot be read by this user"


def _plain(config: Config) -> dict[str, Any]:
    settings = {setting.name: _value(getattr(config, setting.name)) for setting in HOST_SETTINGS}
    return settings | {"deployments": config.deployments}


def _value(value: object) -> object:
    if isinstance(value, tuple):
        return [str(each) for each in value]
    return value if value is None or isinstance(value, int | str) else str(value)
