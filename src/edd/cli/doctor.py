"""`edd doctor`: this machine and a host examined, each finding with how to mend it."""

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from edd.cli.fitting import wrapped
from edd.cli.output import settings, show, stop
from edd.cli.session import SOON
from edd.cli.text import escape, moment, paint
from edd.errors import EddError

if TYPE_CHECKING:
    from edd.client.endpoint import Endpoint
    from edd.client.host import HostClient
    from edd.model.host import Check

SKEWED, BROKEN = 30.0, 300.0
"""Seconds two clocks may differ before it is a warning, and before it is a failure."""

_INDENT = 9
_MARKS = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "failed": ("FAILED", "red")}


@click.command()
def doctor() -> None:
    """Check this machine and a host; say how to mend each.

    Here: which host is meant, its bundle, the certificate's days left, the two clocks. There: the
    engine, the store, the disk, certificates, clock and configuration. Ends with 1 if one failed.

    Example: edd -H shop doctor
    """
    found = examine(settings().host)
    show(found, lambda: "\n".join(line for check in found for line in _lines(check)))
    if any(check.state == "failed" for check in found):
        stop(1)


def examine(wanted: str | None) -> "list[Check]":
    """Return every finding, this machine's first; nothing is raised for what is broken."""
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415 - not needed for --help

    try:
        endpoint = choose_endpoint(wanted)
    except EddError as error:
        return [_failure("host", error)]
    checks = [_check("host", "ok", f"{endpoint.name}: {endpoint.place(endpoint.urls[0])}")]
    if endpoint.bundle is not None:
        checks.append(certificate_check(endpoint.bundle.not_after, endpoint.bundle.name))
    return [*checks, *asyncio.run(_remote(endpoint))]


async def _remote(endpoint: "Endpoint") -> "list[Check]":
    from edd.client.host import HostClient  # noqa: PLC0415

    async with HostClient(endpoint) as host:
        try:
            info = await host.info()
        except EddError as error:
            return [_failure("connection", error)]
        welcome = f"{info.name} answers as version {info.version} to {info.caller} ({info.role})"
        checks = [_check("connection", "ok", welcome), clock_check(host.skew)]
        return [*checks, *await _host_checks(host)]


async def _host_checks(host: "HostClient") -> "list[Check]":
    try:
        return await host.doctor()
    except EddError as error:
        return [_failure("host's own checks", error)]


def certificate_check(not_after: str, name: str) -> "Check":
    """Return whether the bundle's certificate still has its time."""
    end = moment(not_after)
    if end is None:
        return _check("certificate", "warning", f"The bundle of {name} does not say until when.")
    days = (end - datetime.now(UTC)).days
    words = f"{name}: {days} days left, until {not_after}"
    mend = f"Ask the host's administrator: edd cert renew {name}"
    if days < 0:
        return _check("certificate", "failed", words, mend)
    return _check("certificate", *(("warning", words, mend) if days < SOON else ("ok", words)))


def clock_check(skew: float | None) -> "Check":
    """Return whether the two machines agree on the time."""
    if skew is None:
        return _check("clocks", "warning", "The host did not say what time it has.")
    ahead = "ahead" if skew > 0 else "behind"
    words = f"The host's clock is {abs(skew):.0f} s {ahead} of this machine's."
    mend = "Let both machines keep time (timedatectl set-ntp true): certificates depend on it."
    if abs(skew) >= SKEWED:
        return _check("clocks", "failed" if abs(skew) >= BROKEN else "warning", words, mend)
    return _check("clocks", "ok", "The two clocks agree.")


def _check(name: str, state: str, detail: str, mend: str = "") -> "Check":
    from edd.model.host import Check  # noqa: PLC0415

    return Check(name, state, detail, mend)


def _failure(name: str, error: EddError) -> "Check":
    return _check(name, "failed", error.detail, error.advice)


def _lines(check: "Check") -> list[str]:
    word, colour = _MARKS.get(check.state, (check.state, "bold"))
    mark = paint(f"{escape(word):<8}", colour, sys.stdout)
    words = wrapped(f"{escape(check.name)}: {escape(check.detail)}", _INDENT)
    words += wrapped(f"to do: {escape(check.mend)}", _INDENT) if check.mend else []
    return [f"{mark} {words[0]}", *(f"{'':<{_INDENT}}{line}" for line in words[1:])]
