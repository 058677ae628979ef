"""Applying a patch: a layer's bytes, rebuilt from bases and literal bytes, and verified."""

from collections.abc import Mapping
from typing import BinaryIO

from edd.delta.differences import restored
from edd.delta.digesting import Digesting
from edd.delta.files import PIECE, Source
from edd.delta.packing import PatchHead, PatchReader, read_head
from edd.delta.script import Blend, Fresh, Group, ScriptReader, Span
from edd.errors import ArchiveError, DigestMismatchError, TooLargeError
from edd.model.image import Digest

_STEPS = 1 << 16
_BYTES_PER_STEP = 64
"""A patch of more steps than a layer's size explains would cost more time than it saves."""

_OUTPUT = 1 << 18
"""Small steps are gathered until so many bytes can be written at once."""


def apply_patch(
    patch: BinaryIO, bases: Mapping[Digest, BinaryIO], out: BinaryIO, limit: int
) -> Digest:
    """Write the layer that ``patch`` makes of ``bases`` to ``out``; return its digest.

    ``patch`` is read from where it stands to its end. What was written to ``out`` before an error
    is worth nothing.

    Raises:
        ArchiveError: it is no sound patch, or needs a base that is not at hand.
        TruncatedArchiveError: it ends early.
        TooLargeError: it announces more than ``limit`` bytes.
        DigestMismatchError: what came out is not the layer that it announces.
    """
    head = read_head(patch)
    if head.size > limit:
        raise TooLargeError(f"The patch makes {head.size} bytes; {limit} are allowed.")
    missing = [base for base in head.bases if base not in bases]
    if missing:
        raise ArchiveError(f"The patch needs a layer that is not at hand: {missing[0]}.")
    sources = [Source(bases[base]) for base in head.bases]
    with Digesting() as digesting:
        _Applying(head, patch, sources, _Output(out, digesting, head.size)).run()
        digest = digesting.digest()
    if digest != head.target:
        raise DigestMismatchError(f"The patch made {digest} instead of {head.target}.")
    return digest


class _Output:
    """Where the target goes; it never takes more than was announced."""

    def __init__(self, out: BinaryIO, digesting: Digesting, size: int) -> None:
        self._out = out
        self._digesting = digesting
        self.left = size
        self._parts: list[bytes] = []
        self._gathered = 0

    def expect(self, count: int) -> None:
        if count > self.left:
            raise ArchiveError("The patch makes more than it announces.")
        self.left -= count

    def put(self, data: bytes) -> None:
        self._parts.append(data)
        self._gathered += len(data)
        if self._gathered >= _OUTPUT:
            self.flush()

    def flush(self) -> None:
        data = b"".join(self._parts) if len(self._parts) != 1 else self._parts[0]
        self._parts, self._gathered = [], 0
        self._digesting.add(data)
        self._out.write(data)


class _Applying:
    def __init__(
        self, head: PatchHead, patch: BinaryIO, sources: list[Source], output: _Output
    ) -> None:
        self._sources = sources
        self._output = output
        self._steps = _STEPS + head.size // _BYTES_PER_STEP
        self._reader = PatchReader(patch, ScriptReader(len(head.bases), self._read))

    def run(self) -> None:
        """Apply every group."""
        while (group := self._reader.group()) is not None:
            self._apply(group)
        self._output.flush()
        if self._output.left:
            raise ArchiveError("The patch makes less than it announces.")

    def _apply(self, group: Group) -> None:
        self._steps -= len(group.steps)
        if self._steps < 0:
            raise ArchiveError("The patch has far too many steps for the layer that it makes.")
        old = b"".join(map(self._read, group.olds))
        literal = memoryview(self._reader.literal(group.literal, old))
        del old
        changes = self._reader.literal(group.differences, b"")
        at = change = 0
        for step in group.steps:
            if isinstance(step, Span):
                self._copy(step)
            elif isinstance(step, Fresh):
                self._put(bytes(literal[at : at + step.count]))
                at += step.count
            elif isinstance(step, Blend):
                part = changes[change : change + step.span.count]
                self._put(restored(part, self._read(step.span)))
                change += step.span.count
            else:
                self._put(step)

    def _put(self, data: bytes) -> None:
        self._output.expect(len(data))
        self._output.put(data)

    def _copy(self, span: Span) -> None:
        self._output.expect(span.count)
        at, end = span.at, span.at + span.count
        while at < end:
            count = min(PIECE, end - at)
            self._output.put(self._read(Span(span.base, at, count)))
            at += count

    def _read(self, span: Span) -> bytes:
        if span.base >= len(self._sources):
            raise ArchiveError("The patch refers to a base that it does not name.")
        return self._sources[span.base].read(span.at, span.count)
