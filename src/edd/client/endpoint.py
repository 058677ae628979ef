"""Which host is meant, and the way to it.

The rule: ``-H``, then ``EDD_HOST``, then this machine's own daemon if its socket can be opened,
then the host in use (`edd host use`), then the only one known. ``local`` is this machine's daemon.
"""

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from edd.errors import CredentialError
from edd.trust.bundle import Bundle
from edd.trust.hosts import LOCAL, HostList
from edd.trust.paths import DEFAULT_DIRECTORY
from edd.trust.tls import client_context

SOCKET = Path("/run/edd/edd.sock")


@dataclass(frozen=True)
class Endpoint:
    """A way to a host: a unix socket, or base URLs (the likeliest first) with a TLS context."""

    name: str
    urls: tuple[str, ...] = ("http://localhost",)
    socket: Path | None = None
    context: ssl.SSLContext | None = None
    bundle: Bundle | None = None

    def place(self, url: str) -> str:
        """Return the host as error sentences name it."""
        if self.socket is not None:
            return str(self.socket)
        address = url.partition("://")[2]
        return f"{self.name} ({address})" if self.name else address


def local_socket(environment: Mapping[str, str] = os.environ) -> Path:
    """Return where this machine's daemon listens: ``EDD_SOCKET``, else /run/edd/edd.sock."""
    return Path(environment.get("EDD_SOCKET") or SOCKET)


def local_endpoint(environment: Mapping[str, str] = os.environ) -> Endpoint:
    """Return the way to this machine's own daemon."""
    return Endpoint(LOCAL, socket=local_socket(environment))


def local_goes_first(
    wanted: str | None = None, environment: Mapping[str, str] = os.environ
) -> bool:
    """Tell whether this machine's own daemon is meant, whichever host is in use."""
    named = wanted or environment.get("EDD_HOST")
    return not named and os.access(local_socket(environment), os.R_OK | os.W_OK)


def bundle_endpoint(name: str, bundle: Bundle) -> Endpoint:
    """Return the way that ``bundle`` opens.

    Raises:
        CredentialError: its certificate has expired or cannot be used.
    """
    urls = tuple(f"https://{address}" for address in bundle.addresses)
    return Endpoint(name, urls, context=client_context(bundle), bundle=bundle)


def choose_endpoint(
    wanted: str | None = None, environment: Mapping[str, str] = os.environ
) -> Endpoint:
    """Return the host that is meant by the rule above.

    Raises:
        CredentialError: none is meant, or the one that is cannot be used.
    """
    asked = wanted or environment.get("EDD_HOST")
    if asked == LOCAL or local_goes_first(wanted, environment):
        return local_endpoint(environment)
    found = HostList.of_user(environment).resolve(asked, environment)
    if found is not None:
        return bundle_endpoint(*found)
    return _nowhere(environment)


def _nowhere(environment: Mapping[str, str]) -> Endpoint:
    names = HostList.of_user(environment).names()
    if names:
        raise CredentialError(
            f"Several hosts are known ({', '.join(names)}) and none is in use.",
            advice="Name one: edd -H HOST, or choose one for good: edd host use HOST.",
        )
    is_host = local_socket(environment).exists() or DEFAULT_DIRECTORY.is_dir()
    if is_host or environment.get("EDD_SOCKET"):
        return local_endpoint(environment)
    raise CredentialError(
        "No host is known here, and no daemon runs on this machine.",
        advice="Take in the bundle an administrator issued: edd host add NAME FILE.",
    )
