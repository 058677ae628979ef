"""The served description is whole, and what is served is what it describes."""

import asyncio
import json
from typing import Any

import msgspec

from edd.api.openapi import describe, statuses
from edd.api.route import JSON
from edd.api.routes import ROUTES, TABLE
from tests.unit.api.pki import Pki
from tests.unit.api.running import running
from tests.unit.api.standin import DIGEST

DOCUMENT = describe(TABLE)
BODIES = {
    "pull": {"path": "nginx"},
    "offer": {"image": DIGEST, "layers": [{"diff_id": DIGEST}]},
    "assemble": {"image": DIGEST},
    "bases": {"layers": [{"size": 1, "sketch": ""}]},
    "skeletons": {"layers": [DIGEST]},
    "password_set": {"password": "twelve or more"},
}
PART = {"Upload-Offset": "0", "Upload-Complete": "?1"}


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_every_reference_leads_to_a_component() -> None:
    components = DOCUMENT["components"]["schemas"]
    assert {reference.rpartition("/")[2] for reference in references(DOCUMENT)} <= set(components)


def test_operations_have_names_of_their_own() -> None:
    names = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len(names) == len(set(names)) == len(TABLE)


def test_the_description_is_served(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            for _ in range(2):
                async with client.get("/v1/openapi.json") as answer:
                    assert answer.content_type == JSON
                    assert await answer.json() == json.loads(msgspec.json.encode(DOCUMENT))

    asyncio.run(story())


def test_every_answer_is_of_the_type_and_media_that_its_route_names(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            for route in ROUTES:
                path = route.path.format(name="website", id=1, digest=DIGEST)
                body = BODIES.get(route.name, {}) if route.body else None
                headers = PART if route.sends_part else {}
                async with client.request(route.method, path, json=body, headers=headers) as answer:
                    content = await answer.read()
                    if route.name == "reload":
                        assert answer.status in statuses(route)
                        continue
                    assert (answer.status, answer.headers["Content-Type"]) == (200, route.media)
                if route.answer is None:
                    assert content == b"{}"
                elif route.media == JSON and route.answer is not bytes:
                    msgspec.json.decode(content, type=route.answer)

    asyncio.run(story())


def test_every_refusal_met_is_documented(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            for route in ROUTES:
                path = route.path.format(name="nowhere", id=99, digest=DIGEST)
                body = {"nonsense": 1} if route.body and route.name != "pull" else {"path": "x"}
                query = {"nonsense": "1"} if route.query else {}
                sent = body if route.body else None
                async with client.request(route.method, path, params=query, json=sent) as answer:
                    assert answer.status == 200 or answer.status in statuses(route), route

    asyncio.run(story())
