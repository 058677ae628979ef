"""Sketching a layer: which files it has, from its headers alone.

The k smallest hashes of a set are a sample of it that any two sets draw alike, so that samples tell
how much of one set is in another (Broder, "On the resemblance and containment of documents", 1997;
"bottom-k sketch" in Cohen and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
A file counts as its size and the last part of its path: that stays where folders are moved.
"""

from collections.abc import Iterator
from hashlib import blake2b
from struct import pack
from typing import BinaryIO, Final

from edd.delta.headers import BLOCK, padded
from edd.delta.names import EXTENSIONS, MAX_EXTENSION, Extensions
from edd.delta.skeleton import MAX_ENTRIES
from edd.delta.survey import sound
from edd.model.sketch import HELD, Sketch

SMALLEST: Final = 512
"""Bytes; smaller files are alike too often."""

_REGULAR: Final = (b"0", b"\0", b"7")
_MOST_READ: Final = 64 << 20
"""Bytes of extension headers; some 500 are usual for one file that needs any."""

_FAR: Final = 1 << 40
"""Where no layer reaches, and any file system still seeks."""


def sketch(layer: BinaryIO) -> Sketch:
    """Return the sketch of ``layer``, which may be anything.

    Headers are read, content is passed over by seeking forward. It ends where no sound header
    follows, and after as many members as are ever told of, or 64 MiB of extensions. Raises what
    ``layer`` raises.
    """
    kept: set[int] = set()
    limit = 1 << 32
    for path, size in _files(layer):
        value = _hash(path, size)
        if value < limit:
            kept.add(value)
        if len(kept) >= 2 * HELD:
            kept = set(sorted(kept)[:HELD])
            limit = max(kept)
    smallest = sorted(kept)[:HELD]
    return Sketch(pack(f">{len(smallest)}I", *smallest))


def _files(layer: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Yield the path and the size of each regular file that is not small."""
    extensions = Extensions()
    at = read = 0
    for _ in range(MAX_ENTRIES):
        layer.seek(at)
        block = layer.read(BLOCK)
        if not sound(block):
            return
        kind, size = block[156:157], extensions.size_for(block)
        content = b""
        if kind in EXTENSIONS and size <= MAX_EXTENSION:
            content = layer.read(size)
            read += size
        elif kind in _REGULAR and size >= SMALLEST:
            yield extensions.path_for(block), size
        extensions.read(block, content)
        at += BLOCK + padded(size)
        if at > _FAR or read > _MOST_READ:
            return


def _hash(path: bytes, size: int) -> int:
    name = path.rpartition(b"/")[2]
    return int.from_bytes(blake2b(b"%d/%b" % (size, name), digest_size=4).digest())
