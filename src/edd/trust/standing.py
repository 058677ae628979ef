"""Whether a certificate that is not shown would be let in now: what TLS checks of one that is.

A browser that comes by a password shows none, weeks after it was set: until then an authority may
have been taken back, replaced by one of the same name, or its revocation list may be over.
"""

import hashlib
import ssl
from collections.abc import Mapping, Sequence
from typing import Any

from edd.model.caller import Credential
from edd.trust.callers import end_of
from edd.trust.facts import FileFacts
from edd.trust.revocation import name_text


def standing_of(
    credential: Credential, context: ssl.SSLContext, facts: Sequence[FileFacts], now: float
) -> str:
    """Return which authority issued a certificate, in a text to be compared.

    It is empty where no present one of the host's did itself, or it does not tell what it revoked.
    """
    told: list[Mapping[str, Any]] = list(context.get_ca_certs())
    issuers = sorted(
        encoded
        for authority, encoded in zip(told, context.get_ca_certs(binary_form=True), strict=True)
        if name_text(authority["subject"]) == credential.issuer and end_of(authority) >= now
    )
    if not issuers or not _is_listed(credential.issuer, facts, now):
        return ""
    return hashlib.sha256(b"".join(issuers)).hexdigest()


def _is_listed(issuer: str, facts: Sequence[FileFacts], now: float) -> bool:
    """Tell whether there is a revocation list in force of ``issuer``, where there have to be."""
    _, authorities, *lists = facts
    known = [crl for file in (authorities, *lists) for crl in file.crls if crl.issuer == issuer]
    return not lists or any(crl.next_update is None or crl.next_update >= now for crl in known)
