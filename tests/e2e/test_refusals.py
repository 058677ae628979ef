"""A real daemon lets nobody in whom it should not, on any route that exists."""

import http.client
import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.api.route import Route
from edd.api.routes import ROUTES
from edd.model.caller import Role
from edd.trust.issuing import (
    Grant,
    certificate_pem,
    certify_authority,
    certify_client,
    certify_server,
    key_pem,
    new_key,
)
from tests.support.certificates import Client
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine

KINDS = ("none", "foreign", "expired", "server-only")


@pytest.fixture(scope="module")
def host(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    root = tmp_path_factory.mktemp("refusals")
    with Daemon(root, engine.socket, [Place("website"), Place("shop")]) as running:
        yield running


DIGEST = f"sha256:{'0' * 64}"


def path_of(route: Route, name: str = "website") -> str:
    return route.path.format(name=name, id=1, digest=DIGEST)


def context_of(host: Daemon, certificate: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=host.trust.paths.ca_certificate)
    if certificate:
        context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return context


def connect(host: Daemon, context: ssl.SSLContext) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("127.0.0.1", host.port, context=context, timeout=20)


def ask(link: http.client.HTTPSConnection, route: Route, **headers: str) -> tuple[int, str]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    link.request(route.method, path_of(route), headers=named)
    answer = link.getresponse()
    body = answer.read()
    return answer.status, json.loads(body)["code"] if answer.status >= 400 else ""


def stranger(host: Daemon, kind: str) -> ssl.SSLContext:
    """Return a client that must not get through the handshake."""
    key, ours = new_key(), host.trust.authority.identity
    grant = Grant("root", Role.ADMIN, ())
    if kind == "none":
        return context_of(host)
    if kind == "foreign":
        made = certify_client(certify_authority("Test host"), key.public_key(), grant)
    elif kind == "expired":
        made = certify_client(ours, key.public_key(), grant, days=0)
    else:
        made = certify_server(ours, key.public_key(), ["web"])
    file = host.root / f"{kind}.crt"
    file.write_bytes(certificate_pem(made))
    file.with_suffix(".key").write_bytes(key_pem(key))
    return context_of(host, file)


@pytest.mark.parametrize("kind", KINDS)
def test_no_route_answers_a_stranger(host: Daemon, kind: str) -> None:
    context = stranger(host, kind)
    for route in ROUTES:
        link = connect(host, context)
        # TLS 1.3: the client may have sent its request before it reads that it was refused.
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            ask(link, route)
        link.close()


def test_a_revocation_ends_connections_that_are_open_and_lets_no_new_one_in(host: Daemon) -> None:
    client = host.client("leaver")
    context = context_of(host, client.certificate)
    link = connect(host, context)
    assert ask(link, ROUTES[0])[0] == 200

    host.trust.authority.revoke("leaver")
    host.reload_in_force()

    assert {ask(link, route) for route in ROUTES} == {(401, "untrusted")}
    link.close()
    late = connect(host, context)
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        ask(late, ROUTES[0])
    late.close()


@pytest.mark.parametrize("role", [Role.VIEWER, Role.DEPLOYER])
def test_every_route_refuses_too_small_a_role(host: Daemon, role: Role) -> None:
    client = host.client(f"small-{role}", role)
    link = connect(host, context_of(host, client.certificate))
    refused = {ask(link, route) for route in ROUTES if not role.covers(route.needs)}
    link.close()
    assert refused == {(403, "forbidden")}


def test_every_route_refuses_a_certificate_for_another_deployment(host: Daemon) -> None:
    client = host.client("shopkeeper", Role.ADMIN, ("shop",))
    link = connect(host, context_of(host, client.certificate))
    limited = [r for r in ROUTES if r.names_deployment or r.needs is not Role.VIEWER]
    refused = {ask(link, route) for route in limited}
    link.close()
    assert refused == {(403, "forbidden")}


@pytest.mark.parametrize("page", ["Origin", "Sec_Fetch_Site"])
def test_every_route_that_changes_something_refuses_a_foreign_page(host: Daemon, page: str) -> None:
    told = {page: {"Origin": "https://evil.example", "Sec_Fetch_Site": "cross-site"}[page]}
    link = connect(host, context_of(host, host.admin.certificate))
    refused = {ask(link, route, **told) for route in ROUTES if route.method != "GET"}
    link.close()
    assert refused == {(403, "foreign-origin")}


@pytest.mark.parametrize(
    ("path", "words", "status"),
    [
        ("/v1/nowhere/load", (), 404),
        ("/v1/deployments/nowhere/load", (), 404),
        ("/v1/website/load", ("-H", "Content-Type: application/json"), 415),
        ("/v1/website/load", ("-H", "Origin: https://evil.example"), 403),
    ],
)
def test_curl_sends_no_byte_of_what_is_refused(
    host: Daemon, tmp_path: Path, path: str, words: tuple[str, ...], status: int
) -> None:
    archive = tmp_path / "image.tar"
    archive.write_bytes(bytes(8_000_000))
    assert uploaded(host, host.admin, path, "-T", str(archive), *words) == (status, 0)


def test_a_viewer_sends_no_byte_of_an_archive(host: Daemon, tmp_path: Path) -> None:
    viewer = host.client("onlooker", Role.VIEWER)
    archive = tmp_path / "image.tar"
    archive.write_bytes(bytes(8_000_000))
    assert uploaded(host, viewer, "/v1/website/load", "-T", str(archive)) == (403, 0)


def test_the_audit_trail_tells_of_refusals(host: Daemon) -> None:
    client = host.client("curious", Role.VIEWER)
    link = connect(host, context_of(host, client.certificate))
    audit = next(route for route in ROUTES if route.path == "/v1/audit")
    assert ask(link, audit) == (403, "forbidden")
    link.close()

    newest = host.get("/v1/audit?limit=1")[0]

    told = {key: newest[key] for key in ("caller", "action", "status", "code")}
    assert told == {"caller": "curious", "action": "audit", "status": 403, "code": "forbidden"}


def uploaded(host: Daemon, client: Client, path: str, *words: str) -> tuple[int, int]:
    """Return the status of an upload with curl and how many bytes of the body it sent."""
    done = subprocess.run(
        [
            *(*host.curl_words(client), "-X", "POST", *words, "-o", "/dev/null"),
            *("-w", "%{http_code} %{size_upload}", host.url + path),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    status, size = done.stdout.split()
    return int(status), int(size)
