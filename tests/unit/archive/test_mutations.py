"""Two thousand damaged archives: each is refused with an error of ours, or verifies none the less.

Nothing else may be raised, and nothing unverified may come out complete.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edd.archive.tar import BLOCK
from tests.unit.archive import builders
from tests.unit.archive.builders import Entry, gz, tar_of, website, zst
from tests.unit.archive.reading import WANTED, is_complete, loaded, send

ROUNDS = 250
SPOOLING = msgspec.structs.replace(WANTED, spool_dir=Path(gettempdir()))

Mutation = Callable[[random.Random, list[Entry]], bytes]


@cache
def originals() -> list[list[Entry]]:
    image = website()
    pair = (website("other", tags=("postgres:16",)), image)
    return [
        builders.docker_save_20(image),
        builders.docker_save_20(*pair),
        builders.docker_save_25(image),
        builders.skopeo_docker_archive(image),
        builders.kaniko(image),
        builders.oci_layout(*pair, compress=gz),
        builders.oci_layout(image, compress=zst),
        builders.oci_multi_platform(replace(image, architecture="arm64"), image),
    ]


def flipped(dice: random.Random, entries: list[Entry]) -> bytes:
    content = bytearray(tar_of(entries))
    for _ in range(dice.choice([1, 1, 3, 40])):
        content[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(content)


def cut(dice: random.Random, entries: list[Entry]) -> bytes:
    content = tar_of(entries)
    begin = dice.randrange(len(content))
    end = dice.choice([len(content), dice.randrange(begin, len(content) + 1)])
    return content[:begin] + content[end:]


def packed_and_flipped(dice: random.Random, entries: list[Entry]) -> bytes:
    content = bytearray(dice.choice([gz, zst])(tar_of(entries)))
    for _ in range(dice.choice([1, 3])):
        content[dice.randrange(len(content))] = dice.randrange(256)
    return bytes(content[: dice.choice([len(content), dice.randrange(len(content))])])


def shuffled(dice: random.Random, entries: list[Entry]) -> bytes:
    mixed = [one for one in entries if dice.random() > 0.05]
    mixed += dice.sample(entries, dice.randrange(4))
    dice.shuffle(mixed)
    return tar_of(mixed)


def exchanged(dice: random.Random, entries: list[Entry]) -> bytes:
    mixed = list(entries)
    for _ in range(dice.choice([1, 2, 5])):
        one, other = dice.choice(mixed), dice.choice(mixed)
        changed = dice.choice(
            [
                replace(one, content=other.content),
                replace(one, name=other.name),
                replace(one, kind=dice.choice([b"0", b"1", b"2", b"3", b"5", b"6", b"7", b"L"])),
                replace(one, kind=dice.choice([b"1", b"2"]), content=b"", target=other.name),
                replace(
                    one, name=dice.choice(["../x", "/x", "manifest.json", "index.json", "é\n"])
                ),
            ]
        )
        mixed[dice.randrange(len(mixed))] = changed
    return tar_of(mixed)


def edited_headers(dice: random.Random, entries: list[Entry]) -> bytes:
    """Edit headers and mend their checksums, so that the edit itself is what is judged."""
    content = bytearray(tar_of(entries))
    headers = [
        at for at in range(0, len(content), BLOCK) if content[at + 257 : at + 262] == b"ustar"
    ]
    for _ in range(dice.choice([1, 2])):
        at = dice.choice(headers)
        offset, width = dice.choice([(0, 100), (124, 12), (156, 1), (157, 100), (345, 155)])
        choices = [dice.randbytes(width), b"%o" % dice.randrange(1 << 33), b"\x80" + b"\xff" * 11]
        value = dice.choice(choices)[:width]
        content[at + offset : at + offset + len(value)] = value
        content[at + 148 : at + 156] = b" " * 8
        total = sum(content[at : at + BLOCK])
        content[at + 148 : at + 156] = b"%06o\0 " % total
    return bytes(content)


def edited_documents(dice: random.Random, entries: list[Entry]) -> bytes:
    mixed = list(entries)
    documents = [at for at, one in enumerate(mixed) if one.content[:1] in (b"{", b"[")]
    at = dice.choice(documents)
    content = bytearray(mixed[at].content)
    for _ in range(dice.choice([1, 4])):
        place = dice.randrange(len(content))
        content[place : place + dice.randrange(3)] = dice.choice(
            [
                b"",
                b'"',
                b"0",
                b"{}",
                b"[]",
                b"null",
                b"\\u0000",
                b"\xff",
                b"-1",
                b"1e999",
                b"[" * 99,
            ]
        )
    mixed[at] = replace(mixed[at], content=bytes(content))
    return tar_of(mixed)


def spliced(dice: random.Random, entries: list[Entry]) -> bytes:
    content, other = tar_of(entries), tar_of(dice.choice(originals()))
    here = dice.randrange(0, len(content), BLOCK)
    there = dice.randrange(0, len(other), BLOCK)
    return content[:here] + other[there:]


MUTATIONS = [
    flipped,
    cut,
    packed_and_flipped,
    shuffled,
    exchanged,
    edited_headers,
    edited_documents,
    spliced,
]


@pytest.mark.parametrize("mutate", MUTATIONS)
@settings(
    max_examples=ROUNDS, deadline=None, suppress_health_check=[HealthCheck.differing_executors]
)
@given(seed=st.integers(0, 1 << 32))
def test_a_mutated_archive_is_refused_or_verifies(mutate: Mutation, seed: int) -> None:
    dice = random.Random(seed)
    archive = mutate(dice, dice.choice(originals()))
    passed = send(archive, SPOOLING, sizes=[dice.choice([100, 4096, 1 << 18])])
    if passed.error is None:
        assert passed.image is not None
        assert loaded(bytes(passed.output)) == passed.image.config
    else:
        assert not is_complete(bytes(passed.output))
        assert len(passed.error.detail) < 1000
        assert passed.error.detail.isprintable()


@settings(max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 4000), min_size=1, max_size=40), pick=st.integers(0, 7))
def test_any_chunking_gives_the_same_output(sizes: list[int], pick: int) -> None:
    archive = tar_of(originals()[pick])
    whole = send(archive, SPOOLING, sizes=[1 << 20])
    pieces = send(archive, SPOOLING, sizes=sizes)
    assert (pieces.output, pieces.image) == (whole.output, whole.image)
