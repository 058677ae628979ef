"""Tar headers by field: a header is told by what differs from another one, its template.

Every block of 512 bytes comes back exactly, sound or not: a field that is not what tar writers
write travels as its bytes. A checksum that is right does not travel.
"""

from struct import Struct

from edd.delta.varints import Column, Reading, unzigzag, zigzag
from edd.errors import ArchiveError

BLOCK = 512
BLANK = bytes(BLOCK)

_LAYOUT = Struct("100s8s8s8s12s12s8s1s100s8s32s32s16s155s12s")
_WIDTHS = (100, 8, 8, 8, 12, 12, 8, 1, 100, 8, 32, 32, 16, 155, 12)
_NAME, _MODE, _UID, _GID, _SIZE, _MTIME, _CHECKSUM, _TYPE = range(8)
_ORDER = (_MTIME, _SIZE, _NAME, 8, _MODE, _TYPE, _CHECKSUM, _UID, _GID, 9, 10, 11, 12, 13, 14)
_BITS = {field: 1 << bit for bit, field in enumerate(_ORDER)}
_ALL = (1 << len(_ORDER)) - 1
_BARE = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
"""Types that have no content, whatever their size field says (Go's archive/tar agrees)."""

COLUMNS = 5
_FIXED = 24
"""Bytes that flags, sizes from elsewhere and an unusual checksum take at most."""


class HeaderColumns:
    """What writer and reader share: the columns, and the header before this one."""

    def __init__(self) -> None:
        self.name = b""
        self.mtime = 0


class HeaderWriter(HeaderColumns):
    """Puts headers into columns: flags, modification times, sizes, lengths, text."""

    def __init__(self) -> None:
        super().__init__()
        self.clear()

    def clear(self) -> None:
        """Begin new columns; what was learnt from earlier headers stays."""
        self.columns = [Column() for _ in range(COLUMNS)]

    def write(self, block: bytes, template: bytes) -> None:
        """Append ``block`` as it differs from ``template``."""
        new, old = _LAYOUT.unpack(block), _LAYOUT.unpack(template)
        differing = [field for field in _ORDER if new[field] != old[field]]
        flags = sum(_BITS[field] for field in differing) & ~_BITS[_CHECKSUM]
        if new[_CHECKSUM] != checksum(block):
            flags |= _BITS[_CHECKSUM]
        self.columns[0].put(flags)
        for field in differing:
            if field != _CHECKSUM:
                self._field(field, new[field], old[field])
        if flags & _BITS[_CHECKSUM]:
            self._text(new[_CHECKSUM])
        self.name = new[_NAME].rstrip(b"\0")
        self.mtime = number(new[_MTIME]) or 0

    def _field(self, field: int, value: bytes, before: bytes) -> None:
        if field == _NAME:
            name = value.rstrip(b"\0")
            shared = common_prefix(name, self.name)
            self.columns[3].put(shared)
            self._text(name[shared:])
        elif field in (_SIZE, _MTIME):
            parsed = number(value)
            column = self.columns[2 if field == _SIZE else 1]
            if parsed is None:
                column.put(0)
                self._text(value)
            else:
                known = self.mtime if field == _MTIME else number(before) or 0
                column.put(zigzag(parsed - known) + 1)
        else:
            self._text(value)

    def _text(self, value: bytes) -> None:
        trimmed = value.rstrip(b"\0")
        self.columns[3].put(len(trimmed))
        self.columns[4] += trimmed


class HeaderReader(HeaderColumns):
    """Gives back what a `HeaderWriter` was told, in the same order."""

    def __init__(self) -> None:
        super().__init__()
        self._columns: list[Reading] = []

    def begin(self, columns: list[Reading]) -> None:
        """Go on with new columns."""
        self._columns = columns

    def read(self, template: bytes) -> bytes:
        """Return the next header.

        Raises:
            ArchiveError: the columns hold no such header.
        """
        fields = list(_LAYOUT.unpack(template))
        flags = self._columns[0].take()
        if flags > _ALL:
            raise ArchiveError("The patch changes a header field that tar does not have.")
        for field in _ORDER:
            if flags & _BITS[field] and field != _CHECKSUM:
                fields[field] = self._field(field, fields[field])
        if flags & _BITS[_CHECKSUM]:
            fields[_CHECKSUM] = self._text(8)
        self.name = fields[_NAME].rstrip(b"\0")
        self.mtime = number(fields[_MTIME]) or 0
        block = _LAYOUT.pack(*fields)
        if not flags & _BITS[_CHECKSUM]:
            block = block[:148] + checksum(block) + block[156:]
        return block

    def _field(self, field: int, before: bytes) -> bytes:
        if field == _NAME:
            shared = self._columns[3].take()
            return (self.name[:shared] + self._text(100))[:100].ljust(100, b"\0")
        if field in (_SIZE, _MTIME):
            told = self._columns[2 if field == _SIZE else 1].take()
            if told:
                known = self.mtime if field == _MTIME else number(before) or 0
                return octal(known + unzigzag(told - 1))
        return self._text(_WIDTHS[field])

    def _text(self, width: int) -> bytes:
        length = self._columns[3].take()
        if length > width:
            raise ArchiveError("The patch has a header field that is longer than its place.")
        return self._columns[4].take_bytes(length).ljust(width, b"\0")


def told_at_most(block: bytes, template: bytes) -> int:
    """Return a number of bytes that suffices to tell ``block`` as it differs from ``template``."""
    new, old = _LAYOUT.unpack(block), _LAYOUT.unpack(template)
    differing = [one.rstrip(b"\0") for one, other in zip(new, old, strict=True) if one != other]
    told = _FIXED + sum(map(len, differing)) + 2 * len(differing)
    if new[_NAME] != old[_NAME]:
        told -= common_prefix(differing[0], old[_NAME])
    return told


def checksum(block: bytes) -> bytes:
    """Return the checksum field that tar writers give ``block`` (POSIX ustar)."""
    return b"%06o\0 " % (sum(block) - sum(block[148:156]) + 256)


def number(field: bytes) -> int | None:
    """Return the number in a field of 12 bytes, if it is written the usual way."""
    digits = field[:11]
    if field[11] or not digits.isdigit() or b"8" in digits or b"9" in digits:
        return None
    return int(digits, 8)


def octal(value: int) -> bytes:
    """Return a field of 12 bytes that `number` reads.

    Raises:
        ArchiveError: ``value`` does not fit.
    """
    if not 0 <= value < 8**11:
        raise ArchiveError("The patch has a number that no tar header can hold.")
    return b"%011o\0" % value


def content_size(block: bytes) -> int:
    """Return how many bytes of content a header announces; 0 if it has none or is unsound."""
    if block[156:157] in _BARE:
        return 0
    size = block[124:136]
    if size[0] == 0x80:
        large = int.from_bytes(size[1:], "big")
        return large if large < 1 << 62 else 0
    try:
        return max(int(size.strip(b" \0") or b"0", 8), 0)
    except ValueError:
        return 0


def padded(size: int) -> int:
    """Return ``size`` filled up to whole blocks."""
    return size + -size % BLOCK


def common_prefix(one: bytes, other: bytes) -> int:
    """Return how many bytes both begin with alike."""
    limit = min(len(one), len(other))
    if one[:limit] == other[:limit]:
        return limit
    low = 0
    while limit - low > 1:
        middle = (low + limit) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            limit = middle
    return low
