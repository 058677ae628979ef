"""A push ends well where sending the whole layer, or asking again, would do."""

import asyncio
import io
import json
import tempfile
import zlib
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import BinaryIO

import pytest
from aiohttp import web

from edd.client import links, patience
from edd.client.endpoint import Endpoint
from edd.client.host import HostClient, Listeners
from edd.client.images import Blob, Content
from edd.client.kept import Kept
from edd.client.push import Push
from edd.delta import describe, sketch
from edd.errors import (
    BusyError,
    DigestMismatchError,
    HostUnreachableError,
    SourceError,
    UnhealthyError,
)
from edd.model.image import Digest
from edd.model.job import Outcome, Report
from edd.model.link import Link
from edd.model.offer import LayerOffer
from edd.planning import reading
from tests.unit.archive import builders
from tests.unit.client.receiving import FAR, ONE, ReceivingHost, hang_up, job
from tests.unit.client.talking import TalkingHost

NOISE = {f"lib/{number}": Random(number).randbytes(12_000) for number in range(100)}
OLD = builders.layer(**NOISE, page=b"one")
NEW = builders.layer(**NOISE, page=b"two")
SAME = builders.layer(page=b"same")
CONFIG = b"{}"
IMAGE = f"sha256:{builders.sha(CONFIG)}"
SKELETONS = "/v1/deployments/website/skeletons"


def digest(content: bytes) -> Digest:
    return f"sha256:{builders.sha(content)}"


@dataclass
class Here:
    """An image in memory; ``blob`` is how its changed layer is read."""

    blob: Blob
    name: str = "website"
    image: Digest = IMAGE
    size: int = len(NEW)
    learning: list[str] = field(default_factory=list)
    learning_fails: bool = False
    preparing: float = 0.0

    @property
    def layers(self) -> tuple[LayerOffer, ...]:
        return (LayerOffer(digest(SAME), len(SAME)), LayerOffer(digest(NEW), len(NEW)))

    @asynccontextmanager
    async def content(self, layers: Collection[Digest], _: Report) -> AsyncIterator[Content]:
        await asyncio.sleep(self.preparing)
        blobs = {digest(CONFIG): blob(CONFIG), digest(SAME): blob(SAME), digest(NEW): self.blob}
        yield Content(digest(CONFIG), blobs, self._learn)

    async def _learn(self) -> None:
        self.learning.append("began")
        try:
            await asyncio.sleep(60)
        finally:
            self.learning.append("ended")
            if self.learning_fails:
                raise ValueError("the engine made no sense")


def blob(content: bytes) -> Blob:
    return Blob(lambda: io.BytesIO(content), len(content))


def skeleton(content: bytes) -> bytes:
    return describe(io.BytesIO(content)).encode()


class Pushed:
    """How a push ended, what it cost and what it said."""

    def __init__(self, endpoint: Endpoint, changed: Blob | None = None) -> None:
        self.said: list[str] = []
        self._endpoint = endpoint
        self.here = Here(changed or blob(NEW))
        self.layers: dict[str, int] = {}
        self.seconds: dict[str, float] = {}
        self.learning = self.here.learning

    def run(self) -> Outcome:
        return asyncio.run(self._run())

    async def _run(self) -> Outcome:
        listeners = Listeners(report=lambda progress: self.said.append(progress.message))
        async with HostClient(self._endpoint) as client:
            push = Push(client, "website", self.here, listeners)
            outcome = await push.run()
            self.layers, self.seconds = push.account.layers, push.account.seconds
            return outcome


