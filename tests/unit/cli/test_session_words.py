"""What a host says of sessions is shown as text, whatever is in it."""

from edd.cli.sessions import _row
from edd.model.session import Session


def test_a_host_reaches_no_terminal_by_what_it_says_of_a_session() -> None:
    evil = "\x1b]0;evil\x07"
    shown = _row(Session(1, evil, evil, evil, evil, evil, 0))

    assert "\x1b" not in "".join(shown)
    assert shown.count("\\x1b]0;evil\\x07") == 4
