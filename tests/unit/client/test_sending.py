"""Blobs on their way to a host, several at a time."""

import asyncio
import io
from random import Random

from aiohttp import web

from edd.client.endpoint import Endpoint
from edd.client.host import HostClient, Listeners
from edd.client.images import Blob
from edd.client.packing import Pace
from edd.client.sending import IN_FLIGHT, Sender
from edd.model.job import Progress
from edd.model.offer import MissingBlob
from tests.unit.client.receiving import hang_up
from tests.unit.client.talking import TalkingHost

SIZE = 70_000
SILENT = Listeners()
LARGE = {f"sha256:{number:064}": Random(number).randbytes(SIZE) for number in range(6)}


class Waiting:
    """Takes blobs, each only when as many as `IN_FLIGHT` are there; ``most`` were at one time."""

    def __init__(self, host: TalkingHost) -> None:
        host.handle("PATCH", "/v1/deployments/website/blobs/*", self._take)
        self._all_there = asyncio.Barrier(IN_FLIGHT)
        self._here = 0
        self.most = 0

    async def _take(self, request: web.Request) -> web.Response:
        self._here += 1
        self.most = max(self.most, self._here)
        await self._all_there.wait()
        await asyncio.sleep(0.1)  # one too many would come meanwhile
        await request.read()
        self._here -= 1
        return web.json_response({"size": SIZE, "complete": True})


def send(endpoint: Endpoint, contents: dict[str, bytes], listeners: Listeners = SILENT) -> int:
    """Send blobs; return how many bytes they were, packed."""

    async def it() -> int:
        async with HostClient(endpoint) as client, asyncio.timeout(20):
            sender = Sender(client, "website", listeners, Pace(slow=False))
            blobs = {name: _blob(content) for name, content in contents.items()}
            await sender.send([MissingBlob(name) for name in contents], blobs)
            return sender.bytes

    return asyncio.run(it())


def _blob(content: bytes) -> Blob:
    return Blob(lambda: io.BytesIO(content), len(content))


def test_three_blobs_are_under_way_at_one_time_and_no_more(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    waiting = Waiting(host)

    assert send(endpoint, LARGE) >= sum(map(len, LARGE.values()))

    assert waiting.most == IN_FLIGHT == 3


class Breaking:
    """Takes blobs; ``breaks`` times it cuts all that are under way, once `IN_FLIGHT` are there."""

    def __init__(self, host: TalkingHost, breaks: int) -> None:
        host.handle("PATCH", "/v1/deployments/website/blobs/*", self._take)
        host.answer("GET", "/v1/deployments/website/blobs/*", {"size": 0, "complete": False})
        self._all_there = asyncio.Barrier(IN_FLIGHT)
        self._left = breaks * IN_FLIGHT

    async def _take(self, request: web.Request) -> web.Response:
        if self._left:
            self._left -= 1
            await self._all_there.wait()
            return hang_up(request)
        await request.read()
        return web.json_response({"size": SIZE, "complete": True})


def test_a_break_is_told_once_however_many_blobs_were_under_way(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    Breaking(host, breaks=2)
    told: list[Progress] = []

    send(endpoint, dict(list(LARGE.items())[:IN_FLIGHT]), Listeners(report=told.append))

    assert told == [Progress("send", "the connection was lost, trying again")] * 2
