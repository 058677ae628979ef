"""What is kept of passwords."""

import pytest

from edd.model.password import Scrypt
from edd.trust import scrypt


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scrypt, "N", 16)


def test_a_password_fits_what_was_kept_of_it_and_no_other_does() -> None:
    known = scrypt.kept_of(b"correct horse")

    assert scrypt.fits(b"correct horse", known)
    assert not scrypt.fits(b"correct horsf", known)
    assert not scrypt.fits(b"", known)


def test_each_has_a_salt_of_its_own() -> None:
    one, other = scrypt.kept_of(b"the same"), scrypt.kept_of(b"the same")

    assert one.salt != other.salt
    assert one.key != other.key


def test_what_fits_nobody_costs_as_much_as_any_other() -> None:
    nobodys = scrypt.nobodys()
    some = scrypt.kept_of(b"")

    assert (nobodys.n, nobodys.r, nobodys.p) == (some.n, some.r, some.p)
    assert not scrypt.fits(b"", nobodys)


def test_one_that_was_kept_at_another_cost_still_fits() -> None:
    # RFC 7914, section 12
    key = bytes.fromhex("fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162")
    assert scrypt.fits(b"password", Scrypt(1024, 8, 16, b"NaCl", key))
