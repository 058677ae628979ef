"""What is shown of a delivery: nothing that no longer moves is called fast."""

import time

import pytest
import rich.progress as bars

from edd.cli.bars import Bars, Speed
from edd.cli.progress import Lines
from edd.model.job import Progress

LOST = Progress("send", "the connection was lost, trying again")


@pytest.mark.parametrize("kind", [Lines, Bars])
def test_a_second_break_is_told_as_well_and_the_same_one_is_not(
    kind: type[Lines | Bars], capfd: pytest.CaptureFixture[str]
) -> None:
    with kind() as shown:
        shown.sending("web", None)
        shown.sent(1)
        shown.report(LOST)
        shown.report(LOST)
        shown.sent(2)
        shown.report(LOST)

    assert capfd.readouterr().err.count("the connection was lost, trying again") == 2


def speed(**fields: object) -> str:
    progress = bars.Progress()
    progress.add_task("send", **fields)  # type: ignore[arg-type]
    return Speed().render(progress.tasks[0]).plain


def test_what_stands_still_has_no_speed_but_the_time_it_does() -> None:
    assert speed(moved=time.monotonic() - 30.1) == "nothing for 30 s"
    assert speed(moved=time.monotonic()) == "?"


def test_what_has_ended_has_no_speed() -> None:
    assert speed(moved=time.monotonic() - 30, ended=True) == ""


def test_a_bar_begins_anew_when_more_is_sent_after_its_end(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # to rich: a terminal
    shown = Bars()
    shown.sending("web", None)
    shown.sent(5)
    shown.ended()
    shown.sent(7)

    with shown:
        pass

    said = capfd.readouterr().err
    assert "7/? bytes" in said
    assert "5/5" not in said
