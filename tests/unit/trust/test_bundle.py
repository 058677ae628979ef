"""Bundles: what is read back, and what is refused."""

import json
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edd.errors import CredentialError
from edd.trust.bundle import (
    MAX_BYTES,
    Bundle,
    decode_bundle,
    encode_bundle,
    read_bundle,
    write_bundle,
)
from edd.trust.tls import client_context

MakeBundle = Callable[..., Bundle]


@pytest.fixture
def bundle(bundle_of: MakeBundle) -> Bundle:
    return bundle_of("alice")


def changed(bundle: Bundle, **values: Any) -> bytes:
    return json.dumps(json.loads(encode_bundle(bundle)) | values).encode()


def test_a_bundle_is_read_as_it_was_written(tmp_path: Path, bundle: Bundle) -> None:
    path = tmp_path / "alice.json"
    write_bundle(path, bundle)
    assert read_bundle(path) == bundle


def test_a_bundle_is_for_its_owner_only(tmp_path: Path, bundle: Bundle) -> None:
    path = tmp_path / "alice.json"
    path.touch(0o644)
    write_bundle(path, bundle)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "values",
    [
        {"version": 0},
        {"version": "1"},
        {"name": "../alice"},
        {"role": "owner"},
        {"deployments": ["../x"]},
        {"addresses": []},
        {"addresses": ["web1"]},
        {"addresses": ["web1:8866/x"]},
        {"addresses": ["user@web1:8866"]},
        {"addresses": ["web1:0"]},
        {"addresses": ["web1:8866"] * 65},
        {"ca": ""},
        {"certificate": "hello"},
        {"key": "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"},
        {"more": 1},
    ],
    ids=str,
)
def test_a_bundle_with_a_bad_value_is_refused(bundle: Bundle, values: dict[str, Any]) -> None:
    with pytest.raises(CredentialError):
        decode_bundle(changed(bundle, **values))


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 60_000, b"{"])
def test_what_is_no_bundle_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(CredentialError, match="is not a bundle"):
        decode_bundle(content, "x.json")


def test_a_bundle_of_a_later_version_asks_for_an_upgrade(bundle: Bundle) -> None:
    with pytest.raises(CredentialError) as caught:
        decode_bundle(changed(bundle, version=2, more="x"))
    assert "Upgrade" in caught.value.advice


@given(place=st.integers(min_value=0), byte=st.integers(0, 255), length=st.integers(0, 40))
@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_mutated_bundle_is_read_or_refused_and_a_context_made_or_refused(
    bundle: Bundle, place: int, byte: int, length: int
) -> None:
    content = encode_bundle(bundle)
    at = place % len(content)
    mutated = content[:at] + bytes([byte]) + content[at + length :]
    with suppress(CredentialError):
        client_context(decode_bundle(mutated))


def test_a_bundle_larger_than_64_kib_is_refused(tmp_path: Path, bundle: Bundle) -> None:
    path = tmp_path / "big.json"
    path.write_bytes(encode_bundle(bundle) + b" " * MAX_BYTES)
    with pytest.raises(CredentialError, match="larger"):
        read_bundle(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CredentialError, match=str(tmp_path / "none.json")):
        read_bundle(tmp_path / "none.json")
