"""A command line without any of this machine's hosts, and a host that talks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edd.cli.main import run
from tests.unit.client.talking import TalkingHost


@dataclass(frozen=True)
class Ended:
    """How a command line ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Edd = Callable[..., Ended]


@pytest.fixture
def edd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Edd:
    """Run a command line in this process."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "cfg"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("EDD_SOCKET", str(tmp_path / "edd.sock"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    monkeypatch.delenv("EDD_HOST", raising=False)
    monkeypatch.chdir(tmp_path)

    def call(*words: str) -> Ended:
        capfd.readouterr()
        code = run(words)
        out, err = capfd.readouterr()
        return Ended(code, out, err)

    return call


@pytest.fixture
def host(tmp_path: Path, edd: Edd) -> Iterator[TalkingHost]:
    """A host on the socket that ``edd`` finds."""
    with TalkingHost(socket=tmp_path / "edd.sock") as talking:
        yield talking
