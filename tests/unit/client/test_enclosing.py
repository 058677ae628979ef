"""Which blobs travel within the request that needs them."""

import asyncio
import io

import pytest

from edd.archive import zstd
from edd.client.enclosing import MOST, SMALL, enclosed, small_ones
from edd.client.images import Blob
from edd.errors import SourceError


def blob(size: int | None, content: bytes = b"") -> Blob:
    return Blob(lambda: io.BytesIO(content), size)


def test_large_blobs_and_those_of_unknown_size_are_sent_by_themselves() -> None:
    assert small_ones({"a": blob(SMALL), "b": blob(SMALL + 1), "c": blob(None), "d": blob(0)}) == [
        "a",
        "d",
    ]


def test_of_many_small_ones_as_many_are_enclosed_as_a_request_may_hold() -> None:
    many = {str(number): blob(SMALL) for number in range(9)}
    assert small_ones(many) == [str(number) for number in range(MOST // SMALL)]


def test_what_is_enclosed_unpacks_to_the_blob() -> None:
    [one] = asyncio.run(enclosed({"a": blob(5, b"hello")}))
    assert one.digest == "a"
    assert zstd.ZstdFile(io.BytesIO(one.content)).read() == b"hello"


def test_one_that_cannot_be_read_is_told() -> None:
    def gone() -> io.BytesIO:
        raise FileNotFoundError(2, "No such file or directory")

    with pytest.raises(SourceError, match="No such file"):
        asyncio.run(enclosed({"a": Blob(gone, 5)}))
