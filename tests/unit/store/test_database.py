"""The state file when it cannot be had: a full disk is no damage."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.errors import ConfigError, DiskFullError
from edd.store.database import Database


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "none", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> None:
    with (disk / "filling").open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            return


def test_a_full_disk_at_the_start_is_told_from_a_damaged_state(small_disk: Path) -> None:
    Database(small_disk / "state.db").close()
    fill(small_disk)
    with pytest.raises(DiskFullError, match="is full") as full:
        Database(small_disk / "state.db")
    assert "`state_dir`" in full.value.advice
    (small_disk / "filling").unlink()
    Database(small_disk / "state.db").close()


def test_a_first_start_on_a_full_disk_is_told_so_too(small_disk: Path) -> None:
    fill(small_disk)
    with pytest.raises(DiskFullError):
        Database(small_disk / "state.db")


def test_a_state_that_cannot_be_opened_is_not_called_damaged(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    with pytest.raises(ConfigError) as refused:
        Database(tmp_path / "state.db")
    assert "free inodes" in refused.value.advice


def test_a_file_that_is_no_state_is_left_alone_and_named(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    path.write_text("no database, but long enough to be looked at" * 100)
    with pytest.raises(ConfigError, match="cannot be used") as refused:
        Database(path)
    assert "backup" in refused.value.advice
    assert path.read_text().startswith("no database")
