"""An authority in a directory of its own, and clients of every kind, good and bad."""

from collections.abc import Callable
from pathlib import Path

import pytest

from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.bundle import VERSION, Bundle
from edd.trust.files import PUBLIC, write_atomically
from edd.trust.issuing import (
    Grant,
    Identity,
    certificate_pem,
    certify_authority,
    certify_client,
    certify_server,
    key_pem,
    new_key,
)
from edd.trust.names import server_name
from edd.trust.paths import TrustPaths
from edd.trust.tls import TlsFiles

LOOPBACK = (server_name("localhost"), server_name("127.0.0.1"), server_name("::1"))

MakeBundle = Callable[..., Bundle]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """An authority with a server certificate, its own clients let in, and an empty CRL."""
    made = Authority.create(TrustPaths(tmp_path / "edd"), "ED CA of test")
    made.issue_server(LOOPBACK)
    write_atomically(made.paths.client_authorities, made.certificate.encode(), PUBLIC)
    made.ensure_crl()
    return made


@pytest.fixture
def files(authority: Authority) -> TlsFiles:
    return TlsFiles.below(authority.paths.directory)


@pytest.fixture
def bundle_of(authority: Authority) -> MakeBundle:
    """Issue a client certificate by name and return its bundle."""

    def issue(name: str = "alice", role: Role = Role.DEPLOYER, *deployments: str) -> Bundle:
        issued = authority.issue_client(Grant(name, role, deployments))
        return Bundle(
            version=VERSION,
            name=name,
            role=role,
            deployments=deployments,
            addresses=("127.0.0.1:8866",),
            ca=authority.certificate,
            certificate=issued.certificate,
            key=issued.key,
            not_after=issued.not_after,
        )

    return issue


@pytest.fixture
def identity_bundle(authority: Authority) -> Callable[[Identity], Bundle]:
    """Return a bundle around any certificate and key, however unfit."""

    def wrap(identity: Identity) -> Bundle:
        return Bundle(
            version=VERSION,
            name="anyone",
            role=Role.ADMIN,
            deployments=(),
            addresses=("127.0.0.1:8866",),
            ca=authority.certificate,
            certificate=certificate_pem(identity.certificate).decode(),
            key=key_pem(identity.key).decode(),
        )

    return wrap


@pytest.fixture
def foreign() -> Identity:
    """An authority that the host was never told of."""
    return certify_authority("Somebody Else")


@pytest.fixture
def make_client() -> Callable[..., Identity]:
    def client(issuer: Identity, name: str = "mallory", days: int = 30) -> Identity:
        key = new_key()
        grant = Grant(name, Role.ADMIN)
        return Identity(certify_client(issuer, key.public_key(), grant, days), key)

    return client


@pytest.fixture
def make_server() -> Callable[[Identity], Identity]:
    def server(issuer: Identity) -> Identity:
        key = new_key()
        return Identity(certify_server(issuer, key.public_key(), LOOPBACK), key)

    return server
