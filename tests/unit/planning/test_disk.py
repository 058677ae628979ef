"""How much room a delivery asks for."""

from edd.planning.disk import disk_need


def test_an_archive_needs_twice_its_size_beside_the_reserve() -> None:
    assert disk_need(100, free=1000, min_free=50).needed == 250


def test_a_stream_of_unknown_size_needs_the_reserve() -> None:
    assert disk_need(None, free=1000, min_free=50).needed == 50
