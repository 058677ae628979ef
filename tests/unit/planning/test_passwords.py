"""Length is all that is asked of a password."""

import pytest

from edd.errors import InvalidRequestError
from edd.planning.passwords import checked, secret_of


@pytest.mark.parametrize(
    "typed", ["a" * 12, "correct horse battery", "прощай, прощай", "a" * 256, "é" * 128, " " * 12]
)
def test_any_long_password_will_do(typed: str) -> None:
    assert checked(typed) == secret_of(typed)


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "12 characters at least"),
        ("a" * 11, "12 characters at least"),
        ("e\u0301" * 11, "12 characters at least"),
        ("a" * 257, "256 bytes at most"),
        ("é" * 129, "256 bytes at most"),
        ("\uff41" * 86, "256 bytes at most"),
        ("ﷺ" * 8, "256 bytes at most"),
        ("a" * 12 + "\n", "can be seen"),
        ("a" * 12 + "\x00", "can be seen"),
        ("a" * 12 + "\ud800", "can be seen"),
    ],
)
def test_others_are_refused_and_told_why(typed: str, why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why) as refused:
        checked(typed)
    assert not typed or typed not in refused.value.detail


def test_every_keyboard_writes_the_same_password() -> None:
    assert secret_of("Ångström, pâté") == secret_of("A\u030angstro\u0308m, pa\u0302te\u0301")
    assert secret_of("\uff50ass\u3000\uff11") == secret_of("pass 1")
    assert secret_of("\ud800")
