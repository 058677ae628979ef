"""What would travel whole, and what perhaps as a patch, is told before a push."""

import asyncio
from pathlib import Path

import pytest
from aiohttp import web

from edd.client.endpoint import Endpoint
from edd.client.foretelling import Foretold, foretell
from edd.client.host import HostClient
from tests.unit.archive import builders
from tests.unit.client.talking import TalkingHost

IMAGE = builders.website()
FORECAST = {
    "deployment": "website",
    "unchanged": False,
    "send_bytes": 5,
    "image_bytes": 9,
    "disk": {"needed": 1, "free": 2},
    "steps": ["load"],
    "downtime": "",
    "current": 1,
    "next": 2,
    "rollback_to": 1,
}


def foretold(endpoint: Endpoint, image: Path) -> Foretold:
    async def ask() -> Foretold:
        async with HostClient(endpoint) as host:
            return await foretell(host, "website", str(image))

    return asyncio.run(ask())


@pytest.fixture
def large(tmp_path: Path) -> tuple[Path, list[str]]:
    """An image with a layer of 300 kB and a small one, and their diff IDs."""
    image = builders.website("x" * 300_000)
    path = tmp_path / "large.tar"
    path.write_bytes(builders.tar_of(builders.docker_save_20(image)))
    return path, [f"sha256:{builders.sha(layer)}" for layer in image.layers]


@pytest.mark.parametrize(("served", "patchable"), [(0, 1), (9000, 0)], ids=["far", "near"])
def test_large_layers_may_travel_as_patches_to_a_host_far_away(
    host: TalkingHost,
    endpoint: Endpoint,
    large: tuple[Path, list[str]],
    served: int,
    patchable: int,
) -> None:
    path, layers = large
    host.answer("POST", "/v1/deployments/website/plan", {**FORECAST, "missing": layers})

    async def releases(_: web.Request) -> web.Response:
        await asyncio.sleep(0.02)
        names = {"deployment": "website", "image": "", "reference": "", "caller": ""}
        release = {"number": 1, "created_at": "", "state": "current", "size": 1000}
        headers = {"Server-Timing": f"total;dur={served}"}
        return web.json_response([{**names, **release}], headers=headers)

    host.handle("GET", "/v1/deployments/website/releases", releases)

    assert foretold(endpoint, path).layers == {
        "present": 0,
        "patchable": patchable,
        "whole": len(layers) - patchable,
    }


def test_where_nothing_is_missing_nobody_asks_how_far_it_is(
    host: TalkingHost, endpoint: Endpoint, large: tuple[Path, list[str]]
) -> None:
    path, layers = large
    host.answer("POST", "/v1/deployments/website/plan", FORECAST)
    found = foretold(endpoint, path).layers
    assert found == {"present": len(layers), "patchable": 0, "whole": 0}
    assert len(host.seen) == 1


def test_what_goes_as_a_whole_has_no_layers_to_count(
    host: TalkingHost, endpoint: Endpoint, tmp_path: Path
) -> None:
    host.answer("POST", "/v1/deployments/website/plan", FORECAST)
    several = builders.docker_save_20(builders.website("1"), builders.website("2"))
    (tmp_path / "several.tar").write_bytes(builders.tar_of(several))
    assert foretold(endpoint, tmp_path / "several.tar").layers == {}
