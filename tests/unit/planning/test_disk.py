"""How much room a delivery asks for."""

from edd.model.plan import DiskNeed
from edd.planning.disk import disk_need, shortage


def test_an_archive_needs_twice_its_size_beside_the_reserve() -> None:
    assert disk_need(100, free=1000, min_free=50).needed == 250


def test_a_stream_of_unknown_size_needs_the_reserve() -> None:
    assert disk_need(None, free=1000, min_free=50).needed == 50


def test_a_place_without_room_is_named_with_what_is_needed_and_free() -> None:
    short = shortage(DiskNeed(268_000_000, 67_000_000), "the disk that holds /var/lib/edd")

    assert short == [
        "The delivery needs 268 MB and the disk that holds /var/lib/edd has 67 MB free."
    ]
    assert shortage(DiskNeed(67_000_000, 67_000_000), "the engine's disk") == []
