"""Room is measured where a folder lies, as near as the daemon may look."""

from pathlib import Path

from edd.operations.room import disk_of


def test_a_folder_that_is_not_there_is_measured_by_its_nearest_parent() -> None:
    # /proc is a file system of its own that has no blocks, unlike the root's.
    assert disk_of(Path("/proc/self/not/there")).f_blocks == 0
    assert disk_of("/not/there").f_blocks > 0
