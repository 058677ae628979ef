"""Commands inside a container take nothing from a host that is no container's name."""

import pytest

from tests.unit.cli.conftest import Edd
from tests.unit.client.talking import TalkingHost


@pytest.mark.parametrize("name", ["--env-file=/etc/shadow", "", "-v", "a b", "../x", "é"])
@pytest.mark.parametrize("words", [("exec", "web", "id"), ("stats",), ("cp", "web:/x", ".")])
def test_a_name_that_is_none_is_refused(
    edd: Edd, host: TalkingHost, name: str, words: tuple[str, ...]
) -> None:
    status = {
        "name": "other",
        "state": "running",
        "image": "sha256:1",
        "health": "none",
        "container": name,
    }
    host.answer("GET", "/v1/deployments/web", status)
    host.answer("GET", "/v1/deployments", [status])

    ended = edd(*words)

    assert ended.code != 0
    assert "none can be called" in ended.err
    assert "Traceback" not in ended.err
