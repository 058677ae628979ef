"""From a verified certificate to a caller. Pure: a certificate that says too little says no.

Roles and deployments stand in URI subject alternative names, ``urn:edd:role:deployer`` and
``urn:edd:deployment:website``. Anything else below ``urn:edd:`` is a restriction that this version
does not know, so the certificate is refused rather than its limits ignored.
"""

import ssl
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from edd.errors import UntrustedError
from edd.model.caller import Caller, Credential, Role
from edd.trust.names import is_deployment
from edd.trust.revocation import NOTHING_REVOKED, Revocations, issuer_of

URN = "urn:edd:"
ROLE_URN = f"{URN}role:"
DEPLOYMENT_URN = f"{URN}deployment:"
_MAX_NAME = 128


def caller_from(
    peercert: Mapping[str, Any] | None,
    now: float,
    *,
    default_role: Role | None = None,
    revocations: Revocations = NOTHING_REVOKED,
) -> Caller:
    """Return who presented ``peercert``, in the form of ``ssl``'s ``getpeercert()``.

    Call it for every request: a connection can outlive its certificate, or its revocation.

    Args:
        peercert: the verified certificate.
        now: seconds since the epoch.
        default_role: the role of certificates that name none, as another CA's do not.
        revocations: those in force now.

    Raises:
        UntrustedError: there is none, it is over or revoked, or names no, several or unknown roles.
    """
    if not peercert:
        raise UntrustedError("The client presented no certificate.")
    name = _common_name(peercert)
    _check_still_valid(name, peercert, now)
    issuer, serial = issuer_of(peercert), _serial(peercert)
    if revocations.contains(serial, issuer):
        raise UntrustedError(f"The certificate of {name} is revoked.")
    uris = [value for kind, value in peercert.get("subjectAltName", ()) if kind == "URI"]
    ours = [uri for uri in uris if uri.lower().startswith(URN)]
    role, names_role = _role(name, ours, default_role), any(map(_is_role, ours))
    credential = Credential(issuer, serial, end_of(peercert), None if names_role else role)
    return Caller(name, role, _deployments(name, ours), credential)


def _serial(peercert: Mapping[str, Any]) -> str:
    return str(peercert.get("serialNumber", ""))


def _common_name(peercert: Mapping[str, Any]) -> str:
    pairs = [pair for group in peercert.get("subject", ()) for pair in group]
    names = [value for key, value in pairs if key == "commonName"]
    if len(names) != 1 or not names[0].strip():
        raise UntrustedError("The client's certificate does not have exactly one common name.")
    name = str(names[0])
    if len(name) > _MAX_NAME or not name.isprintable():
        raise UntrustedError("The common name of the client's certificate is not printable text.")
    return name


def _check_still_valid(name: str, peercert: Mapping[str, Any], now: float) -> None:
    if now > end_of(peercert):
        raise UntrustedError(f"The certificate of {name} ended on {peercert.get('notAfter', '')}.")


def end_of(peercert: Mapping[str, Any]) -> float:
    """Return when a certificate ends, in seconds since the epoch; 0 if that cannot be read."""
    return _seconds(str(peercert.get("notAfter", "")))


@lru_cache(maxsize=256)
def _seconds(moment: str) -> float:
    """Return a certificate's time since the epoch; 0 for one that cannot be read."""
    try:
        return ssl.cert_time_to_seconds(moment)
    except ValueError:
        return 0.0


def _role(name: str, uris: list[str], default: Role | None) -> Role:
    roles = [uri.removeprefix(ROLE_URN) for uri in uris if _is_role(uri)]
    if not roles and default is not None:
        return default
    if len(roles) != 1:
        number = "several roles" if roles else "no role"
        raise UntrustedError(f"The certificate of {name} names {number}.")
    try:
        return Role(roles[0])
    except ValueError:
        raise UntrustedError(f"The certificate of {name} names an unknown role.") from None


def _is_role(uri: str) -> bool:
    return uri.startswith(ROLE_URN)


def _deployments(name: str, uris: list[str]) -> frozenset[str]:
    found = set()
    for uri in uris:
        if _is_role(uri):
            continue
        deployment = uri.removeprefix(DEPLOYMENT_URN)
        if deployment == uri or not is_deployment(deployment):
            raise UntrustedError(
                f"The certificate of {name} has a restriction that this version does not know."
            )
        found.add(deployment)
    return frozenset(found)
