"""The route table obeys its own rules."""

import asyncio
import re

import pytest

from edd.api import app
from edd.api.route import Route
from edd.api.routes import ROUTES, TABLE
from edd.model.caller import Role
from edd.model.deployment import RESERVED
from tests.unit.api.pki import Pki
from tests.unit.api.running import running


def test_every_word_after_v1_is_reserved() -> None:
    words = {route.path.split("/")[2] for route in TABLE if route.path.startswith("/v1/")}
    assert words <= RESERVED


def test_every_path_about_a_deployment_has_a_short_form() -> None:
    paths = {(route.method, route.path) for route in ROUTES}
    for method, path in list(paths):
        if path.startswith("/v1/deployments/{name}"):
            assert (method, path.replace("/deployments", "", 1)) in paths


def test_no_two_routes_share_method_and_path() -> None:
    paths = [(route.method, route.path) for route in ROUTES]
    assert len(paths) == len(set(paths))


def test_names_of_routes_are_unique_but_for_the_two_places_of_metrics() -> None:
    names = [route.name for route in TABLE if route.path != "/metrics"]
    assert len(names) == len(set(names))


def test_a_route_without_a_role_cannot_be_made() -> None:
    with pytest.raises(TypeError):
        Route("GET", "/v1/info", app._astray)  # type: ignore[call-arg]


@pytest.mark.parametrize("route", TABLE, ids=lambda route: f"{route.method} {route.path}")
def test_whoever_changes_something_needs_more_than_a_viewer(route: Route) -> None:
    # Who lets a browser in gives it no more than it has, and ends no sessions but its own.
    own = route.name in {"session_link", "session_end", "password_set", "password_remove"}
    asks_only = route.method == "GET" or route.name == "plan" or own
    assert asks_only == (route.needs is Role.VIEWER or route.name == "audit")


def test_every_route_has_a_summary() -> None:
    assert all(re.fullmatch(r"[A-Z].+\.", route.summary) for route in TABLE)


def test_unknown_paths_and_wrong_methods_are_problems(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            async with client.get("/v3/nothing") as answer:
                assert answer.status == 404
                assert answer.content_type == "application/problem+json"
                assert (await answer.json())["code"] == "no-such-route"
            async with client.delete("/v1/info") as answer:
                assert answer.status == 405
                assert answer.headers["Allow"] == "GET"
                assert (await answer.json())["code"] == "method-not-allowed"
            async with client.get("/v1/website/load") as answer:
                assert (answer.status, answer.headers["Allow"]) == (405, "POST")

    asyncio.run(story())


def test_both_forms_of_a_path_answer_alike(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            for path in ("", "/releases", "/logs"):
                async with (
                    client.get(f"/v1/website{path}") as short,
                    client.get(f"/v1/deployments/website{path}") as long,
                ):
                    assert short.status == long.status == 200
                    assert await short.read() == await long.read()

    asyncio.run(story())
