"""`edd console` before its door opens, and what it says when it closes."""

import socket

import pytest

from edd.cli.console import ENDINGS
from edd.client.tunnel.session import Ending
from tests.unit.cli.conftest import Edd
from tests.unit.client.talking import TalkingHost


def test_two_hosts_are_one_too_many(edd: Edd) -> None:
    ended = edd("-H", "web", "console", "shop", "--no-open")

    assert ended.code == 2
    assert "Two hosts are named" in ended.err


def test_a_port_that_is_taken_is_told(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/info", {})
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = edd("console", "--no-open", "--port", port)

    assert ended.code == 2
    assert f"Port {port} of 127.0.0.1 cannot be used: Address already in use." in ended.err
    assert "any free port" in ended.err
    assert ended.out == ""


def test_a_host_that_does_not_answer_gets_no_link(edd: Edd) -> None:
    ended = edd("console", "local", "--no-open")

    assert ended.code == 8
    assert ended.out == ""


def test_a_host_that_refuses_gets_no_link(edd: Edd, host: TalkingHost) -> None:
    host.refuse("GET", "/v1/info", "forbidden", 403)

    ended = edd("console", "--no-open")

    assert ended.code == 4
    assert ended.out == ""


@pytest.mark.parametrize("ending", Ending)
def test_every_ending_has_its_sentence(ending: Ending) -> None:
    assert ENDINGS[ending].endswith(".")
