"""By which names and addresses this machine may be reached, as far as it can tell itself."""

import fcntl
import socket
import struct
import threading
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from edd.errors import CredentialError
from edd.trust.names import IPAddress, server_name

_SIOCGIFADDR = 0x8915
_CONTAINERS = ("docker", "br-", "veth", "cni", "flannel", "cali", "virbr", "podman", "lxc")
_TEMPORARY, _DEPRECATED, _TENTATIVE = 0x01, 0x20, 0x40
_PATIENCE = 3.0

LOOPBACK = (server_name("localhost"), server_name("127.0.0.1"), server_name("::1"))


def detect_names() -> list[str | IPAddress]:
    """Return the machine's full name and its short one, where it has such."""
    short = socket.gethostname()
    found: list[str | IPAddress] = []
    for text in (_full_name(short), short):
        with suppress(CredentialError):
            name = server_name(text)
            if name not in found and str(name) != "localhost":
                found.append(name)
    return found


def served_addresses(listening: str) -> list[str | IPAddress]:
    """Return where others reach a daemon that listens at ``listening``, a name or an address.

    That is every address of this machine for a wildcard, and none for the loopback.
    """
    name = server_name(listening)
    if isinstance(name, str):
        return [] if name == "localhost" else [name]
    if name.is_unspecified:
        return detect_addresses()
    return [] if name.is_loopback else [name]


def detect_addresses() -> list[str | IPAddress]:
    """Return the addresses of this machine's interfaces that others can reach: IPv4, then IPv6.

    Containers' bridges are left out, and so are temporary addresses (RFC 8981).
    """
    names = [name for _, name in socket.if_nameindex() if not name.startswith(_CONTAINERS)]
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


def _full_name(short: str) -> str:
    """Return the canonical name of ``short``; a name server that hangs costs three seconds."""
    found: list[str] = []

    def ask() -> None:
        with suppress(OSError, UnicodeError):
            entries = socket.getaddrinfo(short, None, flags=socket.AI_CANONNAME)
            found.extend(entry[3] for entry in entries if entry[3])

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE)
    return found[0] if found else short
