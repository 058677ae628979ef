from pathlib import Path

import pytest

from tests.unit.delta.measuring import MIB, measured, write_layer


@pytest.mark.parametrize(("content", "effort"), [(True, "thorough"), (False, "normal")])
def test_memory_stays_bounded_whatever_the_layer(
    tmp_path: Path, content: bool, effort: str
) -> None:
    write_layer(tmp_path / "old", 250 * MIB, [])
    write_layer(tmp_path / "new", 250 * MIB + 5000, [3 * MIB, 100 * MIB + 7, 249 * MIB])
    growth, patch_bytes = measured(tmp_path, content=content, effort=effort)
    assert growth <= 64
    assert patch_bytes <= 10_000
