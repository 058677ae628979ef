"""Container output on a terminal: text and colours pass, every other control sequence is gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.cli.logs import Screen


def cleaned(*pieces: bytes, colour: bool = True) -> str:
    screen = Screen(colour=colour)
    return "".join([*(screen.clean(piece) for piece in pieces), screen.clean(b"", last=True)])


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"plain\ttext\nand more\n", "plain\ttext\nand more\n"),
        ("grün ✓\n".encode(), "grün ✓\n"),
        (b"\x1b[1;31mred\x1b[0m\n", "\x1b[1;31mred\x1b[0m\n"),
        (b"\x1b[2J\x1b[10;10Hmoved", "moved"),
        (b"\x1b]0;title\x07a", "a"),
        (b"\x1b]52;c;ZXZpbA==\x1b\\b", "b"),
        (b"\x1bP+q544e\x1b\\c", "c"),
        (b"\x1bcreset", "reset"),
        (b"\x1b(0d", "d"),
        (b"back\x08\x08over", "backover"),
        (b"over\rwritten", "overwritten"),
        (b"\x9b2Jcsi", "\ufffd2Jcsi"),
        ("\u009b2Jcsi".encode(), "2Jcsi"),
        ("\u202eevil".encode(), "evil"),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"\x1b", ""),
        (b"\x1b[31", "[31"),
        (b"\x1b\x00after", "after"),
    ],
)
def test_only_text_and_colours_are_shown(written: bytes, shown: str) -> None:
    assert cleaned(written) == shown


def test_without_colours_only_text_is_shown() -> None:
    assert cleaned(b"\x1b[31mred\x1b[0m", colour=False) == "red"


TOKENS = [bytes([code]) for code in b"\x1b[]0;1mJ\x07\\P(a\xc2\x9b\n"]


@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.integers(0, 14))
def test_where_a_piece_ends_does_not_matter(tokens: list[bytes], cut: int) -> None:
    written = b"".join(tokens)

    assert cleaned(written[:cut], written[cut:]) == cleaned(written)


@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.integers(0, 14))
def test_no_sequence_but_a_colour_is_ever_shown(tokens: list[bytes], cut: int) -> None:
    shown = cleaned(b"".join(tokens[:cut]), b"".join(tokens[cut:]))

    for rest in shown.split("\x1b")[1:]:
        head, mark, _ = rest.removeprefix("[").partition("m")
        assert rest.startswith("[")
        assert mark == "m"
        assert set(head) <= set("0123456789;:")


def test_a_sequence_that_never_ends_is_not_kept_for_ever() -> None:
    screen = Screen(colour=True)

    shown = "".join(screen.clean(b"\x1b]0;" + b"x" * 1000) for _ in range(20))

    assert "\x1b" not in shown
    assert len(shown) > 10_000
