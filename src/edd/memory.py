"""How glibc hands out large pieces of memory, the same for the daemon and for a push.

By itself it raises the size from which it maps memory, with every large piece that is given back;
then each thread's heap keeps what it once had.
"""

import contextlib
import ctypes

_MMAP_THRESHOLD, _TRIM_THRESHOLD = -3, -1  # malloc.h


def keep_memory_small() -> None:
    """Let pieces of a MiB and more go back to the system, and have smaller ones reused.

    Body chunks of 256 KiB would otherwise cost a page fault for every 4 KiB received, and
    compressors would stay as large as they ever were. Another C library has no ``mallopt`` and no
    need of it.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_MMAP_THRESHOLD, 1 << 20)
        libc.mallopt(_TRIM_THRESHOLD, 4 << 20)
