"""Parts of blobs: a refusal leaves nothing behind in the loop."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edd.errors import TooLargeError
from edd.model.upload import Part
from edd.operations.offers import Offers
from edd.store.blobs import Bounds
from edd.store.spool import Spool
from tests.unit.archive.builders import zst

BLOB = "sha256:" + "0" * 64


async def arriving(content: bytes) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 1 << 16):
        await asyncio.sleep(0)
        yield content[start : start + (1 << 16)]


def test_a_refused_part_ends_its_unpacking_too(tmp_path: Path) -> None:
    complaints: list[dict[str, Any]] = []
    packed = zst(os.urandom(4 << 20))

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        spool = Spool(tmp_path)
        settings = SimpleNamespace(spool_bounds=Bounds(total=1, min_free=0))
        ledger: Any = SimpleNamespace(settings=settings)
        unasked: Any = None
        part = Part(arriving(packed), 0, last=True, packed=True)
        with pytest.raises(TooLargeError):
            await Offers(ledger, unasked, unasked, spool).receive("website", BLOB, part)
        del part
        gc.collect()
        await asyncio.sleep(0.1)
        spool.close()

    asyncio.run(story())
    assert complaints == []
