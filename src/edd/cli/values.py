"""Words of a command line checked while it is read, so that a mistake in one ends with 2."""

from collections.abc import Callable
from typing import Any

import click

from edd.errors import EddError
from edd.trust.names import (
    IPAddress,
    check_client_name,
    is_deployment,
    join_address,
    server_name,
    split_address,
)


class Whole(click.IntRange):
    """A whole number; a word that is none is told with the range that is asked for."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        try:
            int(value)
        except ValueError:
            least = "" if self.min is None else f" from {self.min}"
            most = "" if self.max is None else f" to {self.max}"
            self.fail(f"{value[:80]!r} is not a whole number{least}{most}.", param, ctx)
        return super().convert(value, param, ctx)


NUMBER = Whole(1, 10**18 - 1)
"""What a host numbers: no path of its API has one of more digits."""

Checked = Callable[[click.Context, click.Parameter, Any], Any]


def checked(check: Callable[[str], object]) -> Checked:
    """Return a callback for an argument or option that lets ``check`` refuse its values."""

    def callback(_: click.Context, param: click.Parameter, value: Any) -> Any:
        for word in value if isinstance(value, tuple) else (value,):
            if word is not None:
                _try(check, word, param)
        return value

    return callback


def _try(check: Callable[[str], object], word: str, param: click.Parameter) -> None:
    try:
        check(word)
    except EddError as error:
        raise click.BadParameter(f"{error.detail} {error.advice}".strip(), param=param) from error


def _address(text: str) -> IPAddress:
    found = server_name(text)
    if isinstance(found, str):
        raise click.BadParameter(f"{text[:80]!r} is not an IP address; names go with --name.")
    return found


def _place(text: str) -> str:
    return join_address(*split_address(text))


def _deployment(text: str) -> None:
    if not is_deployment(text):
        raise click.BadParameter(
            f"{text[:80]!r} cannot be a deployment. Deployments have lower-case letters, digits, "
            "and - or _ between them."
        )


client_name = checked(check_client_name)
dns_name = checked(server_name)
ip_address = checked(_address)
place = checked(_place)
deployment = checked(_deployment)


def listening(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Return what the daemon can listen at, as it was given; refuse what it cannot."""
    from edd.config.values import UnfitError, read_address  # noqa: PLC0415 - not needed for --help

    try:
        read_address(value or "8866")
    except UnfitError as error:
        raise click.BadParameter(f"it {error}.") from None
    return value
