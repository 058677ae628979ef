"""Why a host is not reached: each cause is told by its name. Real TLS, real sockets."""

import asyncio
import logging
import os
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from edd.client import endpoint as endpoint_module
from edd.client.endpoint import Endpoint, bundle_endpoint, choose_endpoint
from edd.client.host import HostClient
from edd.errors import (
    CredentialError,
    HostUnreachableError,
    InvalidRequestError,
    UntrustedError,
)
from edd.model.deployment import DeploymentStatus
from edd.trust.bundle import Bundle
from edd.trust.hosts import HostList
from edd.trust.tls import TlsFiles, server_context
from tests.support.certificates import HostTrust
from tests.unit.client.talking import TalkingHost


@dataclass(frozen=True)
class TlsHost:
    """A host on loopback behind mutual TLS, and the authority that made its certificates."""

    trust: HostTrust
    server: TalkingHost

    def bundle(self, name: str = "alice") -> Bundle:
        return self.trust.client(name, self.server.port).bundle


@pytest.fixture
def tls_host(tmp_path: Path) -> Iterator[TlsHost]:
    trust = HostTrust(tmp_path / "trust")
    context = server_context(TlsFiles.below(trust.paths.directory))
    with TalkingHost(context=context) as server:
        server.answer("GET", "/v1/deployments", [])
        yield TlsHost(trust, server)


def list_deployments(endpoint: Endpoint) -> list[DeploymentStatus]:
    async def ask() -> list[DeploymentStatus]:
        async with HostClient(endpoint) as client:
            return await client.deployments()

    return asyncio.run(ask())


def free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port: int = unused.getsockname()[1]
        return port


def test_a_bundle_reaches_its_host(tls_host: TlsHost) -> None:
    assert list_deployments(bundle_endpoint("shop", tls_host.bundle())) == []


def test_the_next_address_is_tried_when_the_first_does_not_answer(tls_host: TlsHost) -> None:
    bundle = tls_host.bundle()
    addresses = (f"127.0.0.1:{free_port()}", *bundle.addresses)

    found = bundle_endpoint("shop", msgspec.structs.replace(bundle, addresses=addresses))

    assert list_deployments(found) == []


def test_a_host_with_several_addresses_sees_no_connection_without_a_request(
    tls_host: TlsHost, caplog: pytest.LogCaptureFixture
) -> None:
    bundle = tls_host.bundle()
    several = msgspec.structs.replace(bundle, addresses=bundle.addresses * 2)
    caplog.set_level(logging.DEBUG, "edd.api.doors")

    assert list_deployments(bundle_endpoint("shop", several)) == []
    assert list_deployments(bundle_endpoint("shop", several)) == []

    assert [record.getMessage() for record in caplog.records if record.name[:3] == "edd"] == []


