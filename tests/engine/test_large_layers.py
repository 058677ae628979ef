"""Layers as large as they come are patched within 64 MiB of memory at both ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.delta.skeleton import MAX_ENTRIES
from tests.unit.delta.layers import header
from tests.unit.delta.measuring import measured, write_layer

LARGE = 600_000_000
BOTH = pytest.mark.parametrize("content", [True, False], ids=["by-content", "by-description"])


@BOTH
def test_one_byte_in_600_megabytes_costs_next_to_nothing(tmp_path: Path, content: bool) -> None:
    write_layer(tmp_path / "old", LARGE, [])
    write_layer(tmp_path / "new", LARGE, [])
    with (tmp_path / "new").open("r+b") as file:
        file.seek(LARGE // 2 + 123)
        file.write(b"\x01")
    growth, patch_bytes = measured(tmp_path, content=content)
    assert growth <= 64
    assert patch_bytes <= (300 if content else 5000)


@BOTH
def test_more_files_than_are_told_apart_stay_within_memory(moved: Path, content: bool) -> None:
    growth, patch_bytes = measured(moved, content=content)
    assert growth <= 64
    assert patch_bytes <= 400_000


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two layers with the same files in another folder."""
    folder = tmp_path_factory.mktemp("moved")
    for name, place in (("old", b"usr/lib"), ("new", b"opt/lib")):
        (folder / name).write_bytes(b"".join(many_files(place)))
    return folder


def many_files(folder: bytes) -> Iterator[bytes]:
    """Yield the parts of a layer with more files than are told one by one."""
    for number in range(MAX_ENTRIES + 1000):
        name = b"%s/module-%d/file-%d.js" % (folder, number // 40, number)
        yield header(name, 12)
        yield (b"file %d" % number).ljust(512, b"\0")
    yield bytes(1024)
