"""Contexts that cannot be made say which file is wrong and what to do."""

import ssl
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization

from edd.errors import CredentialError
from edd.trust.bundle import Bundle
from edd.trust.files import PRIVATE, PUBLIC, write_atomically
from edd.trust.issuing import key_pem, new_key
from edd.trust.tls import TlsFiles, client_context, server_context

MakeBundle = Callable[..., Bundle]


def test_a_server_context_asks_for_certificates_and_begins_at_tls_1_2(files: TlsFiles) -> None:
    context = server_context(files)
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.num_tickets == 0
    assert context.verify_flags & ssl.VERIFY_CRL_CHECK_LEAF


def test_without_a_list_nothing_is_checked_for_revocation(files: TlsFiles) -> None:
    context = server_context(msgspec.structs.replace(files, crl=None))
    assert not context.verify_flags & ssl.VERIFY_CRL_CHECK_LEAF


@pytest.mark.parametrize("field", ["key", "certificates", "client_authorities", "crl"])
def test_a_missing_file_is_named(files: TlsFiles, field: str) -> None:
    path: Path = getattr(files, field)
    path.unlink()
    with pytest.raises(CredentialError) as caught:
        server_context(files)
    assert str(path) in caught.value.detail
    assert caught.value.advice


@pytest.mark.parametrize("field", ["key", "certificates", "client_authorities", "crl"])
@pytest.mark.parametrize("content", [b"", b"hello\n", b"\x00" * 100])
def test_a_file_that_is_no_pem_is_named(files: TlsFiles, field: str, content: bytes) -> None:
    path: Path = getattr(files, field)
    path.write_bytes(content)
    with pytest.raises(CredentialError) as caught:
        server_context(files)
    assert str(path) in caught.value.detail


def test_a_key_of_another_certificate_is_named(files: TlsFiles) -> None:
    write_atomically(files.key, key_pem(new_key()), PRIVATE)
    with pytest.raises(CredentialError, match="does not belong to the certificate"):
        server_context(files)


def test_an_encrypted_key_asks_nobody_for_a_password(files: TlsFiles) -> None:
    encrypted = new_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    write_atomically(files.key, encrypted, PRIVATE)
    with pytest.raises(CredentialError, match="encrypted"):
        server_context(files)


def test_a_server_certificate_alone_is_no_clients_authority(files: TlsFiles) -> None:
    write_atomically(files.client_authorities, files.certificates.read_bytes(), PUBLIC)
    with pytest.raises(CredentialError, match="no certificate of an authority"):
        server_context(files)


def test_a_file_without_a_revocation_list_is_refused(files: TlsFiles) -> None:
    without = msgspec.structs.replace(files, crl=files.client_authorities)
    with pytest.raises(CredentialError, match="no revocation list"):
        server_context(without)


def test_a_client_context_checks_the_hosts_name(bundle_of: MakeBundle) -> None:
    context = client_context(bundle_of("alice"))
    assert context.check_hostname
    assert context.verify_mode is ssl.CERT_REQUIRED


def test_an_expired_bundle_is_refused_before_any_connection(bundle_of: MakeBundle) -> None:
    old = msgspec.structs.replace(bundle_of("alice"), not_after="2020-01-01T00:00:00Z")
    with pytest.raises(CredentialError, match="ended on 2020-01-01") as caught:
        client_context(old)
    assert "edd cert renew alice" in caught.value.advice


def test_a_bundle_whose_parts_do_not_fit_is_refused(bundle_of: MakeBundle) -> None:
    mixed = msgspec.structs.replace(bundle_of("alice"), key=bundle_of("bob").key)
    with pytest.raises(CredentialError, match="does not belong"):
        client_context(mixed)


@pytest.mark.parametrize("field", ["ca", "certificate", "key"])
def test_a_spoilt_bundle_is_refused(bundle_of: MakeBundle, field: str) -> None:
    bundle = bundle_of("alice")
    spoilt = getattr(bundle, field).replace("M", "*", 1)
    with pytest.raises(CredentialError):
        client_context(msgspec.structs.replace(bundle, **{field: spoilt}))


def test_the_daemons_part_of_the_room_does_without_cryptography() -> None:
    script = (
        "import sys, edd.trust.gate, edd.trust.tls, edd.trust.hosts;"
        "sys.exit('cryptography' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
