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


def test_seconds_add_up_over_images_that_begin_alike(saves: Saves, tmp_path: Path) -> None:
    saves.note(["sha256:a", "sha256:b"], 2.0)
    saves.note(["sha256:a", "sha256:c"], 3.0)
    assert Saves(tmp_path / "edd").wasted(["sha256:a"]) == 5.0
    assert saves.wasted(["sha256:b"]) == 0


def test_what_is_packed_is_forgotten(saves: Saves) -> None:
    saves.note(["sha256:a"], 2.0)
    saves.note(["sha256:b"], 3.0)
    saves.forget(["sha256:a"])
    assert (saves.wasted(["sha256:a"]), saves.wasted(["sha256:b"])) == (0, 3.0)


@pytest.mark.parametrize("seconds", [0.0, -1.0])
def test_a_save_that_wasted_nothing_is_not_noted(
    saves: Saves, tmp_path: Path, seconds: float
) -> None:
    saves.note(["sha256:a"], seconds)
    saves.note([], 1.0)
    assert not (tmp_path / "edd").exists()


def test_the_oldest_of_many_are_forgotten(saves: Saves) -> None:
    for number in range(MOST + 1):
        saves.note([f"sha256:{number}"], 1.0)
    assert saves.wasted(["sha256:0"]) == 0
    assert saves.wasted([f"sha256:{MOST}"]) == 1.0


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"sha256:a": -5}', b'{"sha256:a": "x"}', b"\xff"]
)
def test_a_damaged_file_is_as_good_as_none(saves: Saves, tmp_path: Path, content: bytes) -> None:
    saves.note(["sha256:b"], 1.0)
    (tmp_path / "edd" / "saves.json").write_bytes(content)
    assert saves.wasted(["sha256:a"]) == 0
    saves.note(["sha256:a"], 1.0)
    assert saves.wasted(["sha256:a"]) == 1.0
