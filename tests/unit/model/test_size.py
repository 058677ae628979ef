"""Sizes as people read them."""

import pytest

from edd.model.size import human_size


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_500_000, "1.5 MB"),
        (9_960_000, "10 MB"),
        (76_967, "77 kB"),
        (999_999, "1.0 MB"),
        (123_456_789, "123 MB"),
        (8_000_000_000_000, "8.0 TB"),
    ],
)
def test_sizes_are_in_powers_of_a_thousand(count: int, words: str) -> None:
    assert human_size(count) == words
