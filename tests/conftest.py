"""Fixtures that every kind of test may ask for."""

import os
from collections.abc import Iterator

import pytest

from tests.support.engine import (
    CONTAINERD_STORE_SINCE,
    TestEngine,
    major_version,
    sweep_leftovers,
    why_unavailable,
)


@pytest.fixture(scope="session")
def engine() -> Iterator[TestEngine]:
    """A private Docker Engine for the whole run; tests remove what they made in it."""
    require_engine()
    sweep_leftovers()
    with TestEngine() as private:
        yield private


@pytest.fixture
def clean_engine(engine: TestEngine) -> Iterator[TestEngine]:
    """The private engine, running, with no container and no image before and after."""
    engine.clean()
    yield engine
    engine.clean()


@pytest.fixture
def small_engine() -> Iterator[TestEngine]:
    """A private engine whose disk holds 64 MiB."""
    require_engine()
    with TestEngine(disk_mib=64) as private:
        yield private


@pytest.fixture(scope="session")
def containerd_engine() -> Iterator[TestEngine]:
    """A private engine that keeps images in containerd, as fresh installs of Docker 29 do."""
    require_engine()
    if major_version() < CONTAINERD_STORE_SINCE:
        pytest.skip("this Docker Engine is too old for the containerd image store")
    with TestEngine(store="containerd") as private:
        yield private


def require_engine() -> None:
    """Skip where no engine can run, unless the run has promised one (EDD_REQUIRE_ENGINE=1)."""
    if reason := why_unavailable():
        if os.environ.get("EDD_REQUIRE_ENGINE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
