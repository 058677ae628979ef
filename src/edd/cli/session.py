"""One command's conversation with the host that is meant."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

from edd.cli.output import settings

if TYPE_CHECKING:
    from edd.client.host import HostClient

T = TypeVar("T")


def ask(call: Callable[["HostClient"], Awaitable[T]]) -> T:
    """Return what ``call`` gets from the host that the options and the environment mean."""
    # Imported here, since --help and completion need no HTTP client.
    from edd.client.endpoint import choose_endpoint  # noqa: PLC0415
    from edd.client.host import HostClient  # noqa: PLC0415

    endpoint = choose_endpoint(settings().host)

    async def conversation() -> T:
        async with HostClient(endpoint) as host:
            return await call(host)

    return asyncio.run(conversation())
