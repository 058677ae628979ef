"""What the routes answer, over real connections."""

import asyncio

import pytest

from edd.errors import DiskFullError
from edd.model.caller import Role
from tests.unit.api.pki import Pki
from tests.unit.api.running import running
from tests.unit.api.standin import NO_LAYER


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


def test_what_tells_of_layers_comes_one_layer_after_the_other(pki: Pki) -> None:
    layers = [f"sha256:{letter * 64}" for letter in "ab"]

    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.post("/v1/website/skeletons", json={"layers": layers}) as answer,
        ):
            assert answer.content_type == "application/octet-stream"
            assert await answer.read() == 2 * ((8).to_bytes(8) + b"skeleton")
            assert host.standin.calls == [("skeletons", "website", tuple(layers))]

    asyncio.run(story())


def test_layers_that_may_not_be_told_of_are_refused_before_the_answer_begins(pki: Pki) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            body = {"layers": [NO_LAYER]}
            async with client.post("/v1/website/skeletons", json=body) as answer:
                assert answer.status == 400
                assert (await answer.json())["code"] == "invalid-request"

    asyncio.run(story())


def test_an_answer_tells_how_long_the_host_took_for_it(pki: Pki) -> None:
    async def story() -> None:
        async with (
            running(pki) as host,
            host.local() as client,
            client.get("/v1/jobs") as answer,
        ):
            name, _, milliseconds = answer.headers["Server-Timing"].partition(";dur=")
            assert name == "total"
            assert 0 < float(milliseconds) < 10_000

    asyncio.run(story())


@pytest.mark.parametrize(
    ("fault", "traced"), [(DiskFullError("It is full."), False), (LookupError("odd"), True)]
)
def test_a_lost_audit_entry_is_one_line_in_the_log_unless_nobody_foresaw_why(
    pki: Pki, caplog: pytest.LogCaptureFixture, fault: Exception, traced: bool
) -> None:
    async def story() -> None:
        async with running(pki) as host, host.local() as client:
            host.standin.unrecorded = fault
            async with client.post("/v1/deployments/website/start") as answer:
                assert answer.status < 300

    asyncio.run(story())
    (lost,) = (one for one in caplog.records if "audit entry lost" in one.getMessage())
    assert bool(lost.exc_info) is traced
