"""What the gate knows about its own certificates."""

import time
from pathlib import Path

import msgspec
import pytest
from cryptography.x509 import load_pem_x509_certificate

from edd.errors import CredentialError
from edd.model.caller import Credential, Role
from edd.trust.authority import Authority
from edd.trust.facts import CrlFacts, FileFacts, days_left, read_facts
from edd.trust.files import PUBLIC, write_atomically
from edd.trust.gate import Gate
from edd.trust.issuing import Grant, Identity, certificate_pem, certify_server
from edd.trust.names import server_name
from edd.trust.paths import TrustPaths
from edd.trust.pem import load_key
from edd.trust.standing import standing_of
from edd.trust.tls import TlsFiles, server_context

DAY = 86400.0


def ends(files: TlsFiles) -> float:
    return read_facts([files.certificates])[0].certificates[0].not_after


def test_expiries_name_certificates_authorities_and_lists_the_soonest_first(
    files: TlsFiles,
) -> None:
    found = Gate(files).expiries()
    assert [expiry.name for expiry in found] == [
        "server.crt: localhost",
        "clients.crl: revocation list of ED CA of test",
        "clients.crt: ED CA of test",
    ]
    assert found[0].days == 824


@pytest.mark.parametrize(("before", "warned"), [(31.5, False), (30.5, True), (-1.0, True)])
def test_an_end_is_warned_of_thirty_days_ahead(
    files: TlsFiles, before: float, warned: bool
) -> None:
    warnings = Gate(files).warnings(ends(files) - before * DAY)
    assert [w.split(":")[0] for w in warnings] == (["server.crt"] if warned else [])


def client_until(end: float) -> dict[str, object]:
    """Return the verified certificate of a client called ci, as `ssl` gives it."""
    return {
        "subject": ((("commonName", "ci"),),),
        "serialNumber": "0A1B",
        "notAfter": time.strftime("%b %d %H:%M:%S %Y GMT", time.gmtime(end)),
        "subjectAltName": (("URI", "urn:edd:role:deployer"),),
    }


@pytest.mark.parametrize(("before", "warned"), [(31.5, False), (30.5, True)])
def test_a_client_that_comes_with_little_time_left_is_warned_of(
    files: TlsFiles, before: float, warned: bool
) -> None:
    gate, now = Gate(files), 1_800_000_000.0
    gate.identify(client_until(now + before * DAY), now)
    assert ("client ci" in [expiry.name for expiry in gate.expiries(now)]) == warned


def test_a_client_that_comes_with_a_new_certificate_is_warned_of_no_more(files: TlsFiles) -> None:
    gate, now = Gate(files), 1_800_000_000.0
    gate.identify(client_until(now + DAY), now)
    assert "client ci ends on 2027-01-16T08:00:00Z." in gate.warnings(now)

    gate.identify(client_until(now + 300 * DAY), now)

    assert not [words for words in gate.warnings(now) if words.startswith("client ci")]


def test_what_had_its_role_by_default_is_trusted_while_that_is_the_default(files: TlsFiles) -> None:
    gate, end = Gate(files, Role.ADMIN), 1_800_000_000.0
    unnamed = client_until(end + DAY) | {"subjectAltName": ()}
    found = gate.identify(unnamed, end).credential
    named = gate.identify(client_until(end + DAY), end).credential
    assert found is not None
    assert named is not None
    assert gate.trusts(found, end)

    gate.default_role = Role.VIEWER

    assert not gate.trusts(found, end)
    assert gate.trusts(named, end)


def test_an_expired_server_certificate_is_a_warning_so_that_the_host_stays_reachable(
    authority: Authority, files: TlsFiles
) -> None:
    public = load_key(authority.paths.server_key).public_key()
    over = certify_server(authority.identity, public, [server_name("localhost")], days=0)
    write_atomically(files.certificates, certificate_pem(over), PUBLIC)
    assert "ended on" in Gate(files).warnings()[0]


def test_an_authority_without_a_list_is_warned_of(files: TlsFiles, foreign: Identity) -> None:
    both = files.client_authorities.read_bytes() + certificate_pem(foreign.certificate)
    write_atomically(files.client_authorities, both, PUBLIC)
    (warning,) = Gate(files).warnings()
    assert "Somebody Else has no revocation list" in warning


