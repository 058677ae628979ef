"""One command's conversation with the host that is meant."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from edd.cli.output import say, settings
from edd.cli.text import moment

if TYPE_CHECKING:
    from edd.client.endpoint import Endpoint
    from edd.client.host import HostClient

T = TypeVar("T")

SOON = 30
"""Days before its end from which a certificate is warned of."""


def ask(call: Callable[["HostClient"], Awaitable[T]]) -> T:
    """Return what ``call`` gets from the host that the options and the environment mean."""
    # Imported here, since --help and completion need no HTTP client.
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415
    from edd.client.host import HostClient  # noqa: PLC0415

    endpoint = choose_endpoint(settings().host)

    async def conversation() -> T:
        async with HostClient(endpoint) as host:
            return await call(host)

    note_ending(endpoint)
    return asyncio.run(conversation())


def note_ending(endpoint: "Endpoint") -> None:
    """Say so if the certificate of ``endpoint`` ends soon."""
    if endpoint.bundle is not None and (words := ending(endpoint.bundle.not_after)):
        say(f"note: {words} Ask the host's administrator: edd cert renew {endpoint.bundle.name}")


def ending(not_after: str) -> str:
    """Return a sentence about a certificate that ends soon; nothing when it has its time."""
    end = moment(not_after)
    days = (end - datetime.now(UTC)).days if end else SOON
    return f"This machine's certificate ends in {days} days." if days < SOON else ""
