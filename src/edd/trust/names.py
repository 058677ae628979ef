"""Names that enter certificates, file names and addresses: what is allowed, and nothing else."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

from edd.errors import CredentialError
from edd.model.deployment import NAME_RULE

IPAddress = IPv4Address | IPv6Address

_CLIENT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._@+-]{0,61}[A-Za-z0-9])?", re.ASCII)
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII)
_MAX_DNS = 253
_MAX_DEPLOYMENTS = 256


def check_client_name(name: str) -> str:
    """Return ``name`` when it may name a client, a host in a list, and a file.

    Raises:
        CredentialError: it is empty, too long, or has characters beyond letters, digits and ._@+-
    """
    if not _CLIENT.fullmatch(name):
        raise CredentialError(
            f"{name[:80]!r} cannot be a name.",
            advice="Use 1 to 63 letters, digits or ._@+- and begin and end with a letter or digit.",
        )
    return name


def check_deployments(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``names`` sorted and once each, when all of them can be deployments.

    Raises:
        CredentialError: one cannot, or there are more than 256.
    """
    if len(names) > _MAX_DEPLOYMENTS:
        raise CredentialError(f"A certificate names at most {_MAX_DEPLOYMENTS} deployments.")
    for name in names:
        if not is_deployment(name):
            raise CredentialError(
                f"{name[:80]!r} cannot be a deployment.",
                advice="Deployments have lower-case letters, digits, and - or _ between them.",
            )
    return tuple(sorted(set(names)))


def is_deployment(name: str) -> bool:
    """Tell whether a deployment may be called ``name`` (at most 128 characters)."""
    return len(name) <= 128 and re.fullmatch(NAME_RULE, name) is not None


def server_name(text: str) -> str | IPAddress:
    """Return an IP address, or a DNS name in lower case, that a server certificate may carry.

    Raises:
        CredentialError: it is neither.
    """
    bare = text.strip("[]").partition("%")[0]
    try:
        return ip_address(bare)
    except ValueError:
        name = text.lower().rstrip(".")
    labels = name.removeprefix("*.").split(".")
    if len(name) > _MAX_DNS or not all(_LABEL.fullmatch(label) for label in labels):
        raise CredentialError(
            f"{text[:80]!r} is neither a DNS name nor an IP address.",
            advice="Write names outside ASCII in their xn-- form, and leave out ports.",
        )
    return name


def split_address(text: str) -> tuple[str, int]:
    """Return host and port of ``HOST:PORT``; an IPv6 host stands in brackets.

    Raises:
        CredentialError: it has another form.
    """
    host, _, port = text.rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    bare = host[1:-1] if bracketed else host
    if (
        not bare
        or (":" in bare) is not bracketed
        or not re.fullmatch(r"[0-9]{1,5}", port, re.ASCII)
        or not 0 < int(port) < 65536
    ):
        raise CredentialError(
            f"{text[:80]!r} is not an address.", advice="Write HOST:PORT, or [IPV6]:PORT."
        )
    return str(server_name(bare)), int(port)


def join_address(host: str, port: int) -> str:
    """Return ``HOST:PORT``, with brackets around an IPv6 host."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
