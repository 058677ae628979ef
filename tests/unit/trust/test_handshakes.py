"""Real handshakes on the loopback: who gets through the gate, and who does not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from edd.errors import UntrustedError
from edd.model.caller import Role
from edd.trust.authority import Authority
from edd.trust.bundle import Bundle
from edd.trust.files import PUBLIC, write_atomically
from edd.trust.gate import Gate
from edd.trust.issuing import Identity, certificate_pem, list_revoked
from edd.trust.tls import TlsFiles, client_context

MakeBundle = Callable[..., Bundle]
Wrap = Callable[[Identity], Bundle]
Make = Callable[..., Identity]


@asynccontextmanager
async def listening(gate: Gate) -> AsyncIterator[int]:
    """Serve who the caller is, on a free port of 127.0.0.1."""

    async def whoami(request: web.Request) -> web.Response:
        peercert = request.get_extra_info("ssl_object").getpeercert()
        try:
            caller = gate.identify(peercert)
        except UntrustedError as error:
            return web.Response(status=401, text=error.detail)
        return web.Response(text=f"{caller.name} {caller.role} {sorted(caller.deployments)}")

    application = web.Application()
    application.router.add_get("/", whoami)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=gate.context)
    await site.start()
    try:
        assert site._server is not None
        yield site._server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
    finally:
        await runner.cleanup()


async def ask(port: int, context: ssl.SSLContext) -> str:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"https://127.0.0.1:{port}/", ssl=context) as answer,
    ):
        return await answer.text()


async def is_refused(port: int, context: ssl.SSLContext) -> bool:
    try:
        await ask(port, context)
    except aiohttp.ClientError:
        return True
    return False


def try_once(files: TlsFiles, act: Callable[[int], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        async with listening(await asyncio.to_thread(Gate, files)) as port:
            return await act(port)

    return asyncio.run(run())


def test_a_client_of_the_authority_is_known_by_name_role_and_deployments(
    files: TlsFiles, bundle_of: MakeBundle
) -> None:
    context = client_context(bundle_of("alice", Role.DEPLOYER, "website"))
    assert try_once(files, lambda port: ask(port, context)) == "alice deployer ['website']"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_accepted(
    files: TlsFiles, bundle_of: MakeBundle, version: ssl.TLSVersion
) -> None:
    context = client_context(bundle_of("alice"))
    context.minimum_version = context.maximum_version = version
    assert try_once(files, lambda port: ask(port, context)).startswith("alice")


def test_the_servers_certificate_passes_openssls_strict_mode(
    files: TlsFiles, bundle_of: MakeBundle
) -> None:
    context = client_context(bundle_of("alice"))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert try_once(files, lambda port: ask(port, context)).startswith("alice")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_1_is_refused(files: TlsFiles, bundle_of: MakeBundle) -> None:
    context = client_context(bundle_of("alice"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert try_once(files, lambda port: is_refused(port, context))


def test_a_client_without_a_certificate_is_refused(authority: Authority, files: TlsFiles) -> None:
    context = ssl.create_default_context(cadata=authority.certificate)
    assert try_once(files, lambda port: is_refused(port, context))


def test_a_client_of_a_foreign_authority_is_refused(
    files: TlsFiles, foreign: Identity, make_client: Make, identity_bundle: Wrap
) -> None:
    context = client_context(identity_bundle(make_client(foreign)))
    assert try_once(files, lambda port: is_refused(port, context))


def test_an_expired_certificate_is_refused(
    authority: Authority, files: TlsFiles, make_client: Make, identity_bundle: Wrap
) -> None:
    expired = make_client(authority.identity, days=0)
    context = client_context(identity_bundle(expired))
    assert try_once(files, lambda port: is_refused(port, context))


def test_a_server_only_certificate_is_refused(
    authority: Authority, files: TlsFiles, make_server: Make, identity_bundle: Wrap
) -> None:
    context = client_context(identity_bundle(make_server(authority.identity)))
    assert try_once(files, lambda port: is_refused(port, context))


def test_a_revoked_certificate_is_refused(
    authority: Authority, files: TlsFiles, bundle_of: MakeBundle
) -> None:
    context = client_context(bundle_of("alice"))
    authority.revoke("alice")
    assert try_once(files, lambda port: is_refused(port, context))


def test_revoking_one_client_leaves_another_in(
    authority: Authority, files: TlsFiles, bundle_of: MakeBundle
) -> None:
    bundle_of("alice")
    context = client_context(bundle_of("bob"))
    authority.revoke("alice")
    assert try_once(files, lambda port: ask(port, context)).startswith("bob")


def test_a_client_does_not_trust_a_host_of_another_authority(
    tmp_path: Path, files: TlsFiles, foreign: Identity, bundle_of: MakeBundle
) -> None:
    bundle = bundle_of("alice")
    fooled = Bundle(
        **{f: getattr(bundle, f) for f in bundle.__struct_fields__}
        | {"ca": certificate_pem(foreign.certificate).decode()}
    )
    context = client_context(fooled)
    assert try_once(files, lambda port: is_refused(port, context))


def test_the_clients_authority_may_differ_from_the_servers(
    tmp_path: Path, files: TlsFiles, foreign: Identity, make_client: Make, identity_bundle: Wrap
) -> None:
    people, crl = tmp_path / "people.crt", tmp_path / "people.crl"
    write_atomically(people, certificate_pem(foreign.certificate), PUBLIC)
    write_atomically(crl, certificate_pem(list_revoked(foreign, [], 1)), PUBLIC)
    two = TlsFiles(files.key, files.certificates, people, crl)
    context = client_context(identity_bundle(make_client(foreign, "carol")))
    assert try_once(two, lambda port: ask(port, context)).startswith("carol admin")


def test_the_servers_authority_admits_nobody_when_the_clients_come_from_another(
    tmp_path: Path, files: TlsFiles, foreign: Identity, bundle_of: MakeBundle
) -> None:
    people = tmp_path / "people.crt"
    write_atomically(people, certificate_pem(foreign.certificate), PUBLIC)
    two = TlsFiles(files.key, files.certificates, people, None)
    context = client_context(bundle_of("alice"))
    assert try_once(two, lambda port: is_refused(port, context))


def test_a_reload_refuses_a_revoked_client_on_new_and_open_connections(
    authority: Authority, files: TlsFiles, bundle_of: MakeBundle
) -> None:
    async def run() -> tuple[int, int, bool]:
        gate = await asyncio.to_thread(Gate, files)
        context = client_context(bundle_of("alice"))
        async with listening(gate) as port, aiohttp.ClientSession() as session:
            url = f"https://127.0.0.1:{port}/"
            async with session.get(url, ssl=context) as before:
                await before.read()
            authority.revoke("alice")
            await asyncio.to_thread(gate.reload, files)
            async with session.get(url, ssl=context) as after:
                await after.read()
            return before.status, after.status, await is_refused(port, context)

    assert asyncio.run(run()) == (200, 401, True)


def test_a_reload_keeps_the_open_connections_of_others(
    files: TlsFiles, bundle_of: MakeBundle
) -> None:
    async def run() -> bool:
        gate = await asyncio.to_thread(Gate, files)
        context = client_context(bundle_of("alice"))
        async with listening(gate) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
            await asyncio.to_thread(gate.reload, files)
            writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = await reader.read()
            writer.close()
            await writer.wait_closed()
            return answer.startswith(b"HTTP/1.1 200")

    assert asyncio.run(run())


def test_a_reload_withdraws_an_authority_on_new_and_open_connections(
    tmp_path: Path, files: TlsFiles, foreign: Identity, bundle_of: MakeBundle
) -> None:
    async def run() -> tuple[int, int, bool]:
        gate = await asyncio.to_thread(Gate, files)
        context = client_context(bundle_of("alice"))
        async with listening(gate) as port, aiohttp.ClientSession() as session:
            url = f"https://127.0.0.1:{port}/"
            async with session.get(url, ssl=context) as before:
                await before.read()
            write_atomically(files.client_authorities, certificate_pem(foreign.certificate), PUBLIC)
            without_crl = TlsFiles(files.key, files.certificates, files.client_authorities)
            await asyncio.to_thread(gate.reload, without_crl)
            async with session.get(url, ssl=context) as after:
                await after.read()
            return before.status, after.status, await is_refused(port, context)

    assert asyncio.run(run()) == (200, 401, True)


def test_a_reload_shows_a_renewed_server_certificate(
    authority: Authority, files: TlsFiles, bundle_of: MakeBundle
) -> None:
    async def run() -> bool:
        gate = await asyncio.to_thread(Gate, files)
        context = client_context(bundle_of("alice"))
        async with listening(gate) as port:
            first = await asyncio.to_thread(shown_serial, port, context)
            authority.renew_server()
            await asyncio.to_thread(gate.reload, files)
            return bool(first != await asyncio.to_thread(shown_serial, port, context))

    assert asyncio.run(run())


def shown_serial(port: int, context: ssl.SSLContext) -> Any:
    with (
        socket.create_connection(("127.0.0.1", port)) as bare,
        context.wrap_socket(bare, server_hostname="127.0.0.1") as secured,
    ):
        return (secured.getpeercert() or {})["serialNumber"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_ticket_is_offered(
    files: TlsFiles, bundle_of: MakeBundle, version: ssl.TLSVersion
) -> None:
    context = client_context(bundle_of("alice"))
    context.minimum_version = context.maximum_version = version

    def connect(port: int) -> bool:
        with (
            socket.create_connection(("127.0.0.1", port)) as bare,
            context.wrap_socket(bare, server_hostname="127.0.0.1") as secured,
        ):
            secured.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert secured.recv(4096)
            return secured.session is not None and secured.session.has_ticket

    assert not try_once(files, lambda port: asyncio.to_thread(connect, port))


def test_a_session_of_tls_1_2_cannot_be_resumed_after_a_reload(
    files: TlsFiles, bundle_of: MakeBundle
) -> None:
    context = client_context(bundle_of("alice"))
    context.maximum_version = ssl.TLSVersion.TLSv1_2

    def connect(port: int, session: ssl.SSLSession | None) -> tuple[Any, Any]:
        with (
            socket.create_connection(("127.0.0.1", port)) as bare,
            context.wrap_socket(bare, server_hostname="127.0.0.1", session=session) as secured,
        ):
            return secured.session, secured.session_reused

    async def run() -> Any:
        gate = await asyncio.to_thread(Gate, files)
        async with listening(gate) as port:
            session, _ = await asyncio.to_thread(connect, port, None)
            await asyncio.to_thread(gate.reload, files)
            return (await asyncio.to_thread(connect, port, session))[1]

    assert asyncio.run(run()) is False
