"""Layers are kept for the next push as far as there is room, and never in its way."""

import io
import os
from pathlib import Path

import pytest

from edd.client import kept
from edd.client.images import Blob
from edd.client.kept import Kept


def blob(content: bytes) -> Blob:
    return Blob(lambda: io.BytesIO(content), len(content))


def content(blob: Blob) -> bytes:
    with blob.open() as file:
        return file.read()


def digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def test_what_is_kept_is_found_again_in_the_order_asked_for(tmp_path: Path) -> None:
    here = Kept(tmp_path)
    here.keep({digest("a"): blob(b"one"), digest("b"): blob(b"two")})

    found = here.find([digest("c"), digest("b"), digest("a")])

    assert [content(blob) for blob in found.values()] == [b"two", b"one"]


def test_only_its_owner_reads_it(tmp_path: Path) -> None:
    Kept(tmp_path).keep({digest("a"): blob(b"one")})
    assert (tmp_path / "layers").stat().st_mode & 0o077 == 0


def test_what_was_used_longest_ago_goes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "MOST", 25)
    here = Kept(tmp_path)
    for age, letter in enumerate("abc"):
        here.keep({digest(letter): blob(bytes(8))})
        os.utime(tmp_path / "layers" / (letter * 64), (age, age))
    here.find([digest("a")])  # now it is the newest

    here.keep({digest("d"): blob(bytes(8))})

    assert set(here.find(map(digest, "abcd"))) == {digest("a"), digest("c"), digest("d")}


def test_a_large_layer_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LARGEST", 2)
    here = Kept(tmp_path)
    here.keep({digest("a"): blob(b"one")})
    assert here.find([digest("a")]) == {}


def test_a_full_disk_keeps_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "LEAST_FREE", 1.0)
    monkeypatch.setattr(kept, "ENOUGH_FREE", 1 << 62)
    here = Kept(tmp_path)
    here.keep({digest("a"): blob(b"one")})
    assert here.find([digest("a")]) == {}


def test_a_place_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "layers").write_text("a file")
    here = Kept(tmp_path)
    here.keep({digest("a"): blob(b"one")})
    assert here.find([digest("a")]) == {}


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    here = Kept(tmp_path)
    here.keep({digest("a"): blob(b"one")})
    here.forget([digest("a"), digest("b")])
    assert here.find([digest("a")]) == {}
