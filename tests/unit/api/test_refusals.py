"""Whoever is not trusted, not allowed or not asked for by its own page gets nowhere, anywhere."""

import asyncio
import ssl
from collections.abc import Mapping
from itertools import product

import aiohttp
import pytest

from edd.api.route import Route
from edd.api.routes import ROUTES
from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.running import running
from tests.unit.api.standin import DIGEST

STRANGERS = ("none", "foreign", "expired", "server_only")


def path_of(route: Route, name: str = "website") -> str:
    return route.path.format(name=name, id=1, digest=DIGEST)


async def ask(
    client: aiohttp.ClientSession, route: Route, headers: Mapping[str, str] | None = None
) -> tuple[int, str]:
    async with client.request(route.method, path_of(route), headers=headers) as answer:
        assert answer.content_type == "application/problem+json"
        return answer.status, (await answer.json())["code"]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_no_route_lets_a_stranger_through_the_handshake(pki: Pki, stranger: str) -> None:
    context = pki.context() if stranger == "none" else getattr(pki, stranger)()

    async def story() -> None:
        async with running(pki) as host:
            for route in ROUTES:
                async with host.client(context) as client:
                    with pytest.raises((aiohttp.ClientError, ssl.SSLError, OSError)):
                        await ask(client, route)
            assert not host.standin.calls

    asyncio.run(story())


def test_every_route_refuses_a_certificate_revoked_before_the_connection(pki: Pki) -> None:
    context = pki.client("revoked-early", Role.ADMIN)
    pki.authority.revoke("revoked-early")
    pki.gate.reload(pki.files)

    async def story() -> None:
        async with running(pki) as host:
            for route in ROUTES:
                async with host.client(context) as client:
                    with pytest.raises((aiohttp.ClientError, ssl.SSLError, OSError)):
                        await ask(client, route)

    asyncio.run(story())


def test_every_route_refuses_a_certificate_revoked_while_connected(pki: Pki) -> None:
    context = pki.client("revoked-late", Role.ADMIN)

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            async with client.get("/v1/info") as answer:
                assert answer.status == 200
            pki.authority.revoke("revoked-late")
            host.gate.reload(pki.files)
            for route in ROUTES:
                # The same connection: a new one would not pass the handshake.
                assert await ask(client, route) == (401, "untrusted")
            assert {entry.caller for entry in host.standin.entries} == {"revoked-late (untrusted)"}
            assert len(host.standin.entries) == len(ROUTES)

    asyncio.run(story())


def test_every_route_refuses_too_small_a_role(pki: Pki) -> None:
    viewer = pki.client("small", Role.VIEWER)
    deployer = pki.client("middle", Role.DEPLOYER)

    async def story() -> None:
        async with running(pki) as host:
            for route, context in product(ROUTES, (viewer, deployer)):
                role = Role.VIEWER if context is viewer else Role.DEPLOYER
                async with host.client(context) as client:
                    if not role.covers(route.needs):
                        assert await ask(client, route) == (403, "forbidden")
            assert not host.standin.calls
            assert {entry.status for entry in host.standin.entries} == {403}

    asyncio.run(story())


def test_a_refusal_does_not_speak_of_routes_that_nobody_named(pki: Pki) -> None:
    viewer = pki.client("looker", Role.VIEWER)

    async def story() -> None:
        async with (
            running(pki) as host,
            host.client(viewer) as client,
            client.post("/v1/website/load", data=b"") as answer,
        ):
            detail = (await answer.json())["detail"]
            assert detail == "This needs the role deployer; looker has viewer."

    asyncio.run(story())


def test_every_route_refuses_a_caller_limited_to_another_deployment(pki: Pki) -> None:
    context = pki.client("shopkeeper", Role.ADMIN, "shop")

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            for route in ROUTES:
                if route.names_deployment or route.needs is not Role.VIEWER:
                    assert await ask(client, route) == (403, "forbidden")

    asyncio.run(story())


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_every_route_that_changes_something_refuses_a_foreign_page(
    pki: Pki, headers: dict[str, str]
) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            for route in ROUTES:
                upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
                more = upgrade if route.method == "GET" else {}
                refused = await ask(client, route, {**headers, **more})
                assert refused == (403, "foreign-origin"), route
            assert not host.standin.calls

    asyncio.run(story())


def test_the_hosts_own_page_may_change_something(pki: Pki) -> None:
    async def story() -> None:
        context = pki.client("browser", Role.DEPLOYER)
        async with running(pki) as host, host.client(context) as client:
            own = {"Origin": host.url, "Sec-Fetch-Site": "same-origin"}
            async with client.post("/v1/website/start", headers=own) as answer:
                assert (answer.status, await answer.json()) == (200, {})

    asyncio.run(story())


def test_a_limited_caller_sees_its_own_deployments_only(pki: Pki) -> None:
    context = pki.client("limited", Role.VIEWER, "shop")

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            async with client.get("/v1/deployments") as answer:
                assert [one["name"] for one in await answer.json()] == ["shop"]
            async with client.get("/v1/jobs") as answer:
                assert [one["deployment"] for one in await answer.json()] == ["shop"]
            async with client.get("/v1/jobs?deployment=website") as answer:
                assert answer.status == 403
            async with client.get("/v1/jobs/1") as answer:
                assert answer.status == 403
                assert "website" not in await answer.text()
            for path in ("/metrics", "/v1/doctor"):
                async with client.get(path) as answer:
                    assert answer.status == 200
                    assert "website" not in await answer.text()

    asyncio.run(story())


def test_a_certificate_without_a_role_is_refused_at_the_first_request(pki: Pki) -> None:
    roleless = pki.roleless()

    async def story() -> None:
        async with (
            running(pki) as host,
            host.client(roleless) as client,
            client.get("/v1/info") as answer,
        ):
            assert answer.status == 401
            assert answer.headers["WWW-Authenticate"]

    asyncio.run(story())


def test_refusals_come_in_their_order(pki: Pki) -> None:
    viewer = pki.client("order", Role.VIEWER)
    deployer = pki.client("orderly", Role.DEPLOYER)

    async def story(client: aiohttp.ClientSession) -> None:
        evil = {"Origin": "https://evil.example", "Content-Type": "application/json"}
        async with client.post("/v1/nowhere/load", data=b"{}", headers=evil) as answer:
            assert (await answer.json())["code"] == "foreign-origin"
        del evil["Origin"]
        async with client.post("/v1/nowhere/load", data=b"{}", headers=evil) as answer:
            assert (await answer.json())["code"] == "forbidden"

    async def sequel(client: aiohttp.ClientSession) -> None:
        for verb, kind in (("load", "application/json"), ("pull", "text/plain")):
            headers = {"Content-Type": kind}
            async with client.post(f"/v1/nowhere/{verb}", data=b"{", headers=headers) as answer:
                assert (await answer.json())["code"] == "unknown-deployment"
            async with client.post(f"/v1/website/{verb}", data=b"{", headers=headers) as answer:
                assert (await answer.json())["code"] == "wrong-body-type"
        async with client.post("/v1/nowhere/pull", data=b"{") as answer:
            assert (await answer.json())["code"] == "unknown-deployment"

    async def scene() -> None:
        async with running(pki) as host:
            async with host.client(viewer) as client:
                await story(client)
            async with host.client(deployer) as client:
                await sequel(client)

    asyncio.run(scene())
