"""Writing into the audit trail for those who cannot wait until it can be written."""

import logging
from collections.abc import Coroutine
from typing import Any

from edd.errors import EddError

log = logging.getLogger(__name__)


async def written(entry: Coroutine[Any, Any, None]) -> None:
    """Write ``entry``; one that cannot be written keeps nobody from mending the full disk."""
    try:
        await entry
    except EddError as error:
        log.error("audit entry lost: %s", error.detail)  # noqa: TRY400 - the detail says why
    except Exception:
        log.exception("audit entry lost")
