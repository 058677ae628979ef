"""Blobs that come within a request end in the spool like any other, or not at all."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from edd.archive import zstd
from edd.errors import ArchiveError, DigestMismatchError, TooLargeError, TruncatedArchiveError
from edd.model.offer import Enclosed, Received
from edd.operations.receiving import take_enclosed
from edd.store.blobs import Bounds
from edd.store.spool import Spool

CONTENT = b"some content" * 100
DIGEST = f"sha256:{sha256(CONTENT).hexdigest()}"
GOOD = Enclosed(DIGEST, zstd.compress(CONTENT))
AMPLE = Bounds(1 << 20, 0)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "spool")
    yield made
    made.close()


def take(spool: Spool, blob: Enclosed, bounds: Bounds = AMPLE) -> Received:
    async def it() -> Received:
        await take_enclosed(spool, "shop", blob, bounds)
        return await spool.received("shop", blob.digest)

    return asyncio.run(it())


def test_it_is_whole_and_verified(spool: Spool) -> None:
    assert take(spool, GOOD) == Received(len(CONTENT), complete=True)
    assert spool.path("shop", DIGEST).read_bytes() == CONTENT


def test_what_is_here_already_is_left(spool: Spool) -> None:
    take(spool, GOOD)
    assert take(spool, Enclosed(DIGEST, b"never read")).complete


def test_what_came_of_it_before_is_replaced(spool: Spool) -> None:
    async def some() -> AsyncIterator[bytes]:
        yield CONTENT[:7]

    asyncio.run(spool.append(("shop", DIGEST), 0, some(), AMPLE))
    assert take(spool, GOOD).complete


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"no zstd at all", ArchiveError),
        (zstd.compress(CONTENT + b"?"), DigestMismatchError),
        (b"", TruncatedArchiveError),
        (zstd.compress(bytes(2 << 20)), TooLargeError),
    ],
    ids=["not-packed", "another", "empty", "far-too-large"],
)
def test_what_is_not_the_blob_is_refused(
    spool: Spool, content: bytes, error: type[Exception]
) -> None:
    with pytest.raises(error):
        take(spool, Enclosed(DIGEST, content))
    assert not asyncio.run(spool.received("shop", DIGEST)).complete
