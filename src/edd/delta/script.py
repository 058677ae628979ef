"""The steps of a patch, in columns: headers, copies from bases, literal bytes.

A script is told in groups. What follows from the step before is not told.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final

from msgspec import Struct

from edd.delta.cursors import Cursors
from edd.delta.headers import BLANK, BLOCK, COLUMNS, HeaderReader, HeaderWriter, content_size
from edd.delta.varints import Column, joined, split
from edd.errors import ArchiveError

MAX_STEPS: Final = 1 << 13
"""Steps in a group."""

MAX_SCRIPT: Final = 4 << 20
"""Bytes of a group's script."""

MAX_LITERAL: Final = 4 << 20
"""Literal bytes of a group."""

MAX_OLD: Final = 8 << 20
"""Bytes of the bases that a group's literal bytes are compressed against."""

OLD_PER_NEW: Final = 16
OLD_AT_LEAST: Final = 1 << 18
"""Old bytes stand in a proportion to new ones, so that small groups cost little to read."""


class Kind(IntEnum):
    """What a step does; the places and lengths are in their own columns."""

    HEADER = 0
    HEADER_NEXT = 1
    HEADER_AT = 2
    COPY = 3
    COPY_AT = 4
    LITERAL = 5
    LITERAL_OLD = 6
    DIFFERENCE = 7
    DIFFERENCE_AT = 8


DETACHED: Final = 16
"""Added to a header's kind: the content that it announces does not follow as such."""


class Span(Struct, frozen=True):
    """Bytes of a base."""

    base: int
    at: int
    count: int


class Fresh(Struct, frozen=True):
    """So many of the group's literal bytes."""

    count: int


class Blend(Struct, frozen=True):
    """Bytes of a base, with as many of the group's differences added."""

    span: Span


Step = bytes | Span | Fresh | Blend
"""A header or filling as it stands, or where the bytes come from."""


class Group(Struct, frozen=True):
    """Steps, what they take of literal bytes and differences, and what those build on."""

    steps: list[Step]
    literal: int
    differences: int
    olds: list[Span]


def most_old(new: int) -> int:
    """Return how many old bytes a group may build on; ``new`` are its literals and differences."""
    return min(MAX_OLD, OLD_AT_LEAST + OLD_PER_NEW * new)


class ScriptWriter:
    """Collects the steps of a group."""

    def __init__(self, bases: int) -> None:
        self._bases = bases
        self._cursors = Cursors(bases)
        self._headers = HeaderWriter()
        self._last = BLANK
        self._pending: Span | None = None
        self._clear()

    @property
    def full(self) -> bool:
        """Tell whether the group should end."""
        return len(self._kinds) >= MAX_STEPS - 2 or self._size() > MAX_SCRIPT // 2

    @property
    def empty(self) -> bool:
        """Tell whether the group has no step."""
        return not self._kinds and self._pending is None

    def header(self, block: bytes, template: tuple[int, int, bytes] | None, size: int) -> None:
        """Add a header like ``template`` (base, place, block); its content has ``size`` bytes."""
        self._flush()
        detached = DETACHED if size != content_size(block) else 0
        if template is None:
            self._kinds.append(Kind.HEADER + detached)
            self._headers.write(block, self._last)
        else:
            base, at, old = template
            distance = (at - self._cursors.expected_header(base)) // BLOCK
            if base == self._cursors.base and not distance:
                self._kinds.append(Kind.HEADER_NEXT + detached)
            else:
                self._kinds.append(Kind.HEADER_AT + detached)
                self._place(base, distance)
            self._headers.write(block, old)
            self._cursors.template(base, at, old)
        self._last = block
        self._cursors.member(0 if detached else size)

    def copy(self, span: Span) -> None:
        """Add a copy; it is joined with the one before where they touch."""
        if not span.count:
            return
        before = self._pending
        if before and before.base == span.base and before.at + before.count == span.at:
            span = Span(span.base, before.at, before.count + span.count)
        else:
            self._flush()
        self._pending = span
        if span.count == self._cursors.left:
            self._flush()

    def literal(self, count: int, old: Span | None) -> None:
        """Add literal bytes, like the bytes at ``old``."""
        self._flush()
        self._kinds.append(Kind.LITERAL if old is None else Kind.LITERAL_OLD)
        self._length(count)
        if old is not None:
            self._old(old)
        self._cursors.literal(count)

    def difference(self, span: Span) -> None:
        """Add bytes that differ here and there from those at ``span``."""
        self._flush()
        self._from(Kind.DIFFERENCE, span)

    def finish(self) -> bytes:
        """Return the group's script, and begin the next group."""
        self._flush()
        columns = [self._kinds, self._places, self._lengths, self._olds, *self._headers.columns]
        script = b"".join(joined(columns))
        self._clear()
        return script

    def _clear(self) -> None:
        self._kinds, self._places = Column(), Column()
        self._lengths, self._olds = Column(), Column()
        self._headers.clear()

    def _size(self) -> int:
        return sum(map(len, self._headers.columns)) + len(self._places) + len(self._lengths)

    def _flush(self) -> None:
        span, self._pending = self._pending, None
        if span is not None:
            self._from(Kind.COPY, span)

    def _from(self, kind: Kind, span: Span) -> None:
        distance = span.at - self._cursors.expected(span.base)
        if span.base == self._cursors.base and not distance:
            self._kinds.append(kind)
        else:
            self._kinds.append(kind + 1)
            self._place(span.base, distance)
        self._length(span.count)
        self._cursors.copied(span.base, span.at, span.count)

    def _place(self, base: int, distance: int) -> None:
        if self._bases > 1:
            self._places.put(base)
        self._places.put_signed(distance)

    def _length(self, count: int) -> None:
        self._lengths.put(0 if count == self._cursors.left else count)

    def _old(self, old: Span) -> None:
        if self._bases > 1:
            self._olds.put(old.base)
        self._olds.put_signed(old.at - self._cursors.expected(old.base))
        self._olds.put_signed(old.count - self._cursors.old_rest(old.base, old.at))


