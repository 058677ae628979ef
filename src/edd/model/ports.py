"""Ports of the host: those a container is described with, and those it claims."""

import ipaddress

from msgspec import Struct

PROTOCOLS = ("tcp", "udp", "sctp")
ANY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - compared with, never bound


class PortClaim(Struct, frozen=True):
    """Host ports ``first`` to ``last`` of one address, which one container at a time can have."""

    protocol: str
    address: str
    first: int
    last: int

    def __str__(self) -> str:
        address = f"[{self.address}]" if ":" in self.address else self.address
        ports = f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"
        return f"{self.protocol} {address}:{ports}"

    def clashes(self, other: "PortClaim") -> bool:
        """Tell whether both cannot be had at once; 0.0.0.0 and :: clash with every address."""
        addresses = {self.address, other.address}
        return (
            self.protocol == other.protocol
            and self.first <= other.last
            and other.first <= self.last
            and (len(addresses) == 1 or not addresses.isdisjoint(ANY_ADDRESS))
        )


class PublishedPorts(Struct, frozen=True):
    """Ports ``first`` to ``last`` of a container, and as many of the host, from ``host`` on.

    As text it is what `parse_published` reads, and `--publish` behind an address.
    """

    protocol: str
    host: int
    first: int
    last: int

    def __str__(self) -> str:
        more = self.last - self.first
        return f"{_span(self.host, more)}:{_span(self.first, more)}/{self.protocol}"

    def claim(self, address: str) -> PortClaim:
        """Return the ports of the host's ``address`` that it takes."""
        return PortClaim(self.protocol, address, self.host, self.host + self.last - self.first)


def parse_published(text: str) -> PublishedPorts:
    """Return what ``[HOST_PORTS:]PORTS[/PROTOCOL]`` means; without HOST_PORTS they are the same.

    Raises:
        ValueError: it is none of it; the sentence says why.
    """
    ports, protocol = _split_protocol(text)
    if protocol not in PROTOCOLS:
        raise ValueError(f"the protocol {protocol[:20]!r} is none of {', '.join(PROTOCOLS)}.")
    host, colon, container = ports.rpartition(":")
    if ":" in host:
        raise ValueError(f"{text[:60]!r} has an address: `access` says from where it is reached.")
    first, last = _ports(container)
    host_first, host_last = _ports(host) if colon else (first, last)
    if not first or not host_first:
        raise ValueError(f"{text[:60]!r} has the port 0.")
    if host_last - host_first != last - first:
        raise ValueError(f"the ranges {host[:40]} and {container[:40]} differ in length.")
    return PublishedPorts(protocol, host_first, first, last)


def _span(first: int, more: int) -> str:
    return f"{first}-{first + more}" if more else f"{first}"


def parse_publish(text: str) -> PortClaim | None:
    """Return the host ports that ``--publish text`` fixes, or None if Docker picks a free one.

    Grammar: ``[[ADDRESS:][HOST_PORTS]:]CONTAINER_PORTS[/PROTOCOL]``, or ``published=…,target=…``.
    A range of host ports for one container port lets Docker pick, so that it claims nothing.
    Without an address it is 0.0.0.0, though Docker binds IPv6 too.

    Raises:
        ValueError: Docker would not accept it; the sentence says why.
    """
    text, protocol = _from_pairs(text) if "=" in text else _split_protocol(text)
    if protocol not in PROTOCOLS:
        raise ValueError(f"the protocol {protocol[:20]!r} is none of {', '.join(PROTOCOLS)}.")
    address, host, container = _split(text)
    first, last = _ports(container)
    if not host:
        return None
    host_first, host_last = _ports(host)
    if host_last - host_first != last - first:
        if first != last:
            raise ValueError(f"the ranges {host} and {container} differ in length.")
        return None
    if host_first == 0:
        return None
    return PortClaim(protocol, _address(address), host_first, host_last)


def _split_protocol(text: str) -> tuple[str, str]:
    ports, slash, protocol = text.partition("/")
    return ports, protocol.lower() if slash else "tcp"


def _from_pairs(text: str) -> tuple[str, str]:
    pairs = dict(pair.partition("=")[::2] for pair in text.split(","))
    if unknown := pairs.keys() - {"target", "published", "protocol", "mode"}:
        raise ValueError(f"{min(unknown)[:40]!r} is none of target, published, protocol and mode.")
    published = f"{pairs['published']}:" if pairs.get("published") else ""
    return published + pairs.get("target", ""), pairs.get("protocol", "tcp").lower()


def _split(text: str) -> tuple[str, str, str]:
    rest, _, container = text.rpartition(":")
    address, _, host = rest.rpartition(":")
    return address, host, container


def _ports(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    low, high = _port(first), _port(last if dash else first)
    if low > high:
        raise ValueError(f"the range {text[:40]} runs backwards.")
    return low, high


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) <= 65535):
        raise ValueError(f"{text[:40]!r} is not a port: a number from 0 to 65535.")
    return int(text)


def _address(text: str) -> str:
    bare = text.removeprefix("[").removesuffix("]")
    if not bare:
        return ANY_ADDRESS[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        raise ValueError(f"{bare[:40]!r} is not an IP address.") from None
