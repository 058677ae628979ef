"""Room is measured where a folder lies, as near as the daemon may look."""

import os
from pathlib import Path

from edd.operations.room import disk_of


def test_a_folder_that_is_not_there_is_measured_by_its_nearest_parent(tmp_path: Path) -> None:
    there = os.statvfs(tmp_path)

    assert disk_of(tmp_path / "not" / "there").f_fsid == there.f_fsid
