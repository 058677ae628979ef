"""A configuration is read from the spool before anything is done with what it names."""

import json
from pathlib import Path

import pytest

from edd.archive.composed import read_config
from edd.errors import ArchiveError
from edd.model.offer import MAX_LAYERS

LAYER = f"sha256:{'1' * 64}"


def config(path: Path, layers: list[str]) -> Path:
    path.write_text(json.dumps({"rootfs": {"type": "layers", "diff_ids": layers}}))
    return path


def test_a_configuration_with_as_many_layers_as_may_be_offered_is_read(tmp_path: Path) -> None:
    path = config(tmp_path / "config", [LAYER] * MAX_LAYERS)

    content, read = read_config(path)

    assert content == path.read_bytes()
    assert len(read.rootfs.diff_ids) == MAX_LAYERS


@pytest.mark.parametrize(
    ("layers", "words"),
    [([LAYER] * (MAX_LAYERS + 1), "more than 512 layers"), (["/etc/passwd"], "no SHA-256 digest")],
)
def test_a_configuration_that_no_image_has_is_refused(
    tmp_path: Path, layers: list[str], words: str
) -> None:
    with pytest.raises(ArchiveError, match=words):
        read_config(config(tmp_path / "config", layers))
