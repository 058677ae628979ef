"""A network bridge of an engine's own.

``dockerd --bridge=none`` deletes docker0, whosever it is (daemon/daemon_unix.go of Engine 20.10,
removeDefaultBridgeInterface), so a second engine on a machine needs a bridge by another name.
"""

import fcntl
import random
import socket
import struct
from pathlib import Path

SIOCGIFFLAGS, SIOCSIFFLAGS = 0x8913, 0x8914
SIOCGIFADDR, SIOCSIFADDR, SIOCSIFNETMASK = 0x8915, 0x8916, 0x891C
SIOCBRADDBR, SIOCBRDELBR = 0x89A0, 0x89A1
UP = 1


def add_bridge(name: str) -> None:
    """Make a bridge called ``name``, with a subnet that no other engine here has."""
    subnet = random.choice(sorted(set(range(256)) - _taken()))
    with _control() as control:
        fcntl.ioctl(control, SIOCBRADDBR, name.encode() + b"\0")
        fcntl.ioctl(control, SIOCSIFADDR, _address(name, f"10.213.{subnet}.1"))
        fcntl.ioctl(control, SIOCSIFNETMASK, _address(name, "255.255.255.0"))
        _set_up(control, name, up=True)


def address_of(name: str) -> str:
    """Return the address that this machine has on the bridge ``name``."""
    with _control() as control:
        found = fcntl.ioctl(control, SIOCGIFADDR, _address(name, "0.0.0.0"))
    return socket.inet_ntoa(found[20:24])


def remove_bridge(name: str) -> None:
    """Remove the bridge ``name`` if there is one."""
    if not Path("/sys/class/net", name, "bridge").exists():
        return
    with _control() as control:
        _set_up(control, name, up=False)
        fcntl.ioctl(control, SIOCBRDELBR, name.encode() + b"\0")


def _taken() -> set[int]:
    """Return which of the subnets 10.213.N.0 are routed already."""
    rows = [line.split() for line in Path("/proc/net/route").read_text().splitlines()[1:]]
    targets = [bytes.fromhex(row[1])[::-1] for row in rows]
    return {target[2] for target in targets if target[:2] == bytes([10, 213])}


def _control() -> socket.socket:
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _address(name: str, address: str) -> bytes:
    """Return a struct ifreq with a struct sockaddr_in (netdevice(7))."""
    sockaddr = struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))
    return struct.pack("16s16s8x", name.encode(), sockaddr)


def _set_up(control: socket.socket, name: str, *, up: bool) -> None:
    answer = fcntl.ioctl(control, SIOCGIFFLAGS, struct.pack("16sh22x", name.encode(), 0))
    flags: int = struct.unpack("16sh22x", answer)[1]
    flags = flags | UP if up else flags & ~UP
    fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh22x", name.encode(), flags))
