"""The host's certificate authority: what it makes, refuses and remembers."""

import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from edd.errors import CredentialError
from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.bundle import Bundle
from edd.trust.files import PRIVATE, PUBLIC, write_atomically
from edd.trust.issuing import (
    Grant,
    Identity,
    SigningKey,
    certificate_pem,
    certify_authority,
    certify_client,
    key_pem,
    list_revoked,
    new_key,
    revoked_entry,
)
from edd.trust.names import server_name
from edd.trust.paths import TrustPaths
from edd.trust.pem import load_certificates, load_crls

MakeBundle = Callable[..., Bundle]
ALICE = Grant("alice", Role.DEPLOYER, ("website",))


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def states(authority: Authority) -> list[tuple[str, str]]:
    return [(e.name, e.state) for e in authority.register.entries() if e.kind == "client"]


def test_keys_are_private_and_certificates_public(authority: Authority) -> None:
    paths = authority.paths
    assert mode(paths.ca_key) == 0o600
    assert mode(paths.server_key) == 0o640
    assert mode(paths.ca_certificate) == mode(paths.server_certificate) == 0o644
    assert mode(paths.client_crl) == 0o644


def test_the_authority_is_p_256_and_lasts_ten_years(authority: Authority) -> None:
    certificate = authority.identity.certificate
    public = certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 3651


def test_an_authority_is_never_replaced(authority: Authority) -> None:
    with pytest.raises(CredentialError, match=r"ca\.crt exists"):
        Authority.create(authority.paths, "another")


def test_a_key_left_alone_by_a_crash_gets_its_certificate(tmp_path: Path) -> None:
    paths = TrustPaths(tmp_path)
    paths.tls.mkdir()
    key = key_pem(new_key())
    write_atomically(paths.ca_key, key, PRIVATE)
    Authority.create(paths, "ED CA")
    assert paths.ca_key.read_bytes() == key
    assert Authority.load(paths).issue_client(ALICE).grant == ALICE


def test_a_directory_without_an_authority_says_to_run_init(tmp_path: Path) -> None:
    with pytest.raises(CredentialError) as caught:
        Authority.load(TrustPaths(tmp_path))
    assert str(tmp_path / "tls" / "ca.crt") in caught.value.detail
    assert "edd init" in caught.value.advice


def test_a_key_of_another_authority_is_noticed(authority: Authority) -> None:
    write_atomically(authority.paths.ca_key, key_pem(new_key()), PRIVATE)
    with pytest.raises(CredentialError, match="does not belong"):
        Authority.load(authority.paths)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["rsa", "ed25519"],
)
def test_an_authority_brought_along_may_have_another_kind_of_key(
    tmp_path: Path, key: SigningKey
) -> None:
    paths = TrustPaths(tmp_path)
    paths.tls.mkdir()
    write_atomically(paths.ca_key, key_pem(key), PRIVATE)
    write_atomically(
        paths.ca_certificate, certificate_pem(certify_authority("Ours", key).certificate), PUBLIC
    )
    authority = Authority.load(paths)
    authority.issue_client(ALICE)
    authority.revoke("alice")
    assert states(authority) == [("alice", "revoked")]


def test_a_client_certificate_says_name_role_and_deployments(authority: Authority) -> None:
    issued = authority.issue_client(ALICE)
    made = x509.load_pem_x509_certificate(issued.certificate.encode())
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    purposes = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert made.subject.rfc4514_string() == "CN=alice"
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        "urn:edd:role:deployer",
        "urn:edd:deployment:website",
    ]
    assert list(purposes) == [ExtendedKeyUsageOID.CLIENT_AUTH]


def test_a_server_certificate_carries_names_and_addresses_and_is_no_clients(
    authority: Authority,
) -> None:
    authority.issue_server((server_name("web1.example.org"), server_name("192.0.2.1")))
    made = load_certificates(authority.paths.server_certificate)[0]
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    purposes = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert names.get_values_for_type(x509.DNSName) == ["web1.example.org"]
    assert list(map(str, names.get_values_for_type(x509.IPAddress))) == ["192.0.2.1"]
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_a_second_certificate_for_a_name_is_refused_while_the_first_is_valid(
    authority: Authority,
) -> None:
    authority.issue_client(ALICE)
    with pytest.raises(CredentialError, match="alice has a certificate until"):
        authority.issue_client(Grant("alice", Role.ADMIN))


def test_after_a_revocation_a_name_may_get_another_role(authority: Authority) -> None:
    authority.issue_client(ALICE)
    authority.revoke("alice")
    authority.issue_client(Grant("alice", Role.VIEWER))
    assert states(authority) == [("alice", "valid"), ("alice", "revoked")]


def test_a_renewal_keeps_role_and_deployments_and_the_old_one_stays_valid(
    authority: Authority,
) -> None:
    authority.issue_client(ALICE)
    assert authority.renew_client("alice").grant == ALICE
    assert states(authority) == [("alice", "valid"), ("alice", "superseded")]


def test_a_revocation_takes_every_certificate_of_the_name(authority: Authority) -> None:
    authority.issue_client(ALICE)
    authority.renew_client("alice")
    assert len(authority.revoke("alice")) == 2
    assert states(authority) == [("alice", "revoked"), ("alice", "revoked")]


def test_a_second_revocation_changes_nothing(authority: Authority) -> None:
    authority.issue_client(ALICE)
    authority.revoke("alice")
    assert authority.revoke("alice") == ()


def test_a_revoked_name_cannot_be_renewed(authority: Authority) -> None:
    authority.issue_client(ALICE)
    authority.revoke("alice")
    with pytest.raises(CredentialError, match="is revoked"):
        authority.renew_client("alice")


