"""What is remembered of the links to hosts."""

import errno
from pathlib import Path

import pytest

from edd.client.links import ENOUGH, MOST, Links
from edd.model.link import Link
from edd.planning.offers import is_slow, worth_patching


@pytest.fixture
def links(tmp_path: Path) -> Links:
    return Links(tmp_path / "edd")


def test_a_link_that_was_never_measured_has_no_rate(links: Links) -> None:
    assert links.link("web", 0.05) == Link(0.05)


def test_what_was_measured_is_known_in_the_next_run(links: Links, tmp_path: Path) -> None:
    links.note("web", Link(0.05), ENOUGH, 2.0)
    assert Links(tmp_path / "edd").link("web", 0.06) == Link(0.06, ENOUGH / 2)


def test_the_last_measurement_counts(links: Links) -> None:
    links.note("web", Link(0.05), ENOUGH, 2.0)
    links.note("web", Link(0.05), ENOUGH, 1.0)
    assert links.link("web", 0.05).rate == ENOUGH


def test_little_tells_nothing(links: Links) -> None:
    links.note("web", Link(0.05), ENOUGH - 1, 2.0)
    assert links.link("web", 0.05).rate is None


@pytest.mark.parametrize("seconds", [0.01, 0.2])
def test_another_round_trip_is_another_link(links: Links, seconds: float) -> None:
    links.note("web", Link(0.05), ENOUGH, 2.0)
    assert links.link("web", seconds).rate is None


def test_hosts_have_links_of_their_own(links: Links) -> None:
    links.note("web", Link(0.05), ENOUGH, 2.0)
    assert links.link("shop", 0.05).rate is None


def test_the_oldest_of_many_are_forgotten(links: Links) -> None:
    for number in range(MOST + 1):
        links.note(f"host-{number}", Link(0.05), ENOUGH, 1.0)
    assert links.link("host-0", 0.05).rate is None
    assert links.link(f"host-{MOST}", 0.05).rate == ENOUGH


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"web": 1}',
        b'{"web": {"seconds": -1, "rate": 1}}',
        b"\xff",
        b'{"we\xff": {"seconds": 1, "rate": 1}}',
        b'{"web": {"seconds": 1, "rate": 1, "more": ' + b"[" * 30_000 + b"]" * 30_000 + b"}}",
    ],
)
def test_a_damaged_file_is_as_good_as_none(links: Links, tmp_path: Path, content: bytes) -> None:
    links.note("shop", Link(0.05), ENOUGH, 1.0)
    (tmp_path / "edd" / "links.json").write_bytes(content)
    assert links.link("web", 0.05) == Link(0.05)
    links.note("web", Link(0.05), ENOUGH, 1.0)
    assert links.link("web", 0.05).rate == ENOUGH


@pytest.mark.parametrize("rate", ["1e-320", "1e308"])
def test_a_rate_that_no_link_has_makes_a_push_slow_and_not_fail(
    links: Links, tmp_path: Path, rate: str
) -> None:
    links.note("web", Link(0.05), ENOUGH, 1.0)
    (tmp_path / "edd" / "links.json").write_text(f'{{"web": {{"seconds": 0.05, "rate": {rate}}}}}')
    link = links.link("web", 0.05)
    assert worth_patching(1 << 62, 1 << 62, link) == is_slow(link)


def test_a_full_disk_leaves_nothing_behind(
    links: Links, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    links.note("web", Link(0.05), ENOUGH, 1.0)
    assert list((tmp_path / "edd").iterdir()) == []


def test_a_folder_that_cannot_be_made_is_no_matter(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    links = Links(tmp_path / "file" / "edd")
    links.note("web", Link(0.05), ENOUGH, 1.0)
    assert links.link("web", 0.05) == Link(0.05)
