"""Facts as text."""

import io
from datetime import UTC, datetime, timedelta

import pytest

from edd.cli.doctor import certificate_check, clock_check
from edd.cli.session import ending
from edd.cli.text import age, colours, digest, escape, facts, paint, span, table, width


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.42, "0.4 s"), (42, "42 s"), (120, "2 min"), (3700, "1 h 1 min"), (90000, "1 d 1 h")],
)
def test_spans_have_their_largest_units(seconds: float, words: str) -> None:
    assert span(seconds) == words


def test_ages_of_what_never_was_are_a_dash() -> None:
    assert age("") == "-"
    assert age("0001-01-01T00:00:00Z") == "-"
    assert age("nonsense") == "-"
    assert age((datetime.now(UTC) + timedelta(hours=1)).isoformat()) == "0.0 s ago"


def test_escape_shows_control_and_direction_characters_as_text() -> None:
    assert escape("a\x1b[2J\r\n\x9b\u202e\u2028é✓") == r"a\x1b[2J\r\n\x9b\u202e\u2028é✓"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_colours_need_a_terminal_that_wants_them(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colours(Terminal())
    assert not colours(io.StringIO())

    monkeypatch.setenv(name, value)
    assert paint("x", "red", Terminal()) == "x"


def test_columns_stay_straight_with_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    red = paint("x", "red", Terminal())

    lines = table(("A", "B"), [(red, "1"), ("long", "2")]).splitlines()

    assert {width(line) for line in lines} == {7}


def test_a_table_without_rows_is_its_heads() -> None:
    assert table(("A", "B"), []) == "A  B"


def test_empty_facts_are_left_out() -> None:
    assert facts([("a", "1"), ("long", ""), ("bc", "2")]) == "a   1\nbc  2"


def test_digests_are_short_and_names_stay() -> None:
    assert digest("sha256:" + "ab" * 32) == "ab" * 6
    assert digest("website:latest") == "website:latest"


@pytest.mark.parametrize(("days", "state"), [(-2, "failed"), (3, "warning"), (400, "ok")])
def test_a_certificate_is_warned_of_thirty_days_ahead(days: int, state: str) -> None:
    end = datetime.now(UTC) + timedelta(days=days, hours=1)

    assert certificate_check(end.isoformat(), "alice").state == state


@pytest.mark.parametrize(
    ("days", "words"),
    [(3, "This machine's certificate ends in 3 days."), (40, "")],
)
def test_every_command_tells_of_a_certificate_that_ends_soon(days: int, words: str) -> None:
    assert ending((datetime.now(UTC) + timedelta(days=days, hours=1)).isoformat()) == words


@pytest.mark.parametrize(
    ("skew", "state"), [(None, "warning"), (2.0, "ok"), (-60.0, "warning"), (7200.0, "failed")]
)
def test_clocks_may_differ_a_little(skew: float | None, state: str) -> None:
    assert clock_check(skew).state == state