@pytest.mark.parametrize("act", [Authority.revoke, Authority.renew_client])
def test_a_name_that_was_never_issued_is_not_known(
    authority: Authority, act: Callable[[Authority, str], object]
) -> None:
    with pytest.raises(CredentialError, match="No certificate was issued to bob"):
        act(authority, "bob")


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../alice", "a/b", "-a", "a" * 64, "a\nb", "é", "a b", "a."]
)
def test_a_name_that_could_leave_its_directory_or_its_line_is_refused(
    authority: Authority, name: str
) -> None:
    with pytest.raises(CredentialError, match="cannot be a name"):
        authority.issue_client(Grant(name, Role.VIEWER))


@pytest.mark.parametrize("deployment", ["", "Website", "../x", "a b", "x" * 129])
def test_a_deployment_that_cannot_exist_is_refused(authority: Authority, deployment: str) -> None:
    with pytest.raises(CredentialError, match="cannot be a deployment"):
        authority.issue_client(Grant("alice", Role.VIEWER, (deployment,)))


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_a_certificate_lasts_at_least_a_day_and_at_most_ten_years(
    authority: Authority, days: int
) -> None:
    with pytest.raises(CredentialError, match="days"):
        authority.issue_client(ALICE, days)


def test_no_certificate_outlives_its_authority(authority: Authority) -> None:
    authority.issue_client(ALICE, 3650)
    ends = [e.not_after for e in authority.register.entries() if e.kind != "server"]
    assert ends[1] <= ends[0]


@pytest.mark.parametrize(("days", "state"), [(30, "ends-soon"), (31, "ends-soon"), (32, "valid")])
def test_a_certificate_with_thirty_days_or_fewer_left_is_marked(
    authority: Authority, days: int, state: str
) -> None:
    authority.issue_client(ALICE, days)
    assert states(authority) == [("alice", state)]


def test_an_expired_certificate_is_listed_as_such_and_leaves_at_the_next_renewal(
    authority: Authority,
) -> None:
    over = certify_client(authority.identity, new_key().public_key(), ALICE, days=0)
    authority.register.add("alice", over)
    assert states(authority) == [("alice", "expired")]
    authority.renew_client("alice")
    assert states(authority) == [("alice", "valid")]


def test_the_revocation_list_ends_with_the_authority_and_counts_up(authority: Authority) -> None:
    authority.issue_client(ALICE)
    authority.revoke("alice")
    (crl,) = load_crls(authority.paths.client_crl)
    number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert crl.next_update_utc == authority.identity.certificate.not_valid_after_utc
    assert number == 2


def test_revocation_lists_of_other_authorities_are_kept(
    authority: Authority, foreign: Identity
) -> None:
    path = authority.paths.client_crl
    theirs = certificate_pem(list_revoked(foreign, [revoked_entry(7)], 1))
    path.write_bytes(path.read_bytes() + theirs)
    authority.issue_client(ALICE)
    authority.revoke("alice")
    assert theirs in path.read_bytes()
    assert len(load_crls(path)) == 2


def test_a_revocation_list_that_is_there_is_kept(authority: Authority) -> None:
    authority.issue_client(ALICE)
    authority.revoke("alice")
    assert authority.ensure_crl() is False
    assert len(authority.register.revoked()) == 1


def test_renewing_the_server_keeps_its_key_and_its_names(authority: Authority) -> None:
    paths = authority.paths
    key, before = paths.server_key.read_bytes(), load_certificates(paths.server_certificate)[0]
    names = authority.renew_server()
    after = load_certificates(paths.server_certificate)[0]
    assert paths.server_key.read_bytes() == key
    assert before.serial_number != after.serial_number
    assert list(map(str, names)) == ["localhost", "127.0.0.1", "::1"]


def test_a_server_certificate_of_another_authority_is_not_renewed(
    authority: Authority, foreign: Identity, make_server: Callable[[Identity], Identity]
) -> None:
    theirs = certificate_pem(make_server(foreign).certificate)
    write_atomically(authority.paths.server_certificate, theirs, PUBLIC)
    with pytest.raises(CredentialError, match="not issued by this host"):
        authority.renew_server()


def test_a_bundle_names_the_authority_of_the_server_even_if_it_is_another(
    authority: Authority, foreign: Identity, make_server: Callable[[Identity], Identity]
) -> None:
    paths, theirs = authority.paths, certificate_pem(foreign.certificate)
    server = certificate_pem(make_server(foreign).certificate)
    write_atomically(paths.server_certificate, server, PUBLIC)
    with pytest.raises(CredentialError) as caught:
        authority.server_authority()
    assert str(paths.server_authority) in caught.value.advice
    write_atomically(paths.server_authority, theirs, PUBLIC)
    bundle = authority.bundle(authority.issue_client(ALICE), ("web1:8866",))
    assert bundle.ca == theirs.decode()


def test_addresses_leave_out_the_loopback_unless_there_is_nothing_else(
    authority: Authority,
) -> None:
    assert authority.addresses(1) == ("localhost:1", "127.0.0.1:1", "[::1]:1")
    names = ("*.example.org", "web1.example.org", "localhost", "2001:db8::1")
    authority.issue_server(tuple(map(server_name, names)))
    assert authority.addresses(8866) == ("web1.example.org:8866", "[2001:db8::1]:8866")


def test_a_key_never_shows_in_a_representation(authority: Authority, bundle_of: MakeBundle) -> None:
    issued = authority.issue_client(ALICE)
    assert "PRIVATE" not in repr(issued) + repr(bundle_of("bob"))
