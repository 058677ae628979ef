"""What an archive turned out to hold: blobs by name and by digest, and the links among them."""

import posixpath
import re

from msgspec import Struct

from edd.archive.documents import MAX_DOCUMENT
from edd.archive.measure import Measured
from edd.errors import ArchiveError, DigestMismatchError

MAX_MEMBERS = 20_000
"""Files and links in one archive; 150 images of 127 layers have fewer, and each costs memory."""

MAX_KEPT = 16 << 20
"""Bytes of documents kept at a time, whatever the archive's size."""

_MODEST = 1 << 18
"""Bytes; larger documents (bills of materials, as a rule) leave half of the room to the others."""

MAX_NAME = 512

_LINK_HOPS = 8
_DIGEST_NAME = re.compile(r"(?:blobs/sha256/|sha256:)([0-9a-f]{64})")


class Blob(Struct, frozen=True):
    """One file of the archive, measured.

    ``written`` is the name under which it went to the engine, empty while it did not;
    ``content`` is there if it looks like a document.
    """

    measured: Measured
    written: str = ""
    content: bytes | None = None


def clean(name: str) -> str:
    """Return a name, a member's or one that refers to it, without ``./`` and a trailing slash.

    Raises:
        ArchiveError: it is absolute, climbs out of the archive, or is unreasonable.
    """
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\0" in name or len(name) > MAX_NAME:
        raise ArchiveError(f"The archive uses a forbidden name: {shown(name)}.")
    return "/".join(part for part in parts if part not in ("", "."))


def shown(name: str) -> str:
    """Return a foreign name fit for a sentence: quoted, escaped and short."""
    return ascii(name if len(name) <= 80 else f"{name[:77]}...")


class Contents:
    """Blobs by their names in the archive, documents kept within a bound, links resolved."""

    def __init__(self) -> None:
        self._blobs: dict[str, Blob] = {}
        self._links: dict[str, str] = {}
        self._kept = 0

    def has_room(self, size: int) -> bool:
        """Tell whether a document of ``size`` bytes may be kept."""
        limit = MAX_KEPT if size <= _MODEST else MAX_KEPT // 2
        return size <= MAX_DOCUMENT and self._kept + size <= limit

    def add(self, name: str, blob: Blob) -> None:
        """Take in a blob.

        Raises:
            ArchiveError: the archive has the name twice, with different content.
            DigestMismatchError: the name is a digest, but not the blob's.
        """
        named = _DIGEST_NAME.fullmatch(name)
        if named and not blob.measured.may_be(f"sha256:{named[1]}"):
            raise DigestMismatchError(
                f"{shown(name)} in the archive hashes to {blob.measured.digest}.",
                announced=f"sha256:{named[1]}",
                found=blob.measured.digest,
            )
        known = self._blobs.get(name)
        if known is not None and known.measured != blob.measured:
            raise ArchiveError(f"The archive has {shown(name)} twice, with different content.")
        if known is None:
            self._blobs[name] = blob
            self._kept += len(blob.content or b"")
            self._count()

    def link(self, name: str, target: str, *, symbolic: bool) -> None:
        """Take in a link as another name of a blob; `check_links` sees later that it is one.

        Raises:
            ArchiveError: it points out of the archive.
        """
        folder = posixpath.dirname(name) if symbolic else ""
        path = posixpath.normpath(posixpath.join(folder, target))
        if not target or path.startswith(("/", "..")) or len(path) > MAX_NAME:
            raise ArchiveError(f"The archive has a link that leads out of it: {shown(name)}.")
        if self._links.setdefault(name, path) != path:
            raise ArchiveError(f"The archive has the link {shown(name)} twice.")
        self._count()

    def check_links(self) -> None:
        """See that every link leads to a blob.

        Raises:
            ArchiveError: one does not, or its name is a blob's too.
        """
        for name in self._links:
            if name in self._blobs or self.find(name) is None:
                raise ArchiveError(f"The archive has a link that leads nowhere: {shown(name)}.")

    def find(self, name: str) -> Blob | None:
        """Return the blob of that name, through links."""
        for _ in range(_LINK_HOPS):
            if name in self._blobs:
                return self._blobs[name]
            if name not in self._links:
                return None
            name = self._links[name]
        return None

    def document(self, name: str) -> Blob | None:
        """Return the document of that very name, ``None`` if there is none.

        Raises:
            ArchiveError: it is there, but too large or not a document.
        """
        blob = self._blobs.get(name)
        if blob is not None and blob.content is None:
            raise ArchiveError(f"{shown(name)} in the archive is no JSON, or too large to keep.")
        return blob

    def _count(self) -> None:
        if len(self._blobs) + len(self._links) > MAX_MEMBERS:
            raise ArchiveError(f"The archive has more than {MAX_MEMBERS} members.")
