"""What the routes answer, over real connections."""

import asyncio

from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.running import running


def test_a_viewer_lists_deployments_over_mutual_tls(pki: Pki) -> None:
    async def story() -> None:
        viewer = pki.client("vera", Role.VIEWER)
        async with (
            running(pki) as host,
            host.client(viewer) as client,
            client.get("/v1/deployments") as answer,
        ):
            assert answer.status == 200
            assert [one["name"] for one in await answer.json()] == sorted(host.standin.names)

    asyncio.run(story())
