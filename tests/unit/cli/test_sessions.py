"""`edd session`: how a password is asked for, and what is said of it."""

import json
import os
import pty
import subprocess
import threading
from collections.abc import Callable

import pytest
from aiohttp import web

from tests.unit.cli.conftest import Edd
from tests.unit.cli.test_terminal import PROGRAM
from tests.unit.client.talking import TalkingHost

PATH = "/v1/sessions/password"
GOOD = "correct horse battery"

Piped = Callable[[bytes], subprocess.CompletedProcess[bytes]]


@pytest.fixture
def taken(host: TalkingHost) -> TalkingHost:
    async def take(request: web.Request) -> web.Response:
        host.seen[-1].body = await request.read()
        return web.json_response({"name": "root@local", "port": 9443})

    host.handle("PUT", PATH, take)
    return host


@pytest.fixture
def piped(edd: Edd) -> Piped:
    """Run the command with bytes on standard input."""

    def run(given: bytes) -> subprocess.CompletedProcess[bytes]:
        command = [str(PROGRAM), "session", "password", "--read-only"]
        return subprocess.run(command, input=given, capture_output=True, timeout=30, check=False)

    return run


def typed(*answers: str) -> tuple[int, str]:
    """Run the command on a terminal of its own, and answer each of its questions."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [PROGRAM, "session", "password"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | {"TERM": "xterm"},
        start_new_session=True,
    )
    os.close(theirs)
    guard = threading.Timer(20, child.kill)
    guard.start()
    shown, left = b"", list(answers)
    try:
        while piece := os.read(ours, 65536):
            shown += piece
            if left and shown.endswith(b": "):
                os.write(ours, f"{left.pop(0)}\n".encode())
    except OSError:
        pass  # EIO: the last writer closed the terminal
    os.close(ours)
    guard.cancel()
    return child.wait(10), shown.decode()


def sent(host: TalkingHost) -> object:
    return json.loads(host.seen[-1].body)


@pytest.mark.parametrize(
    ("given", "taken_as"),
    [
        (b"correct horse battery\n", GOOD),
        (b"correct horse battery", GOOD),
        (b"correct horse battery\r\nmore\n", GOOD),
        (b" with spaces \n", " with spaces "),
        ("Ångström, pâté\n".encode(), "Ångström, pâté"),
        (b"", ""),
    ],
)
def test_without_a_terminal_it_is_the_first_line(
    taken: TalkingHost, piped: Piped, given: bytes, taken_as: str
) -> None:
    done = piped(given)

    assert done.returncode == 0, done.stderr
    assert sent(taken) == {"password": taken_as, "read_only": True}
    assert done.stdout == b"Sign in as root@local at port 9443 of this host\n"
    assert done.stderr == b""


def test_what_is_no_text_is_not_sent(taken: TalkingHost, piped: Piped) -> None:
    done = piped(b"\xff" * 12 + b"\n")

    assert done.returncode == 2
    assert b"not UTF-8" in done.stderr
    assert taken.seen == []


def test_on_a_terminal_it_is_typed_twice_and_never_shown(taken: TalkingHost) -> None:
    code, shown = typed(GOOD, GOOD)

    assert code == 0, shown
    assert sent(taken) == {"password": GOOD, "read_only": False}
    assert GOOD not in shown
    assert "12 characters or more" in shown


def test_two_that_differ_are_asked_for_again(taken: TalkingHost) -> None:
    code, shown = typed(GOOD, "another", GOOD, GOOD)

    assert code == 0, shown
    assert "do not match" in shown
    assert sent(taken) == {"password": GOOD, "read_only": False}


def test_it_is_taken_away(edd: Edd, host: TalkingHost) -> None:
    host.answer("DELETE", PATH, {})
    ended = edd("session", "password", "--remove")

    assert ended.code == 0
    assert "No password lets browsers in" in ended.err
    assert edd("session", "password", "--remove", "--read-only").code == 2


def test_the_list_tells_how_a_browser_came_in(edd: Edd, host: TalkingHost) -> None:
    one = {"id": 1, "caller": "ann", "role": "viewer", "address": "192.0.2.7", "agent": "Phone"}
    one |= {"since": "2026-01-01T00:00:00Z", "idle": 5}
    host.answer("GET", "/v1/sessions", [one | {"by": "password"}, one])

    heads, first, second = edd("session", "list").out.splitlines()
    assert heads.split()[3] == "BY"
    assert (first.split()[3], second.split()[3]) == ("password", "link")
