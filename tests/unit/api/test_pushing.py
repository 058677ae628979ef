"""The door for registry clients lets nobody further than any other route, in its own words."""

import asyncio
import re
from collections.abc import Mapping

import aiohttp
import pytest

from edd.api.pushing import PUSHING
from edd.api.route import Route
from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.running import running
from tests.unit.api.standin import DIGEST

DEPLOYMENTS = [route for route in PUSHING if route.names_deployment]


async def ask(
    client: aiohttp.ClientSession,
    route: Route,
    name: str = "website",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Return status and our own code; HEAD has no body, so its status line must do."""
    path = route.path.format(name=name, digest=DIGEST, upload="0" * 64, reference="latest")
    async with client.request(route.method, path, headers=headers) as answer:
        assert answer.content_type == "application/json"
        if route.method == "HEAD":
            return answer.status, str(answer.reason)
        entry = (await answer.json())["errors"][0]
        assert entry["message"]
        return answer.status, str(entry.get("detail", {}).get("code", ""))


@pytest.mark.parametrize("route", DEPLOYMENTS, ids=lambda route: f"{route.method} {route.path}")
def test_whatever_is_about_a_deployment_needs_a_deployer(pki: Pki, route: Route) -> None:
    if route.method == "GET" and "referrers" in route.path:
        return
    assert route.needs is Role.DEPLOYER


def test_every_request_refuses_a_viewer_a_stranger_to_the_deployment_and_a_wrong_name(
    pki: Pki,
) -> None:
    viewer = pki.client("push-viewer", Role.VIEWER)
    shopkeeper = pki.client("push-shopkeeper", Role.DEPLOYER, "shop")

    async def story() -> None:
        async with running(pki) as host:
            for route in (each for each in DEPLOYMENTS if each.needs is Role.DEPLOYER):
                async with host.client(viewer) as client:
                    status, code = await ask(client, route)
                    assert (status, "deployer" in code or code == "forbidden") == (403, True)
                async with host.client(shopkeeper) as client:
                    status, code = await ask(client, route)
                    assert (status, "shop only" in code or code == "forbidden") == (403, True)
                async with host.local() as client:
                    for name in ("nowhere", "a/b", "a.b"):
                        assert (await ask(client, route, name))[0] == 404
            assert {entry.status for entry in host.standin.entries} >= {403}

    asyncio.run(story())


def test_every_request_that_changes_something_refuses_a_foreign_page(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            for route in DEPLOYMENTS:
                if route.method not in {"GET", "HEAD"}:
                    told = await ask(client, route, headers={"Origin": "https://evil.example"})
                    assert told == (403, "foreign-origin")

    asyncio.run(story())


def test_who_is_no_longer_trusted_is_told_so_without_a_challenge(pki: Pki) -> None:
    context = pki.client("push-leaver", Role.DEPLOYER)

    async def story() -> None:
        async with running(pki) as host, host.client(context) as client:
            async with client.get("/v2/") as answer:
                assert answer.status == 200
                assert answer.headers["Docker-Distribution-API-Version"] == "registry/2.0"
            pki.authority.revoke("push-leaver")
            host.gate.reload(pki.files)
            async with client.get("/v2/") as answer:
                assert answer.status == 401
                assert "WWW-Authenticate" not in answer.headers
                assert (await answer.json())["errors"][0]["code"] == "UNAUTHORIZED"

    asyncio.run(story())


def test_an_unknown_deployment_is_named_with_the_command_that_lists_them(pki: Pki) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.post("/v2/nowhere/blobs/uploads/") as answer,
        ):
            entry = (await answer.json())["errors"][0]
            assert (answer.status, entry["code"]) == (404, "NAME_UNKNOWN")
            assert "edd ps" in entry["message"]
            assert "edd ps" in str(answer.reason)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"/v2/website/blobs/{DIGEST}"),
        ("DELETE", f"/v2/website/blobs/{DIGEST}"),
        ("GET", "/v2/website/tags/list"),
        ("GET", "/v2/_catalog"),
        ("PUT", "/v2/nonsense"),
    ],
)
def test_what_only_a_registry_does_is_unsupported(pki: Pki, method: str, path: str) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.request(method, path) as answer,
        ):
            assert answer.status == 405
            assert (await answer.json())["errors"][0]["code"] == "UNSUPPORTED"

    asyncio.run(story())


def test_every_request_has_a_summary() -> None:
    assert all(re.fullmatch(r"[A-Z].+\.", route.summary) for route in PUSHING)
