"""Making a patch: a layer told in terms of what a host holds."""

from collections.abc import Sequence
from enum import StrEnum
from typing import BinaryIO, Final

from msgspec import Struct

from edd.delta.blocks import block_edits
from edd.delta.digesting import Digesting
from edd.delta.edits import edits
from edd.delta.entries import TAIL_FROM, Entry
from edd.delta.files import Source
from edd.delta.groups import GroupWriter
from edd.delta.index import Base, Found, Index, same_content
from edd.delta.matches import Alike, Piece, Region, Same
from edd.delta.packing import MAX_BASES, PatchHead, PatchWriter
from edd.delta.script import Span
from edd.delta.skeleton import Skeleton
from edd.delta.survey import survey
from edd.model.image import Digest


class Effort(StrEnum):
    """How hard to compress: what pays depends on the link."""

    QUICK = "quick"
    NORMAL = "normal"
    THOROUGH = "thorough"


_LEVELS: Final = {Effort.QUICK: 3, Effort.NORMAL: 12, Effort.THOROUGH: 19}


class PatchFacts(Struct, frozen=True):
    """What a patch came to: the bytes of the target, of the patch, and of new content in it."""

    target: Digest
    size: int
    patch_bytes: int
    literal_bytes: int


def make_patch(
    target: BinaryIO,
    bases: Sequence[Base],
    out: BinaryIO,
    effort: Effort = Effort.NORMAL,
) -> PatchFacts:
    """Write to ``out`` how the layer ``target`` is made of ``bases``.

    Bases count in their order: what is likely to be alike comes first. No more than `MAX_BASES`
    are looked at; those are needed to apply the patch, whether they served or not.

    Raises:
        ArchiveError: a base's content is not what its skeleton describes.
    """
    bases = bases[:MAX_BASES]
    with Digesting() as digesting:
        skeleton = survey(target, digesting.add, sums=False)
        digest = digesting.digest()
    patch = PatchWriter(out, _LEVELS[effort])
    patch.head(PatchHead(digest, skeleton.size, tuple(base.digest for base in bases)))
    source = Source(target)
    index = Index(bases)
    groups = GroupWriter(patch, source, index.sources)
    making = _Making(source, skeleton, index, groups)
    for entry in skeleton.entries:
        making.entry(entry)
    groups.end()
    return PatchFacts(digest, skeleton.size, patch.written, groups.literal_bytes)


class _Making:
    def __init__(
        self, target: Source, skeleton: Skeleton, index: Index, groups: GroupWriter
    ) -> None:
        self._target = target
        self._skeleton = skeleton
        self._index = index
        self._groups = groups
        self._first = True

    def entry(self, entry: Entry) -> None:
        """Tell one entry of the target."""
        before = self._index.counterpart(entry)
        same = before if before and same_content(entry, before.entry) else self._index.same(entry)
        if entry.header < 0:
            self._content(entry, same, before)
            return
        block = self._skeleton.headers[entry.header]
        if before and same is before and self._verbatim(entry, block, before):
            return
        if not before and not same and entry.size:
            before = self._index.resembling(entry)
        self._header(entry, block, before or same)
        self._content(entry, same, before)
        self._groups.fill(entry, block)

    def _verbatim(self, entry: Entry, block: bytes, before: Found) -> bool:
        old = before.entry
        if old.header < 0 or old.filled != entry.filled or self._index.header(before) != block:
            return False
        self._groups.copy(Span(before.base, old.offset, old.end - old.offset))
        return True

    def _header(self, entry: Entry, block: bytes, like: Found | None) -> None:
        template = None
        if self._first and not like:
            like = self._index.model()
        self._first = False
        if like and like.entry.header >= 0:
            template = like.base, like.entry.offset, self._index.header(like)
        self._groups.header(block, template, entry)

    def _content(self, entry: Entry, same: Found | None, before: Found | None) -> None:
        if not entry.size:
            return
        if same:
            self._groups.copy(Span(same.base, same.entry.content, entry.size))
        elif tail := self._index.same_tail(entry):
            self._groups.literal(entry.content, TAIL_FROM, None)
            place = tail.entry.content + TAIL_FROM
            self._groups.copy(Span(tail.base, place, entry.size - TAIL_FROM))
        elif before and before.entry.size:
            self._changed(entry, before)
        else:
            self._groups.literal(entry.content, entry.size, None)

    def _changed(self, entry: Entry, before: Found) -> None:
        fresh = Region(entry.content, entry.size)
        stale = Region(before.entry.content, before.entry.size)
        source = self._index.sources[before.base]
        if source is not None:
            for piece in edits(self._target, fresh, source, stale):
                self._piece(piece, before.base)
        elif before.entry.sums:
            for piece in block_edits(self._target, fresh, before.entry.sums, stale):
                self._piece(piece, before.base)
        else:
            self._groups.literal(entry.content, entry.size, None)

    def _piece(self, piece: Piece, base: int) -> None:
        if isinstance(piece, Same):
            self._groups.copy(Span(base, piece.place, piece.count))
        elif isinstance(piece, Alike):
            self._groups.difference(piece.at, Span(base, piece.place, piece.count))
        else:
            old = Span(base, piece.place, piece.old) if piece.old else None
            self._groups.literal(piece.at, piece.count, old)