class ScriptReader:
    """Turns the groups that a `ScriptWriter` wrote back into steps; nothing they say is trusted."""

    def __init__(self, bases: int, read: Callable[[Span], bytes]) -> None:
        self._bases = bases
        self._read = read
        self._cursors = Cursors(bases)
        self._headers = HeaderReader()
        self._last = BLANK
        self._fill = 0

    def read(self, script: bytes) -> Group:
        """Return the next group.

        Raises:
            ArchiveError: it is no script, or it refers to what there is not.
        """
        columns = split(script, 4 + COLUMNS)
        self._kinds, self._places, self._lengths, self._old_column = columns[:4]
        self._headers.begin(columns[4:])
        self._steps: list[Step] = []
        self._olds: list[Span] = []
        self._literal = self._differences = self._old_bytes = 0
        while not self._kinds.done:
            if len(self._steps) > 2 * MAX_STEPS:
                raise ArchiveError("A group of the patch has too many steps.")
            self._step(self._kinds.take())
        if not self._steps or self._old_bytes > most_old(self._literal + self._differences):
            raise ArchiveError("A group of the patch does nothing, or too little for its cost.")
        return Group(self._steps, self._literal, self._differences, self._olds)

    def _step(self, kind: int) -> None:
        plain, detached = kind & ~DETACHED, bool(kind & DETACHED)
        if plain <= Kind.HEADER_AT and not self._cursors.left:
            self._header(plain, detached)
        elif detached or plain > Kind.DIFFERENCE_AT or plain <= Kind.HEADER_AT:
            raise ArchiveError("The patch has a step that there is not, or not here.")
        elif plain in (Kind.LITERAL, Kind.LITERAL_OLD):
            self._fresh(plain)
        else:
            self._copy(plain)

    def _header(self, kind: int, detached: bool) -> None:
        template = self._last
        if kind != Kind.HEADER:
            base, distance = self._place() if kind == Kind.HEADER_AT else (self._cursors.base, 0)
            at = self._cursors.expected_header(base) + distance * BLOCK
            template = self._read(Span(base, at, BLOCK))
            self._cursors.template(base, at, template)
        block = self._last = self._headers.read(template)
        size = 0 if detached else content_size(block)
        self._fill = -size % BLOCK
        self._cursors.member(size)
        self._steps.append(block)

    def _copy(self, kind: int) -> None:
        elsewhere = kind in (Kind.COPY_AT, Kind.DIFFERENCE_AT)
        base, distance = self._place() if elsewhere else (self._cursors.base, 0)
        span = Span(base, self._cursors.expected(base) + distance, self._length())
        if kind in (Kind.COPY, Kind.COPY_AT):
            self._steps.append(span)
        else:
            self._take(0, span.count)
            self._steps.append(Blend(span))
        inside = self._cursors.left
        self._cursors.copied(base, span.at, span.count)
        self._end_member(inside)

    def _fresh(self, kind: int) -> None:
        count = self._length()
        self._take(count, 0)
        if kind == Kind.LITERAL_OLD:
            self._old()
        self._steps.append(Fresh(count))
        inside = self._cursors.left
        self._cursors.literal(count)
        self._end_member(inside)

    def _take(self, literal: int, differences: int) -> None:
        self._literal += literal
        self._differences += differences
        if self._literal + self._differences > MAX_LITERAL:
            raise ArchiveError("A group of the patch has too many literal bytes.")

    def _end_member(self, inside: int) -> None:
        if inside and not self._cursors.left and self._fill:
            self._steps.append(bytes(self._fill))

    def _old(self) -> None:
        base = self._base(self._old_column.take()) if self._bases > 1 else 0
        at = self._cursors.expected(base) + self._old_column.take_signed()
        count = self._cursors.old_rest(base, at) + self._old_column.take_signed()
        self._old_bytes += count
        if count < 0 or self._old_bytes > MAX_OLD:
            raise ArchiveError("A group of the patch builds on too many old bytes.")
        self._olds.append(Span(base, at, count))

    def _place(self) -> tuple[int, int]:
        base = self._base(self._places.take()) if self._bases > 1 else 0
        return base, self._places.take_signed()

    def _base(self, base: int) -> int:
        if base >= self._bases:
            raise ArchiveError("The patch refers to a base that it does not name.")
        return base

    def _length(self) -> int:
        count, left = self._lengths.take(), self._cursors.left
        if not count:
            count = left
        elif left and count > left:
            raise ArchiveError("The patch tells more content than its header announces.")
        if not count:
            raise ArchiveError("The patch has a step without bytes.")
        return count
