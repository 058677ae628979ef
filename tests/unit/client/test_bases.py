"""A host that does not say what else it has keeps nobody from sending."""

import asyncio
import io
from random import Random

from aiohttp import web

from edd.client.bases import OldLayers, found_alike
from edd.client.endpoint import Endpoint
from edd.client.host import HostClient
from edd.client.images import Blob
from tests.unit.client.receiving import ONE, hang_up
from tests.unit.client.talking import Handler, TalkingHost

LAYER = Random("layer").randbytes(1 << 20)
GUESS = OldLayers(("sha256:1",), (), 7)


def found(host: TalkingHost, endpoint: Endpoint, answer: Handler) -> OldLayers:
    host.answer("GET", "/v1/deployments", [])
    host.handle("POST", f"{ONE}/bases", answer)

    async def ask() -> OldLayers:
        async with HostClient(endpoint) as client, asyncio.timeout(20):
            await client.deployments()
            layers = {"sha256:2": Blob(lambda: io.BytesIO(LAYER), len(LAYER))}
            return await found_alike(client, "website", layers, GUESS, patience=0.5)

    return asyncio.run(ask())


def test_who_does_not_answer_is_not_waited_for(host: TalkingHost, endpoint: Endpoint) -> None:
    async def never(_request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        raise AssertionError

    assert found(host, endpoint, never) == GUESS


def test_a_link_that_stays_cut_is_left_to_what_is_sent_next(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def cut(request: web.Request) -> web.StreamResponse:
        return hang_up(request)

    assert found(host, endpoint, cut) == GUESS
