"""SIGTERM and SIGHUP end a command as Ctrl-C does: once, and only after it has tidied up."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from edd.cli.endings import fail
from edd.cli.interrupts import SIGNALS, heard, leave_alone
from edd.cli.output import EXIT_CODES, Settings
from edd.errors import EddError
from tests.support.processes import wait_until
from tests.unit.cli.conftest import Edd
from tests.unit.cli.test_terminal import endless
from tests.unit.client.talking import TalkingHost

PROGRAM = Path(sys.executable).with_name("edd")
LOGS = "/v1/deployments/website/logs"


@pytest.fixture(params=[signal.default_int_handler, signal.SIG_IGN], ids=["heard", "ignored"])
def ctrl_c(request: pytest.FixtureRequest) -> Iterator[None]:
    """Ctrl-C as a terminal's job hears it, and as a shell's background job ignores it."""
    before = signal.signal(signal.SIGINT, request.param)
    yield
    signal.signal(signal.SIGINT, before)


async def tidying(tidied: list[str], *numbers: signal.Signals) -> None:
    """Send this process the first signal, and the others while it tidies up."""
    try:
        os.kill(os.getpid(), numbers[0])
        await asyncio.sleep(10)
    finally:
        for number in numbers[1:]:
            os.kill(os.getpid(), number)
        await asyncio.sleep(0.02)
        tidied.append("tidied")


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_tidies_up_however_often_it_is_told_to_end(
    ctrl_c: None, number: signal.Signals
) -> None:
    chosen, tidied = Settings(), list[str]()

    with heard(chosen), pytest.raises(KeyboardInterrupt):
        asyncio.run(tidying(tidied, number, *SIGNALS, *SIGNALS))

    assert tidied == ["tidied"]
    assert chosen.interrupted == 128 + number


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_without_a_loop_ends_at_once(ctrl_c: None, number: signal.Signals) -> None:
    with heard(Settings()), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with heard(Settings()):
            leave_alone()
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_nothing_is_heard_before_and_after_a_command_and_by_the_daemon() -> None:
    def heard_now() -> list[bool]:
        return [callable(signal.getsignal(number)) for number in SIGNALS]

    before = heard_now()
    with heard(Settings()):
        during = heard_now()
        leave_alone()
        left_alone = heard_now()

    assert [before, during, left_alone, heard_now()] == [
        [False] * 2,
        [True] * 2,
        [False] * 2,
        [False] * 2,
    ]


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("error", [KeyboardInterrupt(), EddError("x"), OSError(5, "closed")])
def test_whatever_a_signal_made_of_a_command_its_exit_code_tells_the_signal(
    number: signal.Signals, error: BaseException
) -> None:
    assert fail(error, Settings(ended_by=number)) == 128 + number
    assert 128 + number in EXIT_CODES


def test_with_json_the_signal_is_in_the_document(capsys: pytest.CaptureFixture[str]) -> None:
    fail(KeyboardInterrupt(), Settings(output="json", ended_by=signal.SIGTERM))

    assert '"code": "sigterm"' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("before", "number", "code"),
    [
        ("", signal.SIGTERM, 143),
        ("", signal.SIGHUP, 129),
        ("trap '' INT", signal.SIGTERM, 143),
        ("trap '' HUP", signal.SIGTERM, 143),
    ],
)
def test_a_job_of_a_script_ends_with_the_signals_own_code(
    edd: Edd, host: TalkingHost, tmp_path: Path, before: str, number: signal.Signals, code: int
) -> None:
    host.handle("GET", LOGS, endless(b"line\n"))
    words = ["sh", "-c", f'{before}\nexec "$@"', "sh", str(PROGRAM), "logs", "-f", "website"]
    with (
        (tmp_path / "out").open("wb") as out,
        subprocess.Popen(words, stdout=out, stderr=subprocess.PIPE, text=True) as child,
    ):
        try:
            wait_until(lambda: bool((tmp_path / "out").read_bytes()), 20, "a line is shown")
            if "HUP" in before:
                child.send_signal(signal.SIGHUP)
                with suppress(subprocess.TimeoutExpired):
                    child.wait(0.5)
            child.send_signal(number)
            said = child.communicate(timeout=20)[1]
        finally:
            child.kill()

    assert (child.returncode, "Traceback" in said) == (code, False)
