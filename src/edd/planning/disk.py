"""How much room a delivery needs on the engine's disk."""

from edd.model.plan import DiskNeed


def disk_need(archive_bytes: int | None, free: int, min_free: int) -> DiskNeed:
    """Return what a delivery of ``archive_bytes`` needs, ``min_free`` bytes staying free.

    An engine unpacks an archive to a temporary folder and then to layers, or keeps the blobs
    and their unpacked files: twice its size either way. The size of a stream may be unknown;
    then only the reserve is asked for, and the stream is watched while it comes in.
    """
    return DiskNeed(needed=2 * (archive_bytes or 0) + min_free, free=free)
