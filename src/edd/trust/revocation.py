"""Revoked certificates, so that a connection which outlives a revocation is refused as well."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from edd.trust.facts import CrlFacts


class Revocations(Struct, frozen=True):
    """Serial numbers by the issuer that revoked them; serials are unique per issuer only."""

    serials: Mapping[str, frozenset[str]]

    def contains(self, serial_hex: str, issuer: str | None = None) -> bool:
        """Tell whether ``issuer`` (None: any) revoked ``serial_hex``; case and zeros do not count.

        ``issuer`` is as `issuer_of` gives it.
        """
        serial = plain_serial(serial_hex)
        if issuer is not None:
            return serial in self.serials.get(issuer, frozenset())
        return any(serial in serials for serials in self.serials.values())


NOTHING_REVOKED = Revocations({})


def revocations_from(crls: Iterable[CrlFacts]) -> Revocations:
    """Return everything that ``crls`` revoke."""
    found: dict[str, frozenset[str]] = {}
    for crl in crls:
        serials = frozenset(map(plain_serial, crl.revoked))
        found[crl.issuer] = found.get(crl.issuer, frozenset()) | serials
    return Revocations(found)


def plain_serial(serial_hex: str) -> str:
    """Return the one spelling of a serial number that is compared here."""
    return serial_hex.upper().lstrip("0")


def issuer_of(peercert: Mapping[str, Any]) -> str:
    """Return the issuer in a ``getpeercert()`` dictionary, as `facts` spells names."""
    return name_text(peercert.get("issuer", ()))


def name_text(names: Iterable[Iterable[tuple[str, str]]]) -> str:
    """Return the values of a distinguished name, one after another, without their types."""
    return ", ".join(value for group in names for _, value in group)
