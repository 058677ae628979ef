"""A sketch tells which files a layer has, whatever the layer is, from its headers alone."""

import gzip
import io
import tarfile
from hashlib import blake2b
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.delta import sketch
from edd.model.sketch import HELD, TOLD, Sketch
from tests.unit.delta import layers as shaped
from tests.unit.delta.layers import header, tar_of
from tests.unit.delta.shapes import SHAPES


def taken(layer: bytes) -> Sketch:
    return sketch(io.BytesIO(layer))


def files(folder: str, count: int, size: int = 600) -> list[tuple[str, bytes]]:
    return [(f"{folder}/{number}.py", bytes(size + number)) for number in range(count)]


def by_tarfile(layer: bytes) -> list[int]:
    """Return the hashes of the files that Python's reader finds."""
    found = set()
    with tarfile.open(fileobj=io.BytesIO(layer), mode="r:") as tar:
        for one in tar:
            if one.isreg() and one.size >= 512:
                name = one.name.encode("utf-8", "surrogateescape").rpartition(b"/")[2]
                key = b"%d/%b" % (one.size, name)
                found.add(int.from_bytes(blake2b(key, digest_size=4).digest()))
    return sorted(found)[:HELD]


@given(shaped.layers())
def test_it_has_every_file_that_another_reader_finds(layer: bytes) -> None:
    assert [*taken(layer).values] == by_tarfile(layer)


@given(shaped.mangled(shaped.layers()))
def test_a_damaged_layer_has_a_sketch_too(layer: bytes) -> None:
    values = taken(layer).values
    assert list(values) == sorted(set(values))


@given(st.binary(max_size=2000))
def test_what_is_no_layer_has_an_empty_one(rubbish: bytes) -> None:
    assert taken(rubbish).values == ()


@pytest.mark.parametrize("shape", SHAPES)
def test_a_member_of_any_shape_is_passed_over_or_counted(shape: str) -> None:
    layer = SHAPES[shape](b"name", bytes(5000)) + bytes(1024)
    assert len(taken(layer).values) <= 41


def test_a_file_counts_wherever_it_lies() -> None:
    assert taken(tar_of(files("opt", 90))) == taken(tar_of(files("usr/lib/app", 90)))


def test_small_files_do_not_count() -> None:
    assert taken(tar_of([("a", bytes(511)), ("b", b"")])).values == ()


def test_of_many_files_the_smallest_hashes_are_kept() -> None:
    layer = tar_of(files("opt", 3 * HELD))
    assert [*taken(layer).values] == by_tarfile(layer)
    assert len(taken(layer).values) == HELD
    assert taken(layer).limit == taken(layer).values[-1]
    assert Sketch(bytes.fromhex(taken(layer).told)).values == taken(layer).values[:TOLD]


def test_a_layer_all_of_whose_files_are_told_of_has_no_others() -> None:
    assert taken(tar_of(files("opt", 3))).limit == (1 << 32) - 1


class Counting(io.BytesIO):
    """A file that counts what is read of it."""

    count = 0

    def read(self, size: Any = -1) -> bytes:
        data = super().read(size)
        self.count += len(data)
        return data


def test_content_is_not_read() -> None:
    layer = Counting(tar_of(files("opt", 20, size=100_000)))
    sketch(layer)
    assert layer.count <= 21 * 512


def test_of_extensions_without_end_a_part_is_read(tmp_path: Any) -> None:
    path = tmp_path / "layer"
    extension = header(b"a", 1 << 20, kind=b"x")
    with path.open("wb") as file:
        for _ in range(200):
            file.write(extension)
            file.seek(1 << 20, io.SEEK_CUR)
        file.write(header(b"b", 600) + bytes(1024))
    with path.open("rb") as layer:
        assert sketch(layer).values == ()
        assert layer.tell() <= 66 << 20


def test_a_packed_layer_is_read_as_it_unpacks() -> None:
    layer = tar_of(files("opt", 20, size=100_000))
    packed = gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(layer)))
    assert sketch(cast(BinaryIO, packed)) == taken(layer)


def test_a_file_that_says_to_be_larger_than_any_ends_it(tmp_path: Any) -> None:
    path = tmp_path / "layer"
    path.write_bytes(header(b"a", 1 << 61) + header(b"b", 600) + bytes(1024))
    with path.open("rb") as layer:
        assert len(sketch(layer).values) == 1
