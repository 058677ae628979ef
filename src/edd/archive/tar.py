"""Tar as events: bytes are pushed in as they arrive, members and their content come out.

POSIX pax and GNU headers are understood (long names, base-256 sizes); sparse members are refused.
Nothing is decided here about what a member may be or be called.
"""

import tarfile
from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from edd.errors import ArchiveError, TruncatedArchiveError

BLOCK = 512
END_OF_ARCHIVE = bytes(2 * BLOCK)

MAX_EXTENSION = 1 << 20
"""Bytes of one pax or GNU extension header; Go's archive/tar, which Docker reads with, agrees."""

_SPARSE = "GNU.sparse."

MAX_TRAILER = 1 << 20
"""Zero bytes read after the end of the archive; GNU tar pads its records, by 10 KiB as a rule."""


class Kind(StrEnum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symbolic link"
    HARDLINK = "hard link"
    SPECIAL = "device or pipe"


class Member(Struct, frozen=True):
    """A member begins; ``size`` bytes of content follow. ``target`` is where a link points."""

    name: str
    kind: Kind
    size: int
    target: str = ""


class MemberEnd(Struct, frozen=True):
    """The member's content is complete."""


Event = Member | bytes | MemberEnd

_END = MemberEnd()
_ZEROS = bytes(BLOCK)
_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.FOLDER,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.LNKTYPE: Kind.HARDLINK,
    tarfile.CHRTYPE: Kind.SPECIAL,
    tarfile.BLKTYPE: Kind.SPECIAL,
    tarfile.FIFOTYPE: Kind.SPECIAL,
}
_EXTENSIONS = {
    tarfile.XHDTYPE,
    tarfile.XGLTYPE,
    tarfile.GNUTYPE_LONGNAME,
    tarfile.GNUTYPE_LONGLINK,
}


def file_header(name: str, size: int) -> bytes:
    """Return the header of a regular file, the same for the same arguments."""
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def padding(size: int) -> bytes:
    """Return the zeros that fill the last block of ``size`` bytes of content."""
    return bytes(-size % BLOCK)


class TarReader:
    """Turns the pieces of a tar into events, whatever the pieces' sizes.

    Content is handed on as it came: a piece that lies within one member is not copied.
    """

    def __init__(self, max_extension: int = MAX_EXTENSION) -> None:
        self._max_extension = max_extension
        self._block = bytearray()
        self._left = 0
        self._skip = 0
        self._extension = b""
        self._extended = bytearray()
        self._records: dict[str, str] = {}
        self._defaults: dict[str, str] = {}
        self._started = False
        self._trailer = -1

    def feed(self, piece: bytes) -> Iterator[Event]:
        """Yield what ``piece`` completes.

        Raises:
            ArchiveError: it is not a tar, or it goes on after its end.
        """
        at = 0
        while at < len(piece):
            if self._trailer >= 0:
                self._read_trailer(piece[at:])
                return
            if self._left:
                content = piece[at : at + self._left]
                at += len(content)
                self._left -= len(content)
                yield from self._content(content)
            elif self._skip:
                step = min(self._skip, len(piece) - at)
                at += step
                self._skip -= step
            else:
                step = BLOCK - len(self._block)
                self._block += piece[at : at + step]
                at += step
                if len(self._block) == BLOCK:
                    block = bytes(self._block)
                    self._block.clear()
                    yield from self._header(block)

    def finish(self) -> None:
        """See that the archive ended where its input did.

        Raises:
            ArchiveError: there was nothing that looks like a tar.
            TruncatedArchiveError: the end of the archive is missing.
        """
        if not self._started:
            raise ArchiveError("This is not a tar archive: it is shorter than a tar header.")
        if self._trailer < 0:
            raise TruncatedArchiveError("The archive ends before its end marker.")

    def _read_trailer(self, piece: bytes) -> None:
        self._trailer += len(piece)
        if piece.count(0) != len(piece) or self._trailer > MAX_TRAILER:
            raise ArchiveError("The archive goes on after its end.")

    def _header(self, block: bytes) -> Iterator[Event]:
        self._started = True
        if block == _ZEROS:
            if self._records:
                raise ArchiveError("The archive ends between a member's headers.")
            self._trailer = 0
            return
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "backslashreplace")
        except (tarfile.TarError, ValueError) as problem:
            raise ArchiveError(f"This is not a sound tar archive: {problem}.") from None
        if info.type in _EXTENSIONS:
            self._begin_extension(info)
        else:
            yield from self._begin_member(info)

    def _begin_extension(self, info: tarfile.TarInfo) -> None:
        if not 0 <= info.size <= self._max_extension:
            raise ArchiveError("The archive has an extension header of an unreasonable size.")
        self._extension = info.type
        self._extended.clear()
        self._expect(info.size)
        if not info.size:
            self._end_extension()

    def _begin_member(self, info: tarfile.TarInfo) -> Iterator[Event]:
        records = self._defaults | self._records
        self._records = {}
        kind = _KINDS.get(info.type)
        if kind is None or _SPARSE in records:
            raise ArchiveError(f"The archive has a member of an unknown type: {info.type!r}.")
        size = _number(records["size"]) if "size" in records else info.size
        if kind is not Kind.FILE:
            size = 0  # a header-only type has no content, whatever its size field says
        if size < 0:
            raise ArchiveError("The archive has a member of negative size.")
        self._expect(size)
        name, target = records.get("path", info.name), records.get("linkpath", info.linkname)
        yield Member(name, kind, size, target if kind in (Kind.SYMLINK, Kind.HARDLINK) else "")
        if not size:
            yield _END

    def _expect(self, size: int) -> None:
        self._left = size
        self._skip = -size % BLOCK

    def _content(self, content: bytes) -> Iterator[Event]:
        if self._extension:
            self._extended += content
            if not self._left:
                self._end_extension()
            return
        yield content
        if not self._left:
            yield _END

    def _end_extension(self) -> None:
        kind, self._extension = self._extension, b""
        content = bytes(self._extended)
        if kind == tarfile.XGLTYPE:
            self._defaults |= _pax_records(content)
        elif kind == tarfile.XHDTYPE:
            self._records |= _pax_records(content)
        else:
            key = "path" if kind == tarfile.GNUTYPE_LONGNAME else "linkpath"
            self._records[key] = _text(content.split(b"\0", 1)[0])


def _pax_records(content: bytes) -> dict[str, str]:
    """Return those of a pax header's records that matter here.

    A record is: length, space, key, ``=``, value, newline (POSIX.1-2017, pax).
    """
    records: dict[str, str] = {}
    at = 0
    while at < len(content) and content[at]:
        digits, space, _ = content[at : at + 20].partition(b" ")
        end = at + _number(_text(digits))
        record = content[at + len(digits) + 1 : end]
        key, equals, value = record[:-1].partition(b"=")
        if not (space and equals) or end > len(content) or record[-1:] != b"\n":
            raise ArchiveError("The archive has a malformed pax header.")
        if key in (b"path", b"linkpath", b"size"):
            records[key.decode()] = _text(value)
        elif key.startswith(_SPARSE.encode()):
            records[_SPARSE] = ""
        at = end
    return records


def _number(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 19):
        raise ArchiveError("The archive has a pax header with a number that is none.")
    return int(digits)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "backslashreplace")