@pytest.fixture
def receiving(host: TalkingHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ReceivingHost:
    """A host far away that has the old layer, and the one below."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/no-engine.sock")
    taking = ReceivingHost(host, bases={digest(OLD): skeleton(OLD)})
    taking.sent[digest(SAME)] = SAME
    return taking


PATCHED = {"present": 1, "patched": 1, "whole": 0}
WHOLE = {"present": 1, "patched": 0, "whole": 1}


def test_a_changed_layer_travels_as_a_patch(receiving: ReceivingHost, endpoint: Endpoint) -> None:
    pushed = Pushed(endpoint)
    assert pushed.run().outcome == "success"
    assert pushed.layers == PATCHED


def test_what_is_alike_is_asked_for_beside_what_is_likely(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    unlike = builders.layer(page=b"another")
    receiving.alike, receiving.bases = receiving.bases, {digest(unlike): skeleton(unlike)}
    pushed = Pushed(endpoint)
    pushed.run()
    [asked] = receiving.asked
    assert asked["bases"] == [digest(unlike)]
    assert asked["layers"] == [{"size": len(NEW), "sketch": sketch(io.BytesIO(NEW)).told}]
    assert pushed.layers == PATCHED


def test_where_nothing_is_likely_what_is_alike_is_enough(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.alike, receiving.bases = receiving.bases, {}
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == PATCHED


def test_of_layers_that_are_at_hand_the_host_need_not_tell(
    receiving: ReceivingHost, endpoint: Endpoint, tmp_path: Path
) -> None:
    Kept(tmp_path / "cache/edd").keep({digest(SAME): blob(SAME)})
    receiving.alike, receiving.bases = receiving.bases, {digest(SAME): b"never asked for"}
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == PATCHED


def test_what_takes_longer_to_write_out_than_it_spares_is_left(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.rest = 1 << 40
    receiving.alike = {digest(b"alike"): b"never asked for"}
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == PATCHED


def test_a_near_host_and_a_small_layer_cost_no_further_question(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.alike, receiving.bases = receiving.bases, {}
    Pushed(endpoint, blob(NEW[: 1 << 19])).run()
    receiving.sent.pop(digest(NEW))
    receiving.timing = "total;dur=60000"
    Pushed(endpoint).run()
    assert receiving.asked == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("invalid-request", 400),
        ("engine-refused", 502),
        ("engine-unreachable", 502),
        ("disk-full", 507),
        ("of-a-later-version", 500),
    ],
)
def test_a_host_that_cannot_tell_of_its_layers_gets_the_whole_layer(
    receiving: ReceivingHost, endpoint: Endpoint, code: str, status: int
) -> None:
    receiving.refuses("skeletons", code, status)
    pushed = Pushed(endpoint)

    assert pushed.run().outcome == "success"

    assert pushed.layers == WHOLE
    assert [words for words in pushed.said if "the whole layer is sent" in words] == [
        f"patches are not possible, the whole layer is sent: It is {code}."
    ]


@pytest.mark.parametrize("told", [b"", b"rubbish", bytes(9)], ids=["empty", "rubbish", "zeros"])
def test_what_tells_nothing_of_a_layer_costs_the_whole_layer(
    receiving: ReceivingHost, endpoint: Endpoint, told: bytes
) -> None:
    receiving.bases = dict.fromkeys(receiving.bases, told)
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == WHOLE


def test_what_is_told_without_end_is_not_heard_out(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await answer.write((1 << 40).to_bytes(8))
        return answer

    receiving.talking.handle("POST", SKELETONS, endless)
    pushed = Pushed(endpoint)

    pushed.run()

    assert pushed.layers == WHOLE


@pytest.mark.parametrize(
    "code", ["invalid-request", "engine-refused", "engine-unreachable", "disk-full"]
)
def test_a_patch_that_cannot_be_applied_is_told_and_the_whole_layer_follows(
    receiving: ReceivingHost, endpoint: Endpoint, code: str
) -> None:
    receiving.refuses("assemble", code, 500, patch="sha256:1")
    pushed = Pushed(endpoint)

    assert pushed.run().outcome == "success"

    assert pushed.layers == WHOLE
    assert f"a patch did not fit, the whole layer is sent: It is {code}." in pushed.said
    assert [len(one["patches"]) for one in receiving.assemblies] == [0]


def test_a_patch_that_failed_while_the_link_was_cut_is_asked_about_again(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    def failed(request: web.Request) -> web.Response:
        receiving.jobs.append(job(1, "alice", "failed", step="load", code="engine-refused"))
        return hang_up(request)

    receiving.fails("assemble", failed)
    receiving.refuses("assemble", "engine-refused", 502, patch="sha256:1")
    pushed = Pushed(endpoint)

    assert pushed.run().outcome == "success"

    assert pushed.layers == WHOLE


@pytest.mark.parametrize("word", ["offer", "bases", "skeletons", "part", "assemble"])
def test_any_request_that_is_cut_off_is_made_again(
    receiving: ReceivingHost, endpoint: Endpoint, word: str
) -> None:
    receiving.fails(word, hang_up)
    receiving.fails(word, hang_up)
    pushed = Pushed(endpoint)
    assert pushed.run().outcome == "success"
    assert pushed.layers == PATCHED


@pytest.mark.parametrize("word", ["offer", "skeletons"])
def test_a_lost_connection_is_told_once(
    receiving: ReceivingHost, endpoint: Endpoint, word: str
) -> None:
    receiving.fails(word, hang_up)
    receiving.fails(word, hang_up)
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.said.count("the connection was lost, trying again") == 1


def test_a_busy_deployment_is_left_alone_with_what_was_sent(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.refuses("assemble", "deployment-busy", 409, kept="Nothing was read or changed.")
    with pytest.raises(BusyError) as caught:
        Pushed(endpoint).run()
    assert "Nothing was read" not in caught.value.kept
    assert "What was sent stays on the host" in caught.value.kept
    assert "push again" in caught.value.advice


def test_who_follows_no_longer_is_told_that_the_host_goes_on(
    receiving: ReceivingHost, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "PATIENCE", 1)
    receiving.fails("assemble", hang_up)
    receiving.fails("info", hang_up)
    receiving.fails("info", hang_up)  # aiohttp asks twice
    with pytest.raises(HostUnreachableError, match="was cut") as caught:
        Pushed(endpoint).run()
    assert "goes on with the delivery, or takes it back" in caught.value.kept
    assert "edd jobs, edd ps" in caught.value.advice


def test_a_push_of_small_parts_makes_no_request_too_many(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.bases.clear()
    Pushed(endpoint, blob(b"a small layer")).run()
    seen = receiving.talking.seen
    verbs = [f"{one.method} {one.path.split('/')[4]}" for one in seen]
    assert verbs == ["POST offer", "POST assemble"]
    assert receiving.sent[digest(CONFIG)] == CONFIG
    assert receiving.sent[digest(NEW)] == b"a small layer"


def test_a_host_of_another_kind_is_not_asked_again(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.fails("offer", lambda _: web.json_response([1]))
    with pytest.raises(HostUnreachableError, match="did not answer as an ED daemon"):
        Pushed(endpoint).run()


def test_the_delivery_of_somebody_else_is_not_taken_for_ours(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    def lost(request: web.Request) -> web.Response:
        failure = {"code": "unhealthy", "detail": "It died.", "step": "wait-healthy"}
        receiving.jobs.append(job(1, "alice", "failed", **failure, log="no database"))
        receiving.jobs.append(job(2, "bob", "succeeded"))
        receiving.jobs.append(job(3, "alice", "succeeded", kind="restart"))
        return hang_up(request)

    receiving.fails("assemble", lost)
    with pytest.raises(UnhealthyError, match="It died") as caught:
        Pushed(endpoint).run()
    assert caught.value.data["log"] == "no database"


def test_a_delivery_that_ended_while_the_link_was_cut_is_not_begun_again(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    def lost(request: web.Request) -> web.Response:
        receiving.jobs.append(job(1, "alice", "succeeded", release=1))
        return hang_up(request)

    receiving.fails("assemble", lost)

    outcome = Pushed(endpoint).run()

    assert (outcome.outcome, outcome.job) == ("success", 1)
    assert receiving.assemblies == []


def test_the_job_that_the_host_named_is_followed_whatever_else_the_same_caller_began(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    async def begins(request: web.Request) -> web.StreamResponse:
        receiving.jobs.append(job(1, "alice", "failed", step="wait-healthy", code="unhealthy"))
        receiving.jobs.append(job(2, "alice", "succeeded", release=2))
        receiving.jobs.append(job(3, "alice", "failed", step="wait-healthy", code="unhealthy"))
        answer = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await answer.prepare(request)
        first = {"event": "progress", "step": "load", "message": "job 2 begins", "job": 2}
        await answer.write(json.dumps(first).encode() + b"\n")
        hang_up(request)
        return answer

    receiving.talking.handle("POST", f"{ONE}/assemble", begins)

    outcome = Pushed(endpoint).run()

    assert (outcome.outcome, outcome.job) == ("success", 2)
    asked = [one.path for one in receiving.talking.seen].count(f"{ONE}/assemble")
    assert asked == 1


def test_a_blob_whose_beginning_the_host_lost_is_sent_anew_once(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.bases = {}
    receiving.received[digest(NEW)] = 1000
    receiving.torn = True
    pushed = Pushed(endpoint)

    assert pushed.run().outcome == "success"

    assert receiving.sent[digest(NEW)] == NEW


def test_a_blob_that_was_sent_whole_and_is_another_ends_the_push(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.bases = {}
    receiving.refuses("part", "digest-mismatch", 422, advice="Send it again from its first byte.")
    with pytest.raises(DigestMismatchError) as caught:
        Pushed(endpoint).run()
    assert "make the archive anew" in caught.value.advice


@pytest.mark.parametrize("fault", [OSError(28, "No space left"), EOFError(), zlib.error("bad")])
def test_a_layer_that_cannot_be_read_is_told(
    receiving: ReceivingHost, endpoint: Endpoint, fault: Exception
) -> None:
    def opened() -> BinaryIO:
        raise fault

    with pytest.raises(SourceError, match="cannot be read here"):
        Pushed(endpoint, Blob(opened)).run()


def test_without_room_for_patches_the_whole_layer_is_sent(
    receiving: ReceivingHost, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    pushed = Pushed(endpoint)
    assert pushed.run().outcome == "success"
    assert pushed.layers == WHOLE


def test_what_an_earlier_attempt_of_a_push_sent_is_not_counted_as_present(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.bases = {}
    receiving.refuses("assemble", "invalid-archive", 400, missing=["sha256:1"])
    pushed = Pushed(endpoint)

    pushed.run()

    assert pushed.layers == WHOLE


def test_every_attempt_of_a_push_counts_in_what_reading_the_image_cost(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.bases = {}
    receiving.refuses("assemble", "invalid-archive", 400, missing=["sha256:1"])
    pushed = Pushed(endpoint)
    pushed.here.preparing = 0.1

    pushed.run()

    assert pushed.seconds["prepare"] >= 0.2


def test_a_host_that_is_slow_though_near_gets_the_whole_layer(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.timing = "total;dur=1000"  # more than it took, however busy this machine is
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == WHOLE


def test_a_far_host_whose_link_proved_fast_gets_the_whole_layer(
    receiving: ReceivingHost, endpoint: Endpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(links, "LIKE", 1000.0)
    known, place = links.Links(tmp_path / "cache" / "edd"), HostClient(endpoint).place
    known.note(place, Link(FAR), links.ENOUGH, 0.01)
    receiving.base_bytes = 30_000_000
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == WHOLE


@pytest.mark.parametrize("broken", [False, True])
def test_how_fast_a_layer_went_is_remembered_unless_something_held_it_up(
    broken: bool,
    receiving: ReceivingHost,
    endpoint: Endpoint,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(links, "ENOUGH", 1000)
    monkeypatch.setattr(links, "LIKE", 1000.0)
    receiving.bases.clear()
    if broken:
        receiving.fails("part", hang_up)
    Pushed(endpoint).run()
    link = links.Links(tmp_path / "cache" / "edd").link(HostClient(endpoint).place, FAR)
    assert (link.rate is None) is broken


@pytest.mark.parametrize("fails", [False, True])
def test_an_engine_learns_while_a_layer_is_sent_slowly_and_no_longer(
    receiving: ReceivingHost, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, *, fails: bool
) -> None:
    monkeypatch.setattr(reading, "IDLE", 0.01)
    receiving.bases.clear()
    pushed = Pushed(endpoint)
    pushed.here.learning_fails = fails
    assert pushed.run().outcome == "success"
    assert pushed.layers == WHOLE
    assert pushed.learning == ["began", "ended"]


def test_nothing_learns_beside_what_is_sent_soon(
    receiving: ReceivingHost, endpoint: Endpoint
) -> None:
    receiving.bases.clear()
    pushed = Pushed(endpoint)
    pushed.run()
    assert pushed.layers == WHOLE
    assert pushed.learning == []
