"""Where a patch stands in its target and in its bases; writer and reader move alike.

Nearly every step goes on where the last one ended, so a place is told as the distance from where
it is expected, and that is nearly always zero.
"""

from edd.delta.headers import BLOCK, content_size, padded


class Cursor:
    """A place in one base: the next header, the content that is being told, and its end."""

    __slots__ = ("content", "end", "header")

    def __init__(self) -> None:
        self.header = 0
        self.content = 0
        self.end = 0


class Cursors:
    """The places in all bases, and what is left of the member that is being told."""

    def __init__(self, bases: int) -> None:
        self._bases = [Cursor() for _ in range(bases)] or [Cursor()]
        self.base = 0
        self.left = 0

    def expected(self, base: int) -> int:
        """Return where the next copy from ``base`` is expected to begin."""
        cursor = self._bases[base]
        return cursor.content if self.left else cursor.header

    def expected_header(self, base: int) -> int:
        """Return where the next template in ``base`` is expected: where a block begins."""
        return padded(self._bases[base].header)

    def old_rest(self, base: int, at: int) -> int:
        """Return how much old content is expected from ``at`` on."""
        return max(self._bases[base].end - at, 0)

    def template(self, base: int, at: int, block: bytes) -> None:
        """Note that the header at ``at`` was a template."""
        cursor = self._bases[base]
        size = content_size(block)
        self.base = base
        cursor.content = at + BLOCK
        cursor.end = cursor.content + size
        cursor.header = cursor.content + padded(size)

    def member(self, size: int) -> None:
        """Note that a member of ``size`` bytes begins."""
        self.left = size

    def copied(self, base: int, at: int, count: int) -> None:
        """Note a copy."""
        cursor = self._bases[base]
        self.base = base
        cursor.content = at + count
        if not self.left:
            cursor.header = cursor.end = at + count
        self._told(count)

    def literal(self, count: int) -> None:
        """Note bytes that replace as many of the base."""
        cursor = self._bases[self.base]
        if self.left:
            cursor.content += count
        else:
            cursor.header += count
        self._told(count)

    def _told(self, count: int) -> None:
        self.left -= min(count, self.left)
