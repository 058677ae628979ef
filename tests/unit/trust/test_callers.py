"""From a certificate to a caller: everything that is unclear is refused."""

from typing import Any

import pytest

from edd.errors import UntrustedError
from edd.model.caller import Caller, Credential, Role
from edd.trust.callers import caller_from
from edd.trust.revocation import Revocations

NOW = 1_800_000_000.0  # 2027-01-15


def peercert(*uris: str, name: str = "alice", ends: str = "Jan  1 00:00:00 2030 GMT") -> Any:
    return {
        "subject": ((("commonName", name),),),
        "issuer": ((("commonName", "ED CA"),),),
        "serialNumber": "0A1B",
        "notAfter": ends,
        "subjectAltName": tuple(("URI", uri) for uri in uris),
    }


def test_role_and_deployments_come_from_uris() -> None:
    found = caller_from(
        peercert("urn:edd:role:deployer", "urn:edd:deployment:a", "urn:edd:deployment:b"), NOW
    )
    credential = Credential("ED CA", "0A1B", 1893456000.0)
    assert found == Caller("alice", Role.DEPLOYER, frozenset({"a", "b"}), credential)


def test_without_deployments_a_caller_reaches_all() -> None:
    assert caller_from(peercert("urn:edd:role:viewer"), NOW).deployments == frozenset()


def test_uris_of_others_do_not_matter() -> None:
    found = caller_from(peercert("spiffe://example.org/x", "urn:edd:role:admin"), NOW)
    assert found.role is Role.ADMIN


@pytest.mark.parametrize("nothing", [None, {}])
def test_no_certificate_is_refused(nothing: Any) -> None:
    with pytest.raises(UntrustedError, match="no certificate"):
        caller_from(nothing, NOW)


@pytest.mark.parametrize(
    "uris",
    [
        (),
        ("urn:edd:deployment:a",),
        ("urn:edd:role:owner",),
        ("urn:edd:role:",),
        ("urn:edd:role:ADMIN",),
        ("urn:edd:role:viewer", "urn:edd:role:admin"),
        ("urn:edd:role:admin", "urn:edd:hours:9-17"),
        ("urn:edd:role:admin", "URN:EDD:deployment:a"),
        ("urn:edd:role:admin", "urn:edd:deployment:"),
        ("urn:edd:role:admin", "urn:edd:deployment:../a"),
        ("urn:edd:role:admin", "urn:edd:deployment:A"),
    ],
)
def test_a_missing_doubled_or_unknown_claim_is_refused(uris: tuple[str, ...]) -> None:
    with pytest.raises(UntrustedError):
        caller_from(peercert(*uris), NOW)


def test_a_default_role_serves_certificates_that_name_none() -> None:
    found = caller_from(peercert("urn:edd:deployment:a"), NOW, default_role=Role.VIEWER)
    assert (found.role, found.deployments) == (Role.VIEWER, frozenset({"a"}))


def test_a_default_role_does_not_replace_an_unknown_one() -> None:
    with pytest.raises(UntrustedError):
        caller_from(peercert("urn:edd:role:owner"), NOW, default_role=Role.VIEWER)


@pytest.mark.parametrize("ends", ["Jan  1 00:00:00 2027 GMT", "", "tomorrow"])
def test_a_certificate_that_is_over_is_refused(ends: str) -> None:
    with pytest.raises(UntrustedError, match="ended"):
        caller_from(peercert("urn:edd:role:admin", ends=ends), NOW)


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x1b[31mb", "x" * 129])
def test_a_name_that_could_spoil_a_log_is_refused(name: str) -> None:
    with pytest.raises(UntrustedError):
        caller_from(peercert("urn:edd:role:admin", name=name), NOW)


def test_two_common_names_are_refused() -> None:
    doubled = peercert("urn:edd:role:admin")
    doubled["subject"] = ((("commonName", "a"),), (("commonName", "b"),))
    with pytest.raises(UntrustedError, match="exactly one"):
        caller_from(doubled, NOW)


def test_a_revoked_certificate_is_refused() -> None:
    revoked = Revocations({"ED CA": frozenset({"A1B"})})
    with pytest.raises(UntrustedError, match="revoked"):
        caller_from(peercert("urn:edd:role:admin"), NOW, revocations=revoked)


def test_the_same_serial_revoked_by_another_authority_does_not_matter() -> None:
    revoked = Revocations({"Another CA": frozenset({"A1B"})})
    assert caller_from(peercert("urn:edd:role:admin"), NOW, revocations=revoked).name == "alice"


def test_serials_compare_whatever_their_case_and_leading_zeros() -> None:
    revoked = Revocations({"ED CA": frozenset({"A1B"})})
    assert revoked.contains("000a1b")
    assert not revoked.contains("A1B0")
