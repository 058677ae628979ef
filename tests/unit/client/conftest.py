"""A host that talks, on a unix socket."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.client.endpoint import Endpoint
from tests.unit.client.talking import TalkingHost


@pytest.fixture
def host(tmp_path: Path) -> Iterator[TalkingHost]:
    with TalkingHost(socket=tmp_path / "edd.sock") as talking:
        yield talking


@pytest.fixture
def endpoint(host: TalkingHost) -> Endpoint:
    return Endpoint("local", socket=host.socket)
