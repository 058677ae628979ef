"""What is refused for want of room, and where that lacks."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edd.config import Config
from edd.errors import ON_STATE_DISK, DiskFullError
from edd.operations.arrival import Arrival
from edd.operations.settings import Settings


async def unknown(_image: str) -> None:
    """No image of that name."""


def test_an_image_that_cannot_be_written_out_names_the_disk_of_the_state(tmp_path: Path) -> None:
    settings = Settings(Config(deployments=(), state_dir=tmp_path, min_free=10**18))
    images: Any = SimpleNamespace(inspect=unknown)
    unasked: Any = None

    with pytest.raises(DiskFullError) as refused:
        asyncio.run(Arrival(images, unasked, settings).admit_image("sha256:0"))

    assert refused.value.detail.startswith(f"The disk that holds {tmp_path} has ")
    assert refused.value.advice == ON_STATE_DISK
