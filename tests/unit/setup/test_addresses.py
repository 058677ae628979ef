"""What a machine can find out about its own names and addresses."""

from ipaddress import IPv4Address, IPv6Address

from edd.setup.addresses import detect_addresses, detect_names


def test_detected_addresses_are_reachable_from_elsewhere() -> None:
    found = detect_addresses()
    addresses = [each for each in found if isinstance(each, IPv4Address | IPv6Address)]
    assert addresses == found
    assert not any(address.is_loopback or address.is_link_local for address in addresses)
    assert len(found) == len(set(found))


def test_detected_names_can_enter_a_certificate() -> None:
    found = detect_names()
    assert "localhost" not in found
    assert all(isinstance(name, str) for name in found)