def test_a_reload_that_fails_keeps_everything(files: TlsFiles, tmp_path: Path) -> None:
    gate = Gate(files)
    before = (gate.context.current, gate.expiries(0.0))
    with pytest.raises(CredentialError):
        gate.reload(msgspec.structs.replace(files, crl=tmp_path / "none"))
    assert (gate.context.current, gate.expiries(0.0)) == before


@pytest.mark.parametrize(("left", "days"), [(DAY, 1), (DAY - 1, 0), (0, 0), (-1, -1)])
def test_days_left_are_whole_and_negative_once_over(left: float, days: int) -> None:
    assert days_left(1000.0 + left, 1000.0) == days


def test_facts_of_a_spoilt_file_name_it(tmp_path: Path) -> None:
    path = tmp_path / "x.crt"
    path.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(CredentialError, match=r"x\.crt"):
        read_facts([path])


def credential_of(authority: Authority, name: str = "ann") -> Credential:
    certificate = load_pem_x509_certificate(
        authority.issue_client(Grant(name, Role.VIEWER, ())).certificate.encode()
    )
    end = certificate.not_valid_after_utc.timestamp()
    return Credential("ED CA of test", f"{certificate.serial_number:X}", end)


def test_a_certificate_stands_while_its_authority_does(
    authority: Authority, files: TlsFiles, foreign: Identity
) -> None:
    gate, credential = Gate(files), credential_of(authority)
    standing = gate.standing(credential)
    assert standing
    assert Gate(files).standing(credential) == standing

    both = files.client_authorities.read_bytes() + certificate_pem(foreign.certificate)
    write_atomically(files.client_authorities, both, PUBLIC)
    assert Gate(files).standing(credential) == standing

    write_atomically(files.client_authorities, certificate_pem(foreign.certificate), PUBLIC)
    assert Gate(files).standing(credential) == ""


def test_an_authority_of_the_same_name_is_another(
    authority: Authority, files: TlsFiles, tmp_path: Path
) -> None:
    credential = credential_of(authority)
    standing = Gate(files).standing(credential)
    other = Authority.create(TrustPaths(tmp_path / "other"), "ED CA of test")
    other.ensure_crl()
    write_atomically(files.client_authorities, other.certificate.encode(), PUBLIC)
    write_atomically(files.crl or tmp_path, other.paths.client_crl.read_bytes(), PUBLIC)

    assert Gate(files).standing(credential) not in {"", standing}


def test_a_certificate_stands_no_more_once_it_is_revoked_or_over(
    authority: Authority, files: TlsFiles
) -> None:
    gate, credential = Gate(files), credential_of(authority)
    assert gate.standing(credential, credential.end)
    assert gate.standing(credential, credential.end + 1) == ""

    authority.revoke("ann")
    gate.reload(files)
    assert gate.standing(credential) == ""


def test_an_authority_that_tells_of_no_revocations_vouches_for_nobody(
    files: TlsFiles, foreign: Identity
) -> None:
    both = files.client_authorities.read_bytes() + certificate_pem(foreign.certificate)
    write_atomically(files.client_authorities, both, PUBLIC)
    theirs, now = Credential("Somebody Else", "0A", 1e12), time.time()

    assert Gate(files).standing(theirs) == ""
    unlisted = Gate(msgspec.structs.replace(files, crl=None))
    assert unlisted.standing(theirs, now)
    assert unlisted.standing(theirs, now + 100 * 365 * DAY) == ""


@pytest.mark.parametrize(("until", "stands"), [(None, True), (100.0, True), (99.0, False)])
def test_a_revocation_list_that_is_over_counts_as_none(
    files: TlsFiles, until: float | None, stands: bool
) -> None:
    crl = CrlFacts("ED CA of test", until, ())
    facts = (FileFacts("server.crt"), FileFacts("clients.crt"), FileFacts("crl", crls=(crl,)))
    credential = Credential("ED CA of test", "0A", 1e12)

    assert bool(standing_of(credential, server_context(files), facts, 100.0)) is stands
