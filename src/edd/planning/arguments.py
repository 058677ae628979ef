"""What two containers with the same `docker run` arguments would quarrel about.

The grammar of the arguments is a noun (`edd.model.arguments`), for the configuration needs it too;
this module adds the decisions taken from it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence

from edd.model.arguments import (
    FALSE,
    ArgumentProblem,
    Flag,
    network_name,
    pairs_of,
    parse_arguments,
)
from edd.model.deployment import Deployment
from edd.model.ports import PortClaim, parse_publish
from edd.planning.description import words_of

SHARED_PATH = re.compile(r"/(dev|proc|sys)(/.*)?|/etc/(localtime|timezone|hosts)|.*\.sock")
"""Host paths that containers mount to read or to talk through; nobody owns them."""

SHARED_DEVICE = re.compile(r"/dev/(dri|kvm|fuse|net/tun|null|zero|u?random|nvidia)\b.*")
"""Devices that many processes may hold at once."""


def host_ports(flags: Sequence[Flag]) -> list[PortClaim]:
    """Return the fixed host ports ``flags`` claim; those that Docker picks claim nothing.

    On the host's own network, or on none, ``--publish`` has no effect.
    """
    if _networks(flags) & {"host", "none"}:
        return []
    claims = (parse_publish(flag.value or "") for flag in flags if flag.name == "publish")
    return [claim for claim in claims if claim is not None]


def exclusive_claims(flags: Sequence[Flag]) -> list[str]:
    """Return why two containers with ``flags`` cannot run side by side, in words for a person.

    Each reason completes "it …": a fixed host port, a network namespace that is not the
    container's own, a fixed address, a volume or host folder it may write to, a device. A reason
    that cannot be ruled out counts. Nothing is said against what containers commonly share: names
    of the network (aliases, host name), anonymous and tmpfs volumes, read-only mounts, sockets,
    /dev, /proc, /sys and the time zone.
    """
    reasons = [f"publishes {claim} on the host" for claim in host_ports(flags)]
    for flag in flags:
        reasons.extend(_reasons(flag.name, flag.value or ""))
    return list(dict.fromkeys(reasons))


def clashing_ports(deployments: Sequence[Deployment], lan: Sequence[str]) -> list[str]:
    """Return a sentence for every two deployments that claim the same port of the host.

    ``lan`` are its local addresses. Arguments that cannot be read claim nothing here;
    `check_arguments` speaks of them.
    """
    claims = [(each.name, claim) for each in deployments for claim in _claims(each, lan)]
    return [
        f"{later} and {earlier} both publish {claim}; only one of them can run."
        for at, (later, claim) in enumerate(claims)
        for earlier, other in claims[:at]
        if earlier != later and claim.clashes(other)
    ]


def _claims(deployment: Deployment, lan: Sequence[str]) -> list[PortClaim]:
    try:
        return host_ports(parse_arguments(words_of(deployment, deployment.name, lan)))
    except ArgumentProblem:
        return []


def _reasons(name: str, value: str) -> Iterator[str]:
    match name:
        case "network":
            yield from _network_reasons(value)
        case "ip" | "ip6" | "mac-address" | "link-local-ip":
            yield f"has the fixed address {value}"
        case "volume":
            yield from _written(*_bind(value))
        case "mount":
            yield from _written(*_mount(pairs_of(value)))
        case "volumes-from" if not value.endswith(":ro"):
            yield f"writes to the volumes of the container {value.partition(':')[0]}"
        case "device" if not SHARED_DEVICE.fullmatch(value.partition(":")[0]):
            yield f"uses the device {value.partition(':')[0]}"


def _network_reasons(value: str) -> Iterator[str]:
    if network_name(value) == "host":
        yield "uses the host's network, where its ports are not known beforehand"
    elif value.startswith("container:"):
        yield f"shares the network of the container {value.partition(':')[2]}"
    for key, address in pairs_of(value).items():
        if key in {"ip", "ip6", "mac-address", "link-local-ip"}:
            yield f"has the fixed address {address}"


def _networks(flags: Sequence[Flag]) -> set[str]:
    return {network_name(flag.value or "") for flag in flags if flag.name == "network"}


def _bind(value: str) -> tuple[str, bool]:
    """Read ``[SOURCE:]TARGET[:OPTIONS]`` into the source and whether it is read only."""
    source, colon, rest = value.partition(":")
    options = rest.partition(":")[2].split(",")
    return (source if colon else "", "ro" in options or "readonly" in options)


def _mount(pairs: Mapping[str, str]) -> tuple[str, bool]:
    """Read the pairs of ``--mount`` into the source and whether it is read only."""
    source = pairs.get("source", pairs.get("src", ""))
    read_only = any(key in pairs and pairs[key] not in FALSE for key in ("readonly", "ro"))
    return source, read_only or pairs.get("type", "volume") in {"tmpfs", "image"}


def _written(source: str, read_only: bool) -> Iterator[str]:
    if not source or read_only or SHARED_PATH.fullmatch(source):
        return
    kind = "the host's path" if source.startswith(("/", ".", "~")) else "the volume"
    yield f"writes to {kind} {source}"
