"""An archive's size does not show in the daemon's memory, nor does a worker outlive its blob."""

import asyncio
import hashlib
import threading
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
import pytest

from edd.archive import ArchiveStream
from edd.archive.compression import Form
from edd.archive.contents import MAX_KEPT
from edd.archive.documents import MAX_DOCUMENT
from edd.archive.measure import Allowance, Measure
from edd.archive.tar import END_OF_ARCHIVE, file_header, padding
from edd.errors import DiskFullError
from tests.unit.archive.builders import to_json, zst
from tests.unit.archive.reading import WANTED

MIB = 1 << 20
SIZE = 200 * MIB
CHUNK = bytes(range(256)) * 1024
WIDE = msgspec.structs.replace(WANTED, max_bytes=1 << 40)


def synthetic() -> Iterator[bytes]:
    """A docker-archive with one layer of 200 MiB, made of one chunk again and again."""
    total = hashlib.sha256()
    yield file_header("layer", SIZE)
    for _ in range(SIZE // len(CHUNK)):
        total.update(CHUNK)
        yield CHUNK
    diff_ids = [f"sha256:{total.hexdigest()}"]
    config = {"os": "linux", "architecture": "amd64", "rootfs": {"diff_ids": diff_ids}}
    manifest = [{"Config": "config", "Layers": ["layer"]}]
    for name, document in (("config", config), ("manifest.json", manifest)):
        content = to_json(document)
        yield file_header(name, len(content)) + content + padding(len(content))
    yield END_OF_ARCHIVE


def packed(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, wbits=31)
    for piece in pieces:
        yield packer.compress(piece)
    yield packer.flush()


def documents() -> Iterator[bytes]:
    """200 MiB of files that look like documents, just small enough to be held to their end."""
    for number in range(50):
        yield file_header(f"{number}", MAX_DOCUMENT)
        yield b"{" * len(CHUNK)
        for _ in range(len(CHUNK), MAX_DOCUMENT, len(CHUNK)):
            yield CHUNK
    yield from synthetic()


@pytest.mark.parametrize(
    ("make", "limit"),
    [
        (synthetic, 6 * MIB),
        (lambda: packed(synthetic()), 8 * MIB),
        (documents, MAX_KEPT + 12 * MIB),
    ],
    ids=["plain", "gzip", "documents"],
)
def test_memory_does_not_grow_with_the_archive(
    make: Callable[[], Iterator[bytes]], limit: int
) -> None:
    async def source() -> AsyncIterator[bytes]:
        for piece in make():
            yield piece

    async def measure() -> int:
        stream = ArchiveStream(source(), WIDE)
        tracemalloc.start()
        async for _ in stream:
            pass
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert stream.image.layer_bytes == SIZE
        return peak

    assert asyncio.run(measure()) < limit


def test_a_spool_that_runs_full_is_a_disk_problem() -> None:
    async def measure(spool: IO[bytes]) -> None:
        taken = Measure(Form.ZSTD, Allowance(1 << 40), spool)
        await taken.update(zst(bytes(MIB)))
        await taken.finish()

    with Path("/dev/full").open("wb", buffering=0) as spool, pytest.raises(DiskFullError):
        asyncio.run(measure(spool))


def test_an_abandoned_measure_stops_in_the_middle_of_a_bomb() -> None:
    async def measure() -> None:
        taken = Measure(Form.ZSTD, Allowance(1 << 50))
        bomb = zst(bytes(256 * MIB))
        for _ in range(64 * 4):
            await taken.update(bomb)
            if taken._running is not None:
                break
        await taken.abandon()
        assert taken._unpacked < 64 * 256 * MIB

    asyncio.run(measure())
    assert not any(thread.name.startswith("asyncio") for thread in threading.enumerate())
