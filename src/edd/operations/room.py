"""How much room there is on the disk that holds a folder."""

import asyncio
import os
from pathlib import Path


def disk_of(folder: str | Path) -> os.statvfs_result:
    """Return the facts of the disk that holds ``folder``, or of its nearest parent's.

    The daemon may not look below some folders, and an engine's may lie on another machine.
    """
    place = Path(folder)
    for near in (place, *place.parents):
        try:
            return os.statvfs(near)
        except OSError:
            continue
    return os.statvfs("/")


async def free_bytes(folder: str | Path) -> int:
    """Return the bytes an unprivileged writer may still use where ``folder`` lies."""
    facts = await asyncio.to_thread(disk_of, folder)
    return facts.f_bavail * facts.f_frsize
