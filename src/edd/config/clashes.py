"""What one deployment's options say twice, or against each other."""

from collections.abc import Iterator, Sequence

from edd.model.arguments import ArgumentProblem, Flag, network_name, pairs_of, parse_arguments
from edd.model.deployment import Deployment
from edd.model.description import Access, Network
from edd.model.ports import ANY_ADDRESS, PortClaim, parse_publish

Clash = tuple[str, str]
"""The setting that is wrong, and how its sentence goes on."""


def clashes(deployment: Deployment) -> Iterator[Clash]:
    """Yield what is wrong between the options of a deployment, each naming both sides.

    Nothing is said of ``args`` that cannot be read: `check_arguments` does.
    """
    try:
        flags = parse_arguments(deployment.args)
    except ArgumentProblem:
        flags = []
    yield from _limits(deployment, flags)
    yield from _networks(deployment, flags)
    yield from _ports(deployment, flags)
    yield from _mounts(deployment, flags)


def _limits(deployment: Deployment, flags: Sequence[Flag]) -> Iterator[Clash]:
    for name, value in (("memory", deployment.memory), ("cpus", deployment.cpus)):
        for flag in flags:
            if value is not None and flag.name == name:
                yield name, f"is said by args, too: {flag}"


def _networks(deployment: Deployment, flags: Sequence[Flag]) -> Iterator[Clash]:
    said = [flag for flag in flags if flag.name == "network"]
    if deployment.network is Network.HOST:
        yield from (("network", f"is said by args, too: {flag}") for flag in said)
        if deployment.ports:
            yield "ports", "cannot be published: with network = 'host' the container has the host's"
    for flag in said:
        value = network_name(flag.value or "")
        if deployment.ports and (value in {"host", "none"} or value.startswith("container:")):
            yield "ports", f"cannot be published with {flag} in args"
    if deployment.access is Access.PUBLIC and not deployment.ports:
        yield "access", "opens nothing: it is for `ports`, and none are named"


def _ports(deployment: Deployment, flags: Sequence[Flag]) -> Iterator[Clash]:
    # On which address the ones in args are does not matter: two answers to one question are wrong.
    taken = [(str(flag), claim) for flag in flags if (claim := _claim(flag)) is not None]
    for ports in deployment.ports:
        claim = ports.claim(ANY_ADDRESS[0])
        yield from (
            ("ports", f"{ports} and {other} want the same port of the host")
            for other, one in taken
            if claim.clashes(one)
        )
        taken.append((str(ports), claim))


def _claim(flag: Flag) -> PortClaim | None:
    return parse_publish(flag.value or "") if flag.name == "publish" else None


def _mounts(deployment: Deployment, flags: Sequence[Flag]) -> Iterator[Clash]:
    targets = {_target(flag): str(flag) for flag in flags}
    volumes: dict[str, str] = {}
    for mount in deployment.mounts:
        if other := targets.get(mount.target):
            yield "mounts", f"{mount} and {other} have the same target"
        targets[mount.target] = str(mount)
        if not mount.source:
            if other := volumes.get(mount.volume("")):
                yield "mounts", f"{mount} and {other} would be the same volume; name one of them"
            volumes[mount.volume("")] = str(mount)


def _target(flag: Flag) -> str:
    """Return where in the container an option puts something, or nothing."""
    value = flag.value or ""
    match flag.name:
        case "volume":
            source, colon, rest = value.partition(":")
            return (rest.partition(":")[0] if colon else source).rstrip("/")
        case "tmpfs":
            return value.partition(":")[0].rstrip("/")
        case "mount":
            pairs = pairs_of(value)
            names = ("target", "dst", "destination")
            return next((pairs[name] for name in names if name in pairs), "").rstrip("/")
    return ""
