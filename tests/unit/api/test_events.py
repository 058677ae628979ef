"""Progress is told as it happens, and nobody who listens badly can hold an operation up."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from edd.api import events
from edd.api.limits import Limits
from tests.unit.api.pki import Pki
from tests.unit.api.running import running, until

NDJSON = {"Accept": "application/x-ndjson"}


async def lines(answer: aiohttp.ClientResponse) -> list[dict[str, Any]]:
    assert answer.content_type == "application/x-ndjson"
    return [json.loads(line) for line in (await answer.read()).splitlines()]


def test_a_delivery_tells_its_progress_and_its_outcome_last(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            async with client.post("/v1/website/load", data=b"abc", headers=NDJSON) as answer:
                told = await lines(answer)
            assert told[0] == {"event": "progress", "step": "load", "message": "receiving"} | {
                "done": told[0]["done"],
                "total": 3,
                "job": None,
            }
            assert told[-1]["event"] == "outcome"
            assert told[-1]["outcome"] == "success"

    asyncio.run(story())


def test_a_failure_after_the_archive_is_the_last_event_and_the_audit_trail_knows(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            async with client.post("/v1/broken/load", data=b"abc", headers=NDJSON) as answer:
                assert answer.status == 200
                last = (await lines(answer))[-1]
            assert last["event"] == "failure"
            assert last["problem"]["code"] == "unhealthy"
            assert last["problem"]["log"] == ["out of cheese"]
            (entry,) = host.standin.entries
            assert (entry.status, entry.code) == (500, "unhealthy")

    asyncio.run(story())


@pytest.mark.parametrize("name", ["website", "broken"])
def test_the_last_event_waits_for_the_audit_trail(pki: Pki, name: str) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            host.standin.may_record.clear()
            url = f"/v1/{name}/load"
            async with client.post(url, data=b"abc", headers=NDJSON) as answer:
                rest = asyncio.create_task(lines(answer))
                await asyncio.wait({rest}, timeout=0.5)
                assert not rest.done()
                host.standin.may_record.set()
                assert (await rest)[-1]["event"] in {"outcome", "failure"}
            assert len(host.standin.entries) == 1

    asyncio.run(story())


@pytest.mark.parametrize(("name", "status"), [("nowhere", 404), ("busy", 409)])
def test_a_refusal_before_the_body_is_a_plain_problem(pki: Pki, name: str, status: int) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            url = f"/v1/{name}/load"
            async with client.post(url, data=b"abc", headers=NDJSON, expect100=True) as answer:
                assert answer.status == status
                assert answer.content_type == "application/problem+json"

    asyncio.run(story())


def test_who_expects_100_continue_gets_it_before_the_first_event(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            url = "/v1/website/load"
            async with client.post(url, data=b"abc", headers=NDJSON, expect100=True) as answer:
                assert (await lines(answer))[-1]["outcome"] == "success"
            assert host.standin.received == {"website": 3}

    asyncio.run(story())


@pytest.mark.parametrize("verb", ["pull", "rollback"])
def test_pull_and_rollback_tell_events_too(pki: Pki, verb: str) -> None:
    body = {"path": "nginx"} if verb == "pull" else {}

    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            async with client.post(f"/v1/website/{verb}", json=body, headers=NDJSON) as answer:
                assert (await lines(answer))[-1]["event"] == "outcome"
            async with client.post(f"/v1/nowhere/{verb}", json=body, headers=NDJSON) as answer:
                assert answer.status == 404

    asyncio.run(story())


def test_counts_of_one_step_come_ten_times_a_second_at_most(pki: Pki) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000
            await asyncio.sleep(0.005)

    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            began = time.monotonic()
            async with client.post("/v1/website/load", data=slowly(), headers=NDJSON) as answer:
                told = await lines(answer)
            assert len(told) <= (time.monotonic() - began) / events.PACE + 4
            assert told[-2]["done"] == 100_000

    asyncio.run(story())


def test_a_listener_who_never_reads_does_not_hold_the_operation_up(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki, Limits(farewell=0.2)) as host:
            host.standin.chatter = 2000
            _reader, writer = await asyncio.open_unix_connection(str(host.socket), limit=1)
            head = "POST /v1/website/load HTTP/1.1\r\nHost: h\r\nAccept: application/x-ndjson\r\n"
            writer.write(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            for _ in range(10):
                writer.write(b"3\r\nabc\r\n")
                await asyncio.sleep(0.15)
            writer.write(b"0\r\n\r\n")
            await until(lambda: host.standin.entries)
            assert host.standin.entries[0].status == 200
            writer.transport.abort()

    asyncio.run(asyncio.wait_for(story(), 20))


def test_a_listener_who_leaves_after_the_archive_does_not_stop_the_operation(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host:
            host.standin.may_end.clear()
            reader, writer = await asyncio.open_unix_connection(str(host.socket))
            head = "POST /v1/website/load HTTP/1.1\r\nHost: h\r\nAccept: application/x-ndjson\r\n"
            writer.write(f"{head}Content-Length: 3\r\n\r\nabc".encode())
            await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            writer.transport.abort()
            await asyncio.sleep(0.1)
            host.standin.may_end.set()
            await until(lambda: host.standin.entries)
            assert host.standin.entries[0].status == 200

    asyncio.run(asyncio.wait_for(story(), 10))
