"""Faults of files and of what is packed in them are told, whatever unpacks it."""

import gzip
import io
from functools import partial

import pytest

from edd.archive import zstd
from edd.archive.compression import Form
from edd.client.images.reading import readable, unpacking
from edd.errors import SourceError

CONTENT = bytes(range(256)) * 1000
ZSTD = zstd.compress(CONTENT)


@pytest.mark.parametrize(
    ("packed", "form"),
    [(gzip.compress(CONTENT, mtime=0), Form.GZIP), (ZSTD, Form.ZSTD)],
    ids=["gzip", "zstd"],
)
@pytest.mark.parametrize("damage", ["cut", "changed"])
def test_packed_content_that_is_damaged_is_told(packed: bytes, form: Form, damage: str) -> None:
    bad = packed[:40] if damage == "cut" else packed[:10] + b"\xff" * 8 + packed[18:]
    with pytest.raises(SourceError, match="cannot be read here"), readable():
        unpacking(partial(io.BytesIO, bad), form).read()


def test_a_disk_that_is_full_is_told_in_its_own_words() -> None:
    with pytest.raises(SourceError, match="No patch can be made: No space left"):
        _fill()


def _fill() -> None:
    with readable("No patch can be made"):
        raise OSError(28, "No space left on device")


def test_a_fault_of_the_program_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), readable():
        _ = 1 / 0
