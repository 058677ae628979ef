"""Fixtures for whole stories."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon
from tests.support.engine import TestEngine


@pytest.fixture
def daemon(clean_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    """A running `edd serve` on the private engine, with one deployment: website."""
    with Daemon(tmp_path / "edd", clean_engine.socket) as running:
        yield running
