"""Fixtures that every kind of test may ask for."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from tests.support.engine import EngineOf, TestEngine, sweep_leftovers, why_unavailable
from tests.support.engines import CLASSIC, CONTAINERD, EVERY, Kind

# Without bytecode every `edd` that a test starts would compile the product first, for a second.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell's background jobs ignore Ctrl-C, and so would every process that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


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
    with cleaned(engine):
        yield engine


@pytest.fixture
def small_engine() -> Iterator[TestEngine]:
    """A private engine whose disk holds 64 MiB."""
    require_engine()
    with TestEngine(disk_mib=64) as private:
        yield private


@pytest.fixture(scope="session")
def engine_of() -> Iterator[EngineOf]:
    """Give private engines by kind, each started when first asked for and kept for the run."""
    sweep_leftovers()
    running: dict[Kind, TestEngine] = {}
    with ExitStack() as ends:

        def of(kind: Kind) -> TestEngine:
            require_engine(kind.version)
            if kind not in running:
                private = TestEngine(version=kind.version, store=kind.store)
                running[kind] = ends.enter_context(private)
            return running[kind]

        yield of


@pytest.fixture(params=EVERY, ids=str)
def any_engine(engine_of: EngineOf, request: pytest.FixtureRequest) -> Iterator[TestEngine]:
    """Each kind of engine that hosts have, clean before and after the test."""
    with cleaned(engine_of(request.param)) as private:
        yield private


@pytest.fixture(params=CLASSIC, ids=str)
def classic_engine(engine_of: EngineOf, request: pytest.FixtureRequest) -> Iterator[TestEngine]:
    """Each engine that keeps images in its own graph driver."""
    with cleaned(engine_of(request.param)) as private:
        yield private


@pytest.fixture(params=CONTAINERD, ids=str)
def containerd_engine(engine_of: EngineOf, request: pytest.FixtureRequest) -> Iterator[TestEngine]:
    """Each engine that keeps images in containerd, as fresh installs of Docker 29 do."""
    with cleaned(engine_of(request.param)) as private:
        yield private


@contextmanager
def cleaned(private: TestEngine) -> Iterator[TestEngine]:
    """Hold the engine running, and remove every container and image in the end."""
    private.start()
    try:
        yield private
    finally:
        private.clean()


def require_engine(version: str | None = None) -> None:
    """Skip where no engine can run, unless the run has promised one (EDD_REQUIRE_ENGINE=1)."""
    if reason := why_unavailable(version):
        if os.environ.get("EDD_REQUIRE_ENGINE") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
