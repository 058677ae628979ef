"""How much room a delivery needs on a disk."""

from edd.model.plan import DiskNeed
from edd.model.size import human_size


def disk_need(archive_bytes: int | None, free: int, min_free: int) -> DiskNeed:
    """Return what a delivery of ``archive_bytes`` needs, ``min_free`` bytes staying free.

    An engine unpacks an archive to a temporary folder and then to layers, or keeps the blobs
    and their unpacked files: twice its size either way. The size of a stream may be unknown;
    then only the reserve is asked for, and the stream is watched while it comes in.
    """
    return DiskNeed(needed=2 * (archive_bytes or 0) + min_free, free=free)


def shortage(need: DiskNeed, place: str) -> list[str]:
    """Say that ``place`` has too little room for a delivery; nothing where it has enough."""
    if need.needed <= need.free:
        return []
    needed, free = human_size(need.needed), human_size(need.free)
    return [f"The delivery needs {needed} and {place} has {free} free."]
