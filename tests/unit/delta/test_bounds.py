"""Whatever a layer holds, what is kept of it and what is done for it is bounded."""

import io
import random
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given
from hypothesis import strategies as st

from edd.delta import Base, Skeleton, decode_skeleton, describe
from edd.delta.alignment import Alignment
from edd.delta.entries import Entries, Entry
from edd.delta.headers import BLANK, HeaderWriter, checksum, told_at_most
from edd.delta.index import Index, loose_keys
from edd.delta.names import MAX_PATH, Extensions
from edd.delta.skeleton import MAX_ENTRIES
from edd.delta.sums import MAX_BLOCKS, block_count
from tests.unit.delta.layers import header, tar_of
from tests.unit.delta.patching import digest_of, round_trip

MIB = 1 << 20


@contextmanager
def at_most(limit: int) -> Iterator[None]:
    """See that no more than ``limit`` bytes of Python's own are taken at any time."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < limit
    finally:
        tracemalloc.stop()


def long_path(number: int, length: int) -> bytes:
    """Return a pax header that gives the next member a path of about ``length`` bytes."""
    value = b"%d/" % number + b"n" * length
    record = b" path=" + value + b"\n"
    size = len(record) + len(str(len(record) + 7))
    content = b"%d" % size + record
    return header(b"x", len(content), b"x") + content + bytes(-len(content) % 512)


def test_paths_longer_than_any_file_has_are_not_kept() -> None:
    short = long_path(0, 10) + header(b"file", 0)
    layer = io.BytesIO(b"".join(long_path(number, MIB) + short for number in range(40)))
    with at_most(8 * MIB):
        assert len(describe(layer).encode()) < 200_000


def test_an_extension_header_is_not_named_by_the_one_before_it() -> None:
    layer = long_path(1, 2000) + long_path(2, 20) + header(b"file", 0)
    paths = [entry.path for entry in describe(io.BytesIO(layer)).entries]
    assert paths == [b"x", b"x", b"2/" + b"n" * 20]


def test_very_many_long_paths_end_in_one_opaque_part() -> None:
    members = (long_path(number, MAX_PATH - 20) + header(b"f", 0) for number in range(9000))
    layer = io.BytesIO(b"".join(members))
    with at_most(56 * MIB):
        skeleton = describe(layer)
        told = skeleton.encode()
    assert len(skeleton.entries) < 9000
    assert list(decode_skeleton(told).entries) == list(skeleton.entries)


def test_headers_of_noise_end_in_one_opaque_part_that_is_told() -> None:
    chance = random.Random(5)
    layer = b"".join(noisy_header(chance) for _ in range(36_000))
    skeleton = describe(io.BytesIO(layer))
    assert len(skeleton.entries) < 36_000
    assert decode_skeleton(skeleton.encode()).size == len(layer)


def noisy_header(chance: random.Random) -> bytes:
    noise = bytearray(chance.randbytes(512))
    noise[124:136], noise[156:157] = b"%011o\0" % 0, b"0"
    noise[148:156] = checksum(bytes(noise))
    return bytes(noise)


def test_a_member_takes_less_than_a_hundred_bytes_while_it_is_kept() -> None:
    count = 8_000
    names = (b"usr/share/folder-%d/file-%d" % (number // 30, number) for number in range(count))
    layer = io.BytesIO(b"".join(header(name, 0) for name in names))
    describe(layer)
    tracemalloc.start()
    try:
        skeleton = describe(layer)
        assert tracemalloc.get_traced_memory()[0] < 100 * count + MIB
        index = Index([Base(digest_of(b""), skeleton)])
        assert tracemalloc.get_traced_memory()[0] < 150 * count + MIB
    finally:
        tracemalloc.stop()
    assert index.counterpart(skeleton.entries[count // 2])


def test_the_blocks_of_a_layer_do_not_grow_with_it() -> None:
    for size in (1 << 30, 1 << 34, 1 << 40, 1 << 50):
        assert block_count(size, size) <= MAX_BLOCKS
        assert MAX_ENTRIES * block_count(size // MAX_ENTRIES, size) <= MAX_BLOCKS + MAX_ENTRIES


def test_few_records_of_a_pax_header_are_looked_at() -> None:
    extensions = Extensions()
    extensions.read(header(b"x", 0, b"x"), b"5 a=\n" * 100_000 + b"12 path=abc\n")
    assert extensions.path is None


OLD_WAY = re.compile(rb"[0-9a-f]*[0-9][0-9a-f]*(?:\.[0-9]+)*")


@given(st.text("019afgz.-/", max_size=40))
def test_what_varies_in_a_path_is_hex_with_a_digit_and_versions(path: str) -> None:
    plain = OLD_WAY.sub(b"#", path.encode())
    assert loose_keys(path.encode()) == (
        [plain, b"/".join(plain.rsplit(b"/", 2)[-2:])] * bool(path)
    )


def test_a_path_of_letters_is_gone_through_once() -> None:
    for path in (b"a" * MIB, b"1.1" * MIB, b"1." * MIB, b"a1" * MIB):
        assert loose_keys(path)  # going back at each letter, this would take hours


class Counted(Entries):
    """Entries that count how often one was asked for."""

    asked = 0

    def __getitem__(self, number: int) -> Entry:
        self.asked += 1
        return super().__getitem__(number)


def test_many_equal_files_are_not_gone_through_for_each() -> None:
    files = [(f"folder/file-{number}", b"the same content") for number in range(3000)]
    told = describe(io.BytesIO(tar_of(files)))
    entries = Counted(told.headers, told.size)
    for entry in told.entries:
        entries.append(entry)
    index = Index([Base(digest_of(b""), Skeleton(told.size, entries, told.headers))])
    moved = [(f"elsewhere/other-{number}", b"the same content") for number in range(500)]
    changed = [(f"folder/file-{number + 5000}", b"another content") for number in range(500)]
    wanted = describe(io.BytesIO(tar_of(moved + changed))).entries
    entries.asked = 0
    for entry in wanted:
        assert index.same(entry) or index.resembling(entry) or entry.header < 0
    assert entries.asked <= len(entries) + 2 * 8 * len(wanted)


class Searched(bytes):
    """Bytes that count how often something was looked for in all of them."""

    searches = 0

    def find(self, *args: object) -> int:
        Searched.searches += 1
        return super().find(*args)  # type: ignore[arg-type]


def test_what_is_found_but_never_serves_is_looked_for_less_and_less() -> None:
    chance = random.Random(6)
    anchor = chance.randbytes(20)
    known = Searched(chance.randbytes(50_000) + anchor + chance.randbytes(50_000))
    alignment = Alignment(0)
    for number in range(2000):
        part = anchor + chance.randbytes(4076)
        alignment.best(part, number * 4096, known, 0)
    assert Searched.searches < 3 * (2000 // 32 + 60)


def test_many_equal_files_come_back() -> None:
    same = [(f"folder/file-{number}", b"the same content") for number in range(2000)]
    others = [(f"elsewhere/{name}", content) for name, content in same[:1500]]
    assert round_trip(tar_of(others), [tar_of(same)]) < 2500


def blocks() -> st.SearchStrategy[bytes]:
    """Return tar headers, and blocks that are none."""
    fields = st.tuples(st.binary(max_size=200), st.integers(0, 1 << 40), st.binary(max_size=1))
    sound = fields.map(lambda each: header(each[0], each[1], each[2] or b"0"))
    return st.one_of(sound, st.binary(min_size=512, max_size=512))


@given(blocks(), blocks())
def test_a_header_takes_no_more_than_is_reckoned(block: bytes, before: bytes) -> None:
    writer = HeaderWriter()
    writer.write(before, BLANK)
    writer.clear()
    writer.write(block, before)
    assert sum(map(len, writer.columns)) <= told_at_most(block, before)
