"""What a machine can find out about its own names and addresses."""

from ipaddress import IPv4Address, IPv6Address

import pytest

from edd import interfaces
from edd.interfaces import addresses
from edd.setup.addresses import detect_names, served_addresses


def test_detected_addresses_are_reachable_from_elsewhere() -> None:
    found = addresses()
    assert all(isinstance(each, IPv4Address | IPv6Address) for each in found)
    assert not any(each.is_loopback or each.is_link_local for each in found)
    assert len(found) == len(set(found))


def test_detected_names_can_enter_a_certificate() -> None:
    found = detect_names()
    assert "localhost" not in found
    assert all(isinstance(name, str) for name in found)


@pytest.mark.parametrize("listening", ["0.0.0.0", "::"])
def test_who_listens_everywhere_is_found_at_every_address(listening: str) -> None:
    assert served_addresses(listening) == addresses()


@pytest.mark.parametrize("listening", ["127.0.0.1", "::1", "localhost"])
def test_who_listens_on_the_loopback_is_found_from_nowhere_else(listening: str) -> None:
    assert served_addresses(listening) == []


@pytest.mark.parametrize("listening", ["192.0.2.7", "2001:db8::7", "web1.example.org"])
def test_who_listens_in_one_place_is_found_there_alone(listening: str) -> None:
    assert list(map(str, served_addresses(listening))) == [listening]


def test_bridges_of_containers_are_not_where_this_machine_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["br-lan", "br0", "eth0", "docker0", "br-0123456789ab", "veth1a2b", "docker_gwbridge"]
    looked: list[str] = []
    monkeypatch.setattr("socket.if_nameindex", lambda: list(enumerate(names)))
    monkeypatch.setattr(interfaces, "_ipv4_of", looked.append)

    addresses()

    assert looked == ["br-lan", "br0", "eth0"]
