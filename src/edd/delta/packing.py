"""A patch as bytes: a head that says what it makes of what, then groups until an empty one."""

from typing import BinaryIO, Final

from msgspec import Struct

from edd.delta.script import MAX_LITERAL, MAX_SCRIPT, Group, ScriptReader
from edd.delta.varints import Column, Reading
from edd.delta.zstd import compress, compressor, decompress, decompressor, pack, unpack
from edd.errors import ArchiveError, TruncatedArchiveError
from edd.model.image import DIGEST, Digest

MAGIC: Final = b"EDp\x01"
"""The last byte is the format's version."""

MAX_BASES: Final = 127
_MAX_HEAD: Final = 32 * (MAX_BASES + 1) + 16
_SLACK: Final = 1 << 16
"""Bytes that compression may add to what it cannot compress."""

_MOST: Final = 19
_HARDER: Final = 5
"""Differences are mostly zero: a higher level takes little time and gains much."""

_SCRIPT_LEVEL: Final = _MOST
_SCRIPT_WINDOW: Final = 18
_SCRIPT_FRAME: Final = b"\x28\xb5\x2f\xfd\x00\x40"
"""How the frame of the scripts begins (RFC 8878): always alike, so it does not travel."""


class PatchHead(Struct, frozen=True):
    """What a patch says before anything is applied: the layer it makes, and the bases it needs."""

    target: Digest
    size: int
    bases: tuple[Digest, ...]


def read_head(patch: BinaryIO) -> PatchHead:
    """Return the head of a patch, and leave ``patch`` where its steps begin.

    Raises:
        ArchiveError: it is no patch, or one of a version that is not known here.
        TruncatedArchiveError: it ends within its head.
    """
    magic = patch.read(len(MAGIC))
    if magic[:3] != MAGIC[:3]:
        raise ArchiveError("This is not a patch.")
    if magic != MAGIC:
        raise ArchiveError("This is a patch of a version that is not known here.")
    head = Reading(_exactly(patch, _read_length(patch, _MAX_HEAD)))
    target = _digest(head.take_bytes(32))
    size = head.take()
    bases = tuple(_digest(head.take_bytes(32)) for _ in range(min(head.take(), MAX_BASES + 1)))
    if not head.done or len(bases) > MAX_BASES:
        raise ArchiveError("The head of the patch is not sound.")
    return PatchHead(target, size, bases)


class PatchWriter:
    """Writes a patch; the head comes first."""

    def __init__(self, out: BinaryIO, level: int) -> None:
        self._out = out
        self._level = level
        self._scripts = compressor(_SCRIPT_LEVEL, window=_SCRIPT_WINDOW)
        self.written = 0

    def head(self, head: PatchHead) -> None:
        """Write the head."""
        column = Column(_raw(head.target))
        column.put(head.size)
        column.put(len(head.bases))
        for base in head.bases:
            column += _raw(base)
        self._put(MAGIC)
        self._part(bytes(column))

    def group(self, script: bytes, literal: bytes, old: bytes, differences: bytes) -> None:
        """Write a group; its literal bytes are compressed against ``old``."""
        numbers = Column()
        packed = pack(self._scripts, script).removeprefix(_SCRIPT_FRAME)
        numbers.put(len(script))
        self._put(bytes(numbers))
        self._part(packed)
        if literal:
            self._part(compress(literal, self._level, old))
        if differences:
            self._part(compress(differences, min(self._level + _HARDER, _MOST)))

    def end(self) -> None:
        """Write the end."""
        self._put(b"\0")

    def _part(self, data: bytes) -> None:
        length = Column()
        length.put(len(data))
        self._put(bytes(length) + data)

    def _put(self, data: bytes) -> None:
        self._out.write(data)
        self.written += len(data)


class PatchReader:
    """Reads the groups after the head; every part's size is bounded before it is taken in."""

    def __init__(self, patch: BinaryIO, script: ScriptReader) -> None:
        self._patch = patch
        self._script = script
        self._scripts = decompressor()
        self._begun = _SCRIPT_FRAME

    def group(self) -> Group | None:
        """Return the next group, or nothing at the end.

        Raises:
            ArchiveError: it is not sound.
            TruncatedArchiveError: the patch ends before its end.
        """
        size = _read_length(self._patch, MAX_SCRIPT)
        if not size:
            if self._patch.read(1):
                raise ArchiveError("The patch goes on after its end.")
            return None
        packed = _exactly(self._patch, _read_length(self._patch, MAX_SCRIPT + _SLACK))
        packed, self._begun = self._begun + packed, b""
        return self._script.read(unpack(self._scripts, packed, size))

    def literal(self, size: int, old: bytes) -> bytes:
        """Return the literal bytes, then the differences, of the group that was read last."""
        if not size:
            return b""
        packed = _exactly(self._patch, _read_length(self._patch, MAX_LITERAL + _SLACK))
        return decompress(packed, size, old)


def _read_length(patch: BinaryIO, limit: int) -> int:
    number = shift = 0
    while (byte := _exactly(patch, 1)[0]) > 0x7F and shift < 35:
        number |= (byte & 0x7F) << shift
        shift += 7
    number |= byte << shift
    if number > limit:
        raise ArchiveError("A part of the patch is larger than any may be.")
    return number


def _exactly(patch: BinaryIO, count: int) -> bytes:
    data = patch.read(count)
    while len(data) < count:
        more = patch.read(count - len(data))
        if not more:
            raise TruncatedArchiveError("The patch ends before its end.")
        data += more
    return data


def _digest(raw: bytes) -> Digest:
    return f"sha256:{raw.hex()}"


def _raw(digest: Digest) -> bytes:
    if not DIGEST.fullmatch(digest):
        raise ArchiveError(f"This is not the digest of a layer: {digest}.")
    return bytes.fromhex(digest[7:])
