"""Gathers steps and literal bytes, and writes a group whenever enough came together."""

from collections.abc import Sequence
from typing import Final

from edd.delta.differences import difference
from edd.delta.entries import Entry
from edd.delta.files import Source
from edd.delta.headers import BLOCK, content_size
from edd.delta.packing import PatchWriter
from edd.delta.script import ScriptWriter, Span, most_old

_ENOUGH: Final = 1 << 20
"""Literal bytes and differences of a group; more give better compression and take more memory."""

_ENOUGH_OLD: Final = 4 << 20


class GroupWriter:
    """Tells a patch's steps; literal bytes are read from the target when they are told."""

    def __init__(
        self, patch: PatchWriter, target: Source, sources: Sequence[Source | None]
    ) -> None:
        self._patch = patch
        self._target = target
        self._sources = sources
        self._script = ScriptWriter(len(sources))
        self._literals: list[bytes] = []
        self._differences: list[bytes] = []
        self._new = 0
        self._olds: list[bytes] = []
        self._old = 0
        self.literal_bytes = 0

    def header(self, block: bytes, template: tuple[int, int, bytes] | None, entry: Entry) -> None:
        """Tell a header like ``template``."""
        self._make_room()
        size = entry.size if entry.filled else -1
        self._script.header(block, template, size)

    def fill(self, entry: Entry, block: bytes) -> None:
        """Tell the zeros after a content whose size its header does not tell."""
        if entry.filled and entry.size != content_size(block) and entry.size % BLOCK:
            self._add(bytes(-entry.size % BLOCK), None)

    def copy(self, span: Span) -> None:
        """Tell bytes that a base holds."""
        self._make_room()
        self._script.copy(span)

    def literal(self, at: int, count: int, old: Span | None) -> None:
        """Tell bytes of the target itself; they resemble those at ``old``."""
        while count:
            self._make_room()
            part = min(count, _ENOUGH - self._new)
            self._add(self._target.read(at, part), old)
            at += part
            count -= part
            old = None

    def difference(self, at: int, span: Span) -> None:
        """Tell bytes of the target that differ here and there from those at ``span``."""
        source = self._sources[span.base]
        place, end = span.at, span.at + span.count
        while source and place < end:
            self._make_room()
            part = Span(span.base, place, min(end - place, _ENOUGH))
            new = self._target.read(at + place - span.at, part.count)
            self._differences.append(difference(new, source.read(part.at, part.count)))
            self._new += part.count
            self._script.difference(part)
            place += part.count

    def end(self) -> None:
        """Write what is left, and the end."""
        if not self._script.empty:
            self._write()
        self._patch.end()

    def _add(self, data: bytes, old: Span | None) -> None:
        self.literal_bytes += len(data)
        self._new += len(data)
        self._literals.append(data)
        source = self._sources[old.base] if old else None
        if old and (source is None or self._old + old.count > most_old(self._new)):
            old = None
        if old and source:
            self._olds.append(source.read(old.at, old.count))
            self._old += old.count
        self._script.literal(len(data), old)

    def _make_room(self) -> None:
        if self._new >= _ENOUGH or self._old >= _ENOUGH_OLD or self._script.full:
            self._write()

    def _write(self) -> None:
        script = self._script.finish()
        parts = (b"".join(part) for part in (self._literals, self._olds, self._differences))
        self._patch.group(script, *parts)
        self._literals, self._differences, self._new = [], [], 0
        self._olds, self._old = [], 0