def test_the_next_address_is_tried_when_the_first_takes_a_connection_and_says_nothing(
    tls_host: TlsHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edd.client.addresses.PATIENCE", 0.2)
    bundle = tls_host.bundle()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        addresses = (f"127.0.0.1:{silent.getsockname()[1]}", *bundle.addresses)

        found = bundle_endpoint("shop", msgspec.structs.replace(bundle, addresses=addresses))

        assert list_deployments(found) == []


def test_of_several_addresses_that_nothing_listens_on_the_first_is_named() -> None:
    ports = free_port(), free_port()

    with pytest.raises(HostUnreachableError, match=f"127.0.0.1:{ports[0]}.*nothing listens"):
        list_deployments(Endpoint("shop", tuple(f"http://127.0.0.1:{port}" for port in ports)))


def test_the_address_that_was_reached_stays_in_use(tls_host: TlsHost) -> None:
    bundle = tls_host.bundle()
    closed = f"127.0.0.1:{free_port()}"
    both = bundle_endpoint(
        "shop", msgspec.structs.replace(bundle, addresses=(closed, *bundle.addresses))
    )

    async def ask() -> str:
        async with HostClient(both) as client:
            await client.deployments()
            await client.deployments()
            return client.place

    assert asyncio.run(ask()).endswith(f"({bundle.addresses[0]})")
    assert len(tls_host.server.seen) == 2


def test_a_closed_port_is_named() -> None:
    port = free_port()

    with pytest.raises(HostUnreachableError, match=f"127.0.0.1:{port}.*nothing listens"):
        list_deployments(Endpoint("shop", (f"http://127.0.0.1:{port}",)))


def test_a_name_nobody_knows_is_named() -> None:
    with pytest.raises(HostUnreachableError, match="name is not known"):
        list_deployments(Endpoint("shop", ("http://nowhere.invalid:8866",)))


def test_a_host_of_another_authority_is_not_spoken_to(tls_host: TlsHost, tmp_path: Path) -> None:
    stranger = HostTrust(tmp_path / "stranger").client("alice", tls_host.server.port)

    with pytest.raises(CredentialError, match="another authority"):
        list_deployments(bundle_endpoint("shop", stranger.bundle))


def test_a_certificate_for_another_name_is_told(tls_host: TlsHost) -> None:
    with pytest.raises(CredentialError, match="another name"):
        list_deployments(other_name(tls_host))


def other_name(tls_host: TlsHost) -> Endpoint:
    """Reach the server by an address of this machine that its certificate does not carry."""
    url = f"https://0.0.0.0:{tls_host.server.port}"
    return Endpoint("shop", (url,), context=bundle_endpoint("", tls_host.bundle()).context)


def test_a_revoked_certificate_is_told(tls_host: TlsHost) -> None:
    bundle = tls_host.bundle("bob")
    tls_host.trust.authority.revoke("bob")
    context = server_context(TlsFiles.below(tls_host.trust.paths.directory))
    with TalkingHost(context=context) as server:
        moved = msgspec.structs.replace(bundle, addresses=(f"127.0.0.1:{server.port}",))

        with pytest.raises(UntrustedError, match="certificate was revoked"):
            list_deployments(bundle_endpoint("shop", moved))


def test_a_certificate_the_host_does_not_know_is_told(tls_host: TlsHost, tmp_path: Path) -> None:
    foreign = HostTrust(tmp_path / "foreign").client("eve", tls_host.server.port).bundle
    ours = tls_host.bundle()
    mixed = msgspec.structs.replace(ours, certificate=foreign.certificate, key=foreign.key)

    with pytest.raises(UntrustedError, match="an authority it does not trust"):
        list_deployments(bundle_endpoint("shop", mixed))


def test_a_host_that_refuses_a_client_sees_it_once(
    tls_host: TlsHost, caplog: pytest.LogCaptureFixture
) -> None:
    ca = tls_host.bundle().ca
    url = f"https://127.0.0.1:{tls_host.server.port}"
    caplog.set_level(logging.INFO, "edd.api.doors")

    with pytest.raises(UntrustedError):
        list_deployments(Endpoint("shop", (url,), context=ssl.create_default_context(cadata=ca)))

    def told() -> int:
        return [record.name for record in caplog.records].count("edd.api.doors")

    end = time.monotonic() + 5
    while not told() and time.monotonic() < end:  # the host tells once the client has hung up
        time.sleep(0.01)
    time.sleep(0.1)
    assert told() == 1


def test_a_host_that_asks_for_a_certificate_says_so(tls_host: TlsHost) -> None:
    bundle = tls_host.bundle()
    context = ssl.create_default_context(cadata=bundle.ca)
    url = f"https://127.0.0.1:{tls_host.server.port}"

    with pytest.raises(UntrustedError, match="asks for a client certificate"):
        list_deployments(Endpoint("shop", (url,), context=context))


def test_a_port_without_tls_is_told(tls_host: TlsHost) -> None:
    with TalkingHost() as plain:
        addresses = (f"127.0.0.1:{plain.port}",)
        bundle = msgspec.structs.replace(tls_host.bundle(), addresses=addresses)

        with pytest.raises(HostUnreachableError, match="does not speak TLS"):
            list_deployments(bundle_endpoint("shop", bundle))


def test_an_expired_certificate_is_told_before_anything_is_sent(tls_host: TlsHost) -> None:
    over = msgspec.structs.replace(tls_host.bundle(), not_after="2020-01-01T00:00:00Z")

    with pytest.raises(CredentialError, match="ended on 2020"):
        bundle_endpoint("shop", over)


def test_no_daemon_on_the_socket_is_told(tmp_path: Path) -> None:
    with pytest.raises(HostUnreachableError, match="No daemon listens"):
        list_deployments(Endpoint("local", socket=tmp_path / "none.sock"))


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "cfg"), "EDD_SOCKET": str(tmp_path / "none.sock")}


def known(environment: dict[str, str], bundle: Bundle, *names: str) -> HostList:
    hosts = HostList.of_user(environment)
    for name in names:
        hosts.add(name, bundle)
    return hosts


def test_without_any_host_the_advice_is_to_add_one(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment["EDD_SOCKET"]
    monkeypatch.setattr(endpoint_module, "DEFAULT_DIRECTORY", tmp_path / "none")
    if Path("/run/edd/edd.sock").exists():
        pytest.skip("a daemon runs on this machine")

    with pytest.raises(CredentialError) as caught:
        choose_endpoint(None, environment)

    assert "edd host add" in caught.value.advice


def test_on_a_host_whose_daemon_does_not_run_the_advice_is_to_start_it(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment["EDD_SOCKET"]
    if Path("/run/edd/edd.sock").exists():
        pytest.skip("a daemon runs on this machine")
    monkeypatch.setattr(endpoint_module, "DEFAULT_DIRECTORY", tmp_path)

    with pytest.raises(HostUnreachableError, match="No daemon listens") as caught:
        list_deployments(choose_endpoint(None, environment))

    assert "systemctl start edd" in caught.value.advice


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.fspath(path))


def test_hosts_are_chosen_in_the_documented_order(
    tls_host: TlsHost, environment: dict[str, str]
) -> None:
    hosts = known(environment, tls_host.bundle(), "one", "two", "three")
    hosts.use("one")
    with_variable = {**environment, "EDD_HOST": "two"}

    assert choose_endpoint("three", with_variable).name == "three"
    assert choose_endpoint(None, with_variable).name == "two"
    assert choose_endpoint(None, environment).name == "one"
    make_socket(Path(environment["EDD_SOCKET"]))
    assert choose_endpoint(None, environment).name == "local"
    assert choose_endpoint(None, with_variable).name == "two"


def test_several_hosts_and_none_in_use_is_no_guess(
    tls_host: TlsHost, environment: dict[str, str]
) -> None:
    hosts = known(environment, tls_host.bundle(), "one", "two")
    (hosts.directory / "current").unlink()

    with pytest.raises(CredentialError, match="one, two"):
        choose_endpoint(None, environment)


def test_an_unknown_host_is_told(environment: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestError, match="No host is called 'nope'"):
        choose_endpoint("nope", environment)


def test_a_socket_path_that_is_too_long_is_told(tmp_path: Path) -> None:
    endpoint = choose_endpoint("local", {"EDD_SOCKET": str(tmp_path / ("a" * 120))})

    with pytest.raises(HostUnreachableError, match="path too long"):
        list_deployments(endpoint)
