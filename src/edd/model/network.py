"""Whom a network address tells from others."""

import ipaddress


def network_of(address: str) -> str:
    """Return an IPv4 address, also one that IPv6 carries, or the /64 that an IPv6 address is in.

    Whoever has one address of a /64 may use them all (RFC 4291, section 2.5.4). What is no address
    is returned as it is.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found), 64), strict=False))
