"""The addresses of this machine's network interfaces."""

import fcntl
import re
import socket
import struct
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path

from edd.trust.names import IPAddress

LOCAL = [ip_network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")]
"""Networks that no router of the internet leads to (RFC 1918, RFC 4193)."""

_SIOCGIFADDR = 0x8915
_CONTAINERS = re.compile(r"(docker|veth|cni|flannel|cali|virbr|podman|lxc).*|br-[0-9a-f]{12}")
"""Docker calls a bridge of its own ``br-`` and the beginning of its network's id."""

_TEMPORARY, _DEPRECATED, _TENTATIVE = 0x01, 0x20, 0x40


def local_addresses() -> list[str]:
    """Return those of `addresses` that this machine has in local networks."""
    return [str(each) for each in addresses() if any(each in network for network in LOCAL)]


def addresses() -> list[IPAddress]:
    """Return the addresses of this machine's interfaces that others can reach: IPv4, then IPv6.

    Containers' bridges are left out, and so are temporary addresses (RFC 8981).
    """
    names = [name for _, name in socket.if_nameindex() if not _CONTAINERS.fullmatch(name)]
    four = [address for name in names if (address := _ipv4_of(name)) is not None]
    usable = [address for address in (*four, *_ipv6_of(names)) if _is_reachable(address)]
    return list(dict.fromkeys(usable))


def _is_reachable(address: IPAddress) -> bool:
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)


def _ipv4_of(interface: str) -> IPAddress | None:
    request = struct.pack("256s", interface.encode()[:15])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as channel:
        try:
            answer = fcntl.ioctl(channel, _SIOCGIFADDR, request)
        except OSError:
            return None
    return ip_address(answer[20:24])


def _ipv6_of(interfaces: list[str]) -> list[IPAddress]:
    """Read what proc(5) describes: address, index, prefix, scope, flags, name."""
    try:
        lines = Path("/proc/net/if_inet6").read_text("ascii").splitlines()
    except OSError:
        return []
    found: list[IPAddress] = []
    for line in lines:
        raw, _, _, _, flags, name = line.split()
        passing = int(flags, 16) & (_TEMPORARY | _DEPRECATED | _TENTATIVE)
        if name in interfaces and not passing:
            found.append(IPv6Address(int(raw, 16)))
    return found
