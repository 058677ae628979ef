"""Numbers in as few bytes as they need (LEB128; signed ones zigzag), in columns that compress well.

What is alike stands together: each column holds one kind of number or text.
"""

from collections.abc import Iterator, Sequence

from edd.errors import ArchiveError

MAX_BITS = 63


class Column(bytearray):
    """A column that is being written."""

    def put(self, number: int) -> None:
        """Append a number that is not negative."""
        while number > 0x7F:
            self.append(number & 0x7F | 0x80)
            number >>= 7
        self.append(number)

    def put_signed(self, number: int) -> None:
        """Append a number of either sign."""
        self.put(zigzag(number))


class Reading:
    """A column that is being read; each value is bounded, and its end is an error."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def done(self) -> bool:
        """Tell whether all was read."""
        return self._at == len(self._data)

    def take(self) -> int:
        """Return the next number.

        Raises:
            ArchiveError: there is none, or it has more than 63 bits.
        """
        data, at = self._data, self._at
        number = shift = 0
        try:
            while (byte := data[at]) > 0x7F:
                number |= (byte & 0x7F) << shift
                shift += 7
                at += 1
                if shift > MAX_BITS:
                    raise ArchiveError("A number in the patch is too large.")
        except IndexError:
            raise ArchiveError("A part of the patch ends before its time.") from None
        self._at = at + 1
        return number | byte << shift

    def take_signed(self) -> int:
        """Return the next number of either sign."""
        return unzigzag(self.take())

    def take_bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes.

        Raises:
            ArchiveError: there are fewer.
        """
        end = self._at + count
        if end > len(self._data):
            raise ArchiveError("A part of the patch ends before its time.")
        part = self._data[self._at : end]
        self._at = end
        return part


def zigzag(number: int) -> int:
    """Return 0, 1, 2, 3, … for 0, -1, 1, -2, …."""
    return number << 1 if number >= 0 else (-number << 1) - 1


def unzigzag(number: int) -> int:
    """Return the number that `zigzag` made ``number`` of."""
    return -(number + 1 >> 1) if number & 1 else number >> 1


def joined(columns: Sequence[Column]) -> Iterator[Column]:
    """Yield the columns one after another, each behind its length; empty ones at the end are left.

    What is told of a small layer is shorter than the lengths of columns that it has no use for.
    """
    used = max((number for number, column in enumerate(columns, 1) if column), default=0)
    for column in columns[:used]:
        length = Column()
        length.put(len(column))
        yield length
        yield column


def split(data: bytes, count: int) -> list[Reading]:
    """Return the ``count`` columns that `joined` put together.

    Raises:
        ArchiveError: one ends early, or they are not all of ``data``.
    """
    reading = Reading(data)
    columns = [
        Reading(b"" if reading.done else reading.take_bytes(reading.take())) for _ in range(count)
    ]
    if not reading.done:
        raise ArchiveError("A part of the patch goes on after its end.")
    return columns
