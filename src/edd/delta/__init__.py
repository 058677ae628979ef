"""Patches inside image layers: a layer told by what a host holds, rebuilt there and verified.

It computes over seekable files, in threads of its callers' choice; it knows tar and zstd, and
neither Docker nor HTTP nor paths.

A host tells of a layer by its *skeleton* (`describe`): every tar header, a hash of every content,
sums of the blocks of large ones. Whoever has the new layer makes a patch (`make_patch`) from
skeletons, and from the bases' content too where it has it. The host applies it (`apply_patch`).

Which layers are worth describing is told by *sketches* (`sketch`), from their headers alone.

The format of a patch, version 1. Numbers are LEB128, signed ones zigzag::

    patch  = "EDp" version, length head, group*, 0
    head   = digest of the target (32 bytes), its size, count of bases, their digests
    group  = length of the script, length packed script, [length literals], [length differences]

All scripts are one zstd frame without its header, flushed after each group. A script holds columns,
each behind its length, but for empty ones at its end: kinds of steps; places; lengths; what
literals build on; and five of header fields. A step
is one of these; a place is told as the distance from where it is expected, mostly zero:

- *header*: a tar header that differs in some fields from its template, which is the next header
  of the base, one elsewhere in it, or the header before. The content that it announces must follow,
  and zeros then fill the last block, unless the step says *detached*. A right checksum is not told.
- *copy*: bytes of a base, over any number of members. Length 0: what is left of the content.
- *literal*: new bytes, in the group's second part, one zstd frame whose prefix is the old bytes
  that the script names for it.
- *difference*: bytes of a base plus, byte by byte modulo 256, those in the group's third part.

What is no tar is told by copies, literals and differences alone. Whatever a patch says, no more is
written than its head announces, no more is unpacked than a group may hold, and what comes out is
good only if it has the target's digest.
"""

from edd.delta.apply import apply_patch
from edd.delta.index import Base
from edd.delta.make import Effort, PatchFacts, make_patch
from edd.delta.packing import MAX_BASES, PatchHead, read_head
from edd.delta.skeleton import Skeleton, decode_skeleton
from edd.delta.sketching import sketch
from edd.delta.survey import describe

__all__ = [
    "MAX_BASES",
    "Base",
    "Effort",
    "PatchFacts",
    "PatchHead",
    "Skeleton",
    "apply_patch",
    "decode_skeleton",
    "describe",
    "make_patch",
    "read_head",
    "sketch",
]
