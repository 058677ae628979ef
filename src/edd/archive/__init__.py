"""Image archives as streams: read, check, choose, rewrite. Knows tar, gzip, zstd and OCI.

It knows neither Docker's API nor HTTP, and holds no more of an image than its small JSON.
"""

from edd.archive.stream import ArchiveStream
from edd.archive.wanted import Wanted

__all__ = ["ArchiveStream", "Wanted"]
