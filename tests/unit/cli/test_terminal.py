"""The command line on a real terminal (a pty)."""

import asyncio
import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.unit.cli.conftest import Edd
from tests.unit.cli.test_commands import LOAD, OUTCOME, STATUS
from tests.unit.client.talking import TalkingHost

PROGRAM = Path(sys.executable).with_name("edd")
ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def on_a_terminal(
    *words: str,
    interrupt_at: bytes = b"",
    number: signal.Signals = signal.SIGINT,
    typed: bytes = b"",
    **environment: str,
) -> tuple[int, str]:
    """Run `edd` with all three streams on a terminal; send a signal once it shows some bytes."""
    ours, theirs = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **environment}
    child = subprocess.Popen(
        [PROGRAM, *words], stdin=theirs, stdout=theirs, stderr=theirs, env=env, process_group=0
    )
    os.close(theirs)
    os.write(ours, typed)
    shown = b""
    guard = threading.Timer(20, child.kill)
    guard.start()
    while piece := _piece(ours):
        shown += piece
        if interrupt_at and interrupt_at in shown:
            interrupt_at = b""
            child.send_signal(number)
    os.close(ours)
    guard.cancel()
    return child.wait(10), shown.decode()


def _piece(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # EIO: the last writer closed the terminal
        return b""


def endless(*pieces: bytes) -> Any:
    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for piece in pieces:
            await answer.write(piece)
        await asyncio.sleep(60)
        return answer

    return stream


def after_the_body(handler: Any) -> Any:
    async def read_first(request: web.Request) -> web.StreamResponse:
        await request.read()
        answer: web.StreamResponse = await handler(request)
        return answer

    return read_first


def test_states_have_colours_unless_nobody_wants_them(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/deployments", [STATUS])

    assert "\x1b[32mrunning\x1b[0m" in on_a_terminal("ps")[1]
    assert "\x1b" not in on_a_terminal("ps", NO_COLOR="1")[1]


def test_a_push_shows_bars_and_then_its_result(edd: Edd, host: TalkingHost, tmp_path: Path) -> None:
    progress = {"event": "progress", "step": "start-new", "message": "starting [red]\x1b[2J"}
    host.stream("POST", LOAD, progress, OUTCOME)
    (tmp_path / "web.tar").write_bytes(b"x" * 3_000_000)

    code, shown = on_a_terminal("push", "web.tar", "website")

    assert code == 0
    assert "send web.tar" in shown
    assert r"starting [red]\x1b[2J" in shown.replace("\x1b[2mstart-new: \x1b[0m", "")
    assert "release 4" in shown


@pytest.mark.parametrize("number", ENDS)
def test_a_followed_log_loses_what_could_harm_the_terminal(
    edd: Edd, host: TalkingHost, number: signal.Signals
) -> None:
    logs = endless(b"\x1b[31mred\x1b[0m\x1b]0;title\x07 end\n")
    host.handle("GET", "/v1/deployments/website/logs", logs)

    code, shown = on_a_terminal("logs", "-f", "website", interrupt_at=b"end", number=number)

    assert code == 128 + number
    assert "\x1b[31mred\x1b[0m end" in shown
    assert "title" not in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("number", ENDS)
def test_a_push_that_is_interrupted_says_what_goes_on(
    edd: Edd, host: TalkingHost, tmp_path: Path, number: signal.Signals
) -> None:
    loading = b'{"event":"progress","step":"load","message":"loading"}\n'
    host.handle("POST", LOAD, after_the_body(endless(loading)))
    (tmp_path / "web.tar").write_bytes(b"x" * 1000)
    began = time.monotonic()

    words = ("push", "web.tar", "website")
    code, shown = on_a_terminal(*words, interrupt_at=b"loading", number=number)

    assert code == 128 + number
    assert "the host goes on with it. See how it ends: edd jobs" in shown
    ended = "Interrupted." if number is signal.SIGINT else f"Ended by {number.name}."
    assert ended in shown
    assert "Traceback" not in shown
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("words", [("rollback", "website"), ("pull", "web:2", "website")])
def test_ctrl_c_during_a_rollback_or_a_pull_says_what_goes_on(
    edd: Edd, host: TalkingHost, words: tuple[str, ...]
) -> None:
    starting = b'{"event":"progress","step":"start-new","message":"starting"}\n'
    path = f"/v1/deployments/website/{words[0]}"
    host.handle("POST", path, after_the_body(endless(starting)))

    code, shown = on_a_terminal(*words, interrupt_at=b"starting")

    assert code == 130
    assert "The host goes on with it. See how it ends: edd jobs." in shown


def test_a_push_whose_terminal_is_closed_ends_with_129(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    loading = b'{"event":"progress","step":"load","message":"loading"}\n'
    host.handle("POST", LOAD, after_the_body(endless(loading)))
    (tmp_path / "web.tar").write_bytes(b"x" * 1000)
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        ["setsid", "--ctty", PROGRAM, "push", "web.tar", "website"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while b"loading" not in shown and (piece := _piece(ours)):
        shown += piece

    os.close(ours)

    assert child.wait(10) == 129


def test_a_bar_shows_no_speed_any_more_once_all_is_sent(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    async def slowly(request: web.Request) -> web.StreamResponse:
        await request.read()
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        loading = {"event": "progress", "step": "load", "message": "loading"}
        await answer.write(json.dumps(loading).encode() + b"\n")
        await asyncio.sleep(0.6)
        await answer.write(json.dumps(OUTCOME).encode() + b"\n")
        return answer

    host.handle("POST", LOAD, slowly)
    (tmp_path / "web.tar").write_bytes(b"x" * 3_000_000)

    shown = on_a_terminal("push", "web.tar", "website", COLUMNS="120")[1]

    after = shown.partition("loading")[2]
    assert "3.0/3.0 MB" in after
    assert "/s" not in after


def test_ctrl_c_before_the_archive_is_whole_says_that_nothing_is_loaded(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    receiving = b'{"event":"progress","step":"receive","message":"receiving"}\n'
    host.handle("POST", LOAD, endless(receiving))
    os.mkfifo(tmp_path / "web")
    with os.fdopen(os.open(tmp_path / "web", os.O_RDWR), "wb", buffering=0) as pipe:
        pipe.write(b"x" * 1000)
        code, shown = on_a_terminal("push", "./web", "website", interrupt_at=b"receiving")

    assert code == 130
    assert "nothing is loaded, what ran before still runs" in shown
    assert "edd jobs" not in shown


def test_a_wide_table_fits_the_terminal(edd: Edd, host: TalkingHost) -> None:
    detail = "Release 3 of website did not become healthy: it ended with exit code 1 " + "x" * 99
    release = {"deployment": "website", "number": 3, "image": STATUS["image"], "reference": "r"}
    release |= {"caller": "alice", "created_at": STATUS["since"], "state": "failed"}
    host.answer("GET", "/v1/deployments/website/releases", [{**release, "detail": detail}])

    shown = on_a_terminal("releases", "website", NO_COLOR="1", COLUMNS="80")[1]

    assert max(map(len, shown.splitlines())) <= 80
    assert "  did not become healthy: it ended" in shown
    assert "x" * 99 in edd("releases", "website").out


def test_a_push_from_the_keyboard_is_refused(edd: Edd, host: TalkingHost) -> None:
    code, shown = on_a_terminal("push", "-", "website")

    assert code == 3
    assert "is a terminal" in shown


def test_remove_takes_no_for_an_answer(edd: Edd, host: TalkingHost) -> None:
    code, shown = on_a_terminal("remove", "website", typed=b"n\n")

    assert code == 1
    assert "Stop and remove the container of website?" in shown
    assert "Nothing was changed." in shown
    assert host.seen == []
