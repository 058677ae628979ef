"""By which names and addresses this machine may be reached, as far as it can tell itself."""

import socket
import threading
from contextlib import suppress

from edd.errors import CredentialError
from edd.interfaces import addresses
from edd.trust.names import IPAddress, server_name

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
        return list(addresses())
    return [] if name.is_loopback else [name]


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
