"""Requests and answers of `HostClient`, against a server that speaks the contract."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from edd.client.endpoint import Endpoint
from edd.client.host import HostClient, Listeners
from edd.client.sources import Source
from edd.errors import (
    BusyError,
    EddError,
    HostUnreachableError,
    SourceError,
    TruncatedArchiveError,
    UnhealthyError,
    UnknownDeploymentError,
)
from edd.model.job import Progress
from edd.model.log import LogQuery
from edd.model.plan import ForecastRequest
from tests.unit.client.talking import TalkingHost

LOAD = "/v1/deployments/website/load"
STATUS = {"name": "website", "state": "running", "image": "website:latest", "health": "healthy"}
OUTCOME = {"event": "outcome", "outcome": "success", "state": "running", "health": "healthy"}


def asking(endpoint: Endpoint, call: Callable[[HostClient], Awaitable[Any]]) -> Any:
    async def conversation() -> Any:
        async with HostClient(endpoint) as client:
            return await call(client)

    return asyncio.run(conversation())


def a_source(*chunks: bytes, size: int | None = None) -> Source:
    async def pieces() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    return Source("archive", pieces(), size=size)


def test_deployments_come_as_structs(host: TalkingHost, endpoint: Endpoint) -> None:
    host.answer("GET", "/v1/deployments", [STATUS])

    (status,) = asking(endpoint, lambda client: client.deployments())

    assert (status.name, status.state) == ("website", "running")


def test_a_problem_becomes_the_error_it_was_made_of(host: TalkingHost, endpoint: Endpoint) -> None:
    host.refuse("POST", "/v1/deployments/website/start", "deployment-busy", 409, job=7, kept="x")

    with pytest.raises(BusyError) as caught:
        asking(endpoint, lambda client: client.start("website"))

    assert caught.value.data == {"job": 7}
    assert (caught.value.kept, caught.value.detail) == ("x", "It is deployment-busy.")


def test_an_unknown_code_becomes_a_plain_error(host: TalkingHost, endpoint: Endpoint) -> None:
    host.refuse("GET", "/v1/info", "out-of-tea", 418)

    with pytest.raises(EddError, match="It is out-of-tea") as caught:
        asking(endpoint, lambda client: client.info())

    assert type(caught.value) is EddError
    assert caught.value.data["reported"] == "out-of-tea"


def test_an_answer_that_is_no_problem_is_told_as_it_is(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def bad_gateway(_: web.Request) -> web.Response:
        return web.Response(text="<h1>Bad gateway</h1>", status=502)

    host.handle("GET", "/v1/info", bad_gateway)

    with pytest.raises(EddError, match="status 502: <h1>Bad gateway"):
        asking(endpoint, lambda client: client.info())


def test_an_answer_of_another_shape_is_no_traceback(host: TalkingHost, endpoint: Endpoint) -> None:
    host.answer("GET", "/v1/info", [1, 2])

    with pytest.raises(HostUnreachableError, match="did not answer as an ED daemon"):
        asking(endpoint, lambda client: client.info())


@pytest.mark.parametrize("name", ["..", "a/b", "Web", "", "a b", "web\n"])
def test_a_name_no_deployment_can_have_is_never_sent(
    host: TalkingHost, endpoint: Endpoint, name: str
) -> None:
    with pytest.raises(UnknownDeploymentError):
        asking(endpoint, lambda client: client.stop(name))

    assert host.seen == []


def test_a_load_sends_every_byte_and_reports_every_event(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    progress = {"event": "progress", "step": "load", "message": "loading"}
    host.stream("POST", LOAD, progress, {"event": "of-a-later-version"}, {**OUTCOME, "release": 4})
    events: list[Progress] = []
    sent: list[int] = []

    delivery = asking(
        endpoint,
        lambda client: client.load(
            "website", a_source(b"a" * 70000, b"bc"), Listeners(events.append, sent.append)
        ),
    )

    assert (delivery.outcome.release, delivery.bytes) == (4, 70002)
    assert [event.message for event in events] == ["loading"]
    assert sent == [70000, 70002]
    request = host.seen[-1]
    assert request.body == b"a" * 70000 + b"bc"
    assert request.headers["Expect"] == "100-continue"
    assert request.headers["Accept"] == "application/x-ndjson"
    assert request.headers["Transfer-Encoding"] == "chunked"


def test_a_known_size_is_announced(host: TalkingHost, endpoint: Endpoint) -> None:
    host.stream("POST", LOAD, OUTCOME)

    asking(endpoint, lambda client: client.load("website", a_source(b"abc", size=3), Listeners()))

    assert host.seen[-1].headers["Content-Length"] == "3"
    assert "Transfer-Encoding" not in host.seen[-1].headers


def test_a_refusal_before_the_body_costs_no_byte(host: TalkingHost, endpoint: Endpoint) -> None:
    host.refuse("POST", LOAD, "unknown-deployment", 404)
    sent: list[int] = []

    with pytest.raises(UnknownDeploymentError):
        asking(
            endpoint,
            lambda client: client.load(
                "website", a_source(b"a" * 100000), Listeners(sent=sent.append)
            ),
        )

    assert sent == []


def test_a_refusal_while_sending_is_shown_instead_of_a_reset(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def refuse_early(request: web.Request) -> web.Response:
        await request.content.read(100_000)
        answer = web.json_response({"code": "truncated-archive", "detail": "Bad."}, status=422)
        answer.force_close()
        await answer.prepare(request)
        await answer.write_eof()
        return answer

    host.handle("POST", LOAD, refuse_early)

    with pytest.raises(TruncatedArchiveError):
        asking(
            endpoint,
            lambda client: client.load("website", a_source(*[b"a" * 262144] * 400), Listeners()),
        )


def test_a_failure_event_becomes_its_error(host: TalkingHost, endpoint: Endpoint) -> None:
    problem = {"code": "unhealthy", "detail": "It died.", "log": ["one", "two"]}
    host.stream("POST", LOAD, {"event": "failure", "problem": problem})

    with pytest.raises(UnhealthyError) as caught:
        asking(endpoint, lambda client: client.load("website", a_source(b"a"), Listeners()))

    assert caught.value.data["log"] == ["one", "two"]


def test_a_stream_without_an_end_tells_where_to_look(host: TalkingHost, endpoint: Endpoint) -> None:
    host.stream("POST", LOAD, {"event": "progress", "step": "load", "message": "loading"})

    with pytest.raises(HostUnreachableError, match="cut before") as caught:
        asking(endpoint, lambda client: client.load("website", a_source(b"a"), Listeners()))

    assert "edd jobs" in caught.value.advice


def test_a_source_that_breaks_is_the_error_told(host: TalkingHost, endpoint: Endpoint) -> None:
    host.stream("POST", LOAD, OUTCOME)

    async def breaks() -> AsyncIterator[bytes]:
        yield b"abc"
        raise SourceError("The engine broke off.")

    with pytest.raises(SourceError, match="broke off"):
        asking(endpoint, lambda client: client.load("website", Source("x", breaks()), Listeners()))


@pytest.mark.parametrize(("size", "anew"), [(3, True), (None, False)])
def test_a_file_that_ends_early_must_be_made_anew(
    host: TalkingHost, endpoint: Endpoint, size: int | None, anew: bool
) -> None:
    problem = {"code": "truncated-archive", "detail": "It ends early.", "advice": "Send it again."}
    host.stream("POST", LOAD, {"event": "failure", "problem": problem})

    with pytest.raises(TruncatedArchiveError) as caught:
        asking(
            endpoint,
            lambda client: client.load("website", a_source(b"tar", size=size), Listeners()),
        )

    assert ("make the archive anew" in caught.value.advice) is anew


def test_a_host_that_vanishes_while_sending_has_loaded_nothing(
    host: TalkingHost, endpoint: Endpoint
) -> None:
    async def vanish(request: web.Request) -> web.Response:
        await request.content.read(100_000)
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    host.handle("POST", LOAD, vanish)

    with pytest.raises(HostUnreachableError) as caught:
        asking(
            endpoint,
            lambda client: client.load("website", a_source(*[b"a" * 262144] * 400), Listeners()),
        )

    assert "nothing was loaded" in caught.value.kept


def test_a_plan_is_asked_with_digest_and_size(host: TalkingHost, endpoint: Endpoint) -> None:
    forecast = {
        "deployment": "website",
        "unchanged": False,
        "send_bytes": 5,
        "image_bytes": 9,
        "disk": {"needed": 1, "free": 2},
        "steps": ["load"],
        "downtime": "",
        "current": None,
        "next": 1,
        "rollback_to": None,
    }

    async def echo(request: web.Request) -> web.Response:
        return web.json_response({**forecast, "send_bytes": (await request.json())["bytes"]})

    host.handle("POST", "/v1/deployments/website/plan", echo)

    found = asking(endpoint, lambda client: client.plan("website", ForecastRequest("sha256:1", 9)))

    assert found.send_bytes == 9


def test_logs_come_as_they_are(host: TalkingHost, endpoint: Endpoint) -> None:
    async def lines(_: web.Request) -> web.Response:
        return web.Response(body=b"one\x1b[2J\xff\n")

    host.handle("GET", "/v1/deployments/website/logs", lines)

    async def read(client: HostClient) -> bytes:
        moment = "2026-01-01T00:00:00.000Z"
        query = LogQuery(follow=True, tail=5, since=moment, until="7", timestamps=True)
        return b"".join([piece async for piece in client.logs("website", query)])

    assert asking(endpoint, read) == b"one\x1b[2J\xff\n"
    assert host.seen[-1].query == {
        "follow": "1",
        "tail": "5",
        "since": "2026-01-01T00:00:00.000Z",
        "until": "7",
        "timestamps": "1",
    }


def test_the_date_of_an_answer_tells_the_hosts_clock(host: TalkingHost, endpoint: Endpoint) -> None:
    async def late(_: web.Request) -> web.Response:
        return web.Response(text="[]", headers={"Date": "Thu, 01 Jan 2015 00:00:00 GMT"})

    host.handle("GET", "/v1/deployments", late)

    async def skew(client: HostClient) -> float | None:
        await client.deployments()
        return client.skew

    assert asking(endpoint, skew) < -86400


def test_a_rollback_names_its_release(host: TalkingHost, endpoint: Endpoint) -> None:
    host.stream("POST", "/v1/deployments/website/rollback", {**OUTCOME, "release": 2})

    outcome = asking(endpoint, lambda client: client.rollback("website", 2, lambda _: None))

    assert outcome.release == 2
    assert json.loads(host.seen[-1].body) == {"release": 2}
