"""Many small records of one length, kept compressed: tar headers are mostly zeros."""

from typing import Final

from edd.delta.zstd import compress, decompress

_RECORDS: Final = 64
"""Records in a page."""

_CACHED: Final = 8
"""Pages that are kept unpacked."""


class Pages:
    """Records by number; neighbours are read quickly one after another."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._pages: list[bytes] = []
        self._open: list[bytes] = []
        self._count = 0
        self._cache: dict[int, bytes] = {}

    def __len__(self) -> int:
        return self._count

    def append(self, record: bytes) -> int:
        """Keep ``record`` and return its number."""
        self._open.append(record)
        self._count += 1
        if len(self._open) == _RECORDS:
            self._pages.append(compress(b"".join(self._open), 1))
            self._open = []
        return self._count - 1

    def __getitem__(self, number: int) -> bytes:
        page, place = divmod(number, _RECORDS)
        if page == len(self._pages):
            return self._open[place]
        if page not in self._cache:
            if len(self._cache) == _CACHED:
                del self._cache[next(iter(self._cache))]
            self._cache[page] = decompress(self._pages[page], self._width * _RECORDS)
        return self._cache[page][place * self._width : (place + 1) * self._width]
