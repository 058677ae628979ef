"""What is remembered of saves that wrote out layers for nothing."""

from pathlib import Path

import pytest

from edd.client.saves import MOST, Saves


@pytest.fixture
def saves(tmp_path: Path) -> Saves:
    return Saves(tmp_path / "edd")


def test_nothing_is_wasted_at_first(saves: Saves) -> None:
    assert saves.wasted(["sha256:a"]) == 0
    assert saves.wasted([]) == 0


def test_seconds_add_up_over_pushes_and_over_the_layers_of_an_image(
    saves: Saves, tmp_path: Path
) -> None:
    saves.note({"sha256:a": 2.0, "sha256:b": 1.0})
    saves.note({"sha256:a": 3.0, "sha256:c": 5.0})
    known = Saves(tmp_path / "edd")
    assert known.wasted(["sha256:a", "sha256:b", "sha256:a"]) == 6.0
    assert known.wasted(["sha256:c", "sha256:d"]) == 5.0


def test_an_image_that_is_packed_takes_nothing_from_another_on_the_same_base(saves: Saves) -> None:
    saves.note({"sha256:base": 2.0, "sha256:large": 30.0})
    saves.forget(["sha256:base", "sha256:small"])
    assert saves.wasted(["sha256:base", "sha256:large"]) == 30.0


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_save_that_wasted_nothing_is_not_noted(saves: Saves, seconds: float) -> None:
    saves.note({"sha256:a": seconds})
    saves.note({})
    assert saves.wasted(["sha256:a"]) == 0


def test_the_oldest_of_many_are_forgotten(saves: Saves) -> None:
    saves.note({f"sha256:{number:064}": 1.0 for number in range(MOST + 1)})
    assert saves.wasted([f"sha256:{0:064}"]) == 0
    assert saves.wasted([f"sha256:{MOST:064}"]) == 1.0


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"sha256:a": -5}', b'{"sha256:a": "x"}', b"\xff"]
)
def test_a_damaged_file_is_as_good_as_none(saves: Saves, tmp_path: Path, content: bytes) -> None:
    saves.note({"sha256:b": 1.0})
    (tmp_path / "edd" / "saves.json").write_bytes(content)
    assert saves.wasted(["sha256:a"]) == 0
    saves.note({"sha256:a": 1.0})
    assert saves.wasted(["sha256:a"]) == 1.0
