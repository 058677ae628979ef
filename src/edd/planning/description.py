"""What a description comes to: the words of `docker run` that its container is made from."""

from collections.abc import Iterator, Sequence

from edd.model.deployment import Deployment
from edd.model.description import Access, Mount, Network

LOOPBACK = "127.0.0.1"


def words_of(deployment: Deployment, container: str, lan: Sequence[str]) -> tuple[str, ...]:
    """Return the words that a deployment's typed options stand for, then its ``args``.

    ``lan`` are the addresses that the host has in local networks. Docker forwards published ports
    before the host's own firewall sees them, so that it is the address which makes them private.
    """
    words = [
        f"--publish={place}{ports}"
        for ports in deployment.ports
        for place in _places(deployment, lan)
    ]
    if deployment.network is Network.HOST:
        words.append("--network=host")
    words += [f"--mount={','.join(_mount(each, container))}" for each in deployment.mounts]
    if deployment.memory is not None:
        words.append(f"--memory={deployment.memory}")
    if deployment.cpus is not None:
        words.append(f"--cpus={deployment.cpus:.3f}")
    return (*words, *deployment.args)


def _places(deployment: Deployment, lan: Sequence[str]) -> list[str]:
    """Return what stands before published ports, one for each address they are bound to."""
    if deployment.access is Access.PUBLIC:
        return [""]
    return [f"[{each}]:" if ":" in each else f"{each}:" for each in (LOOPBACK, *lan)]


def _mount(mount: Mount, container: str) -> Iterator[str]:
    yield f"type={'bind' if mount.of_the_host else 'volume'}"
    yield f"source={mount.volume(container)}"
    yield f"target={mount.target}"
    if mount.read_only:
        yield "readonly"
