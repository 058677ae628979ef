"""Pushes by hand, over the same mutual TLS: what the specification asks, and what nobody should."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from edd.archive.zstd import compress
from edd.model.caller import Role
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import files_layer, website_image
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.wire import CONFIG, INDEX, LAYER, MANIFEST, Pack, Wire, digest_of, packed

PORT = free_port()
ONE = website_image("website:1", "one", port=PORT)
TWO = website_image("website:2", "two", port=PORT)


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    """A host with two deployments."""
    places = [Place("website", stable=0.0), Place("shop", stable=0.0)]
    with Daemon(tmp_path / "edd", clean_engine.socket, places) as running:
        yield running


@pytest.fixture
def wire(host: Daemon) -> Wire:
    """The administrator's hand."""
    return Wire(host, host.admin)


def served(receiver: TestEngine) -> str:
    """Return the text that the website serves."""
    return receiver.docker("exec", "ed_website", "/bin/busybox", "cat", "/www/index.html")


def spooled(host: Daemon) -> int:
    """Return the bytes in the spool."""
    return sum(path.stat().st_size for path in (host.state / "spool").rglob("*") if path.is_file())


def zstd(content: bytes) -> bytes:
    """Return ``content`` as one zstd frame."""
    return compress(content)


@pytest.mark.parametrize("pack", [packed, bytes, zstd])
def test_layers_may_come_plain_as_gzip_and_as_zstd(
    wire: Wire, engine: TestEngine, pack: Pack
) -> None:
    assert wire.push(ONE, pack).status == 201

    assert served(engine) == "one"


def test_of_an_index_the_hosts_own_image_runs(wire: Wire, engine: TestEngine) -> None:
    strange = replace(TWO, architecture="s390x")

    assert wire.push_index([strange, ONE]).status == 201

    assert served(engine) == "one"
    assert spooled(wire.host) == 0


def test_an_index_without_the_hosts_platform_is_refused(wire: Wire) -> None:
    answer = wire.push_index([replace(ONE, architecture="s390x")])

    assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")
    assert "linux/s390x" in answer.message


def test_a_manifest_under_its_digest_delivers_nothing(wire: Wire) -> None:
    answer = wire.put(wire.manifest_of(ONE), "")

    assert answer.status == 201
    assert wire.host.get("/v1/website/releases") == []


def test_a_manifest_is_shown_as_long_as_its_image_runs(wire: Wire) -> None:
    latest = "/v2/website/manifests/latest"
    assert wire.ask("HEAD", latest).status == 404
    one = wire.push(ONE).headers["Docker-Content-Digest"]

    shown = [wire.ask("GET", f"/v2/website/manifests/{name}") for name in ("latest", one, "other")]
    assert [each.status for each in shown] == [200, 200, 404]
    assert wire.ask("HEAD", latest).headers["Docker-Content-Digest"] == one

    wire.push(TWO)
    assert wire.ask("HEAD", latest).headers["Docker-Content-Digest"] != one
    wire.host.cli("rollback", "website")
    assert wire.ask("HEAD", latest).status == 404


def test_every_part_of_an_index_may_come_under_its_tag(wire: Wire, engine: TestEngine) -> None:
    image = wire.manifest_of(ONE)
    statement = wire.blob(b"{}", "application/vnd.in-toto+json")
    config = wire.blob(b'{"architecture": "unknown", "os": "unknown"}', CONFIG)
    said = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": [statement]}
    parts = [(image, ONE.architecture, "linux"), (said, "unknown", "unknown")]

    assert [wire.put(part).status for part, *_ in parts] == [201, 201]
    assert wire.put(index_of(parts)).status == 201

    assert served(engine) == "one"
    assert len(wire.host.get("/v1/website/releases")) == 1
    assert spooled(wire.host) == 0


def index_of(parts: list[tuple[dict[str, Any], str, str]]) -> dict[str, Any]:
    """Return an index of manifests, each for an architecture and a system."""
    entries = []
    for manifest, architecture, system in parts:
        content = json.dumps(manifest).encode()
        entry = {"mediaType": MANIFEST, "digest": digest_of(content), "size": len(content)}
        platform = {"architecture": architecture, "os": system}
        entries.append(entry | {"platform": platform})
    return {"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}


def test_a_chunk_out_of_order_is_answered_416_and_the_upload_goes_on(wire: Wire) -> None:
    place = wire.begin()
    wire.ask("PATCH", place, b"abc", Content_Range="0-2")

    early = wire.ask("PATCH", place, b"xyz", Content_Range="7-9")
    again = wire.ask("PATCH", place, b"abc", Content_Range="0-2")
    asked = wire.ask("GET", place)
    good = wire.ask("PUT", f"{place}?digest={digest_of(b'abcdef')}", b"def", Content_Range="3-5")

    assert [early.status, again.status] == [416, 416]
    assert (asked.status, asked.headers["Range"]) == (204, "0-2")
    assert good.status == 201


def test_an_upload_outlives_the_daemon(wire: Wire) -> None:
    place = wire.begin()
    wire.ask("PATCH", place, b"abc", Content_Range="0-2")
    wire.host.kill9()
    wire.host.start()

    assert wire.ask("GET", place).headers["Range"] == "0-2"
    last = wire.ask("PUT", f"{place}?digest={digest_of(b'abcdef')}", b"def", Content_Range="3-5")
    assert last.status == 201


def test_a_blob_under_another_digest_is_refused(wire: Wire) -> None:
    answer = wire.ask("PUT", f"{wire.begin()}?digest={digest_of(b'good')}", b"evil")

    assert (answer.status, answer.code) == (400, "DIGEST_INVALID")
    assert spooled(wire.host) == 0


@pytest.mark.parametrize("harm", ["other", "cut", "garbage"])
def test_a_layer_that_is_not_the_configurations_is_refused(
    wire: Wire, engine: TestEngine, harm: str
) -> None:
    wire.push(ONE)
    manifest = wire.manifest_of(TWO)
    good = packed(b"".join(TWO.layers[1].read()))
    harmed = {"other": packed(b"other"), "cut": good[:-20], "garbage": good[:60] + b"x" * 60}
    manifest["layers"][1] = wire.blob(harmed[harm], LAYER)

    answer = wire.put(manifest)

    assert answer.status == 400
    assert answer.code in {"DIGEST_INVALID", "MANIFEST_INVALID", "DENIED"}
    assert served(engine) == "one"


def test_a_bomb_fills_neither_disk_nor_memory(wire: Wire, engine: TestEngine) -> None:
    wire.push(ONE)
    wire.host.settings["max_archive"] = "32 MiB"
    wire.host.reload()
    image = replace(TWO, layers=[*TWO.layers, files_layer({"zeros": bytes(64 << 20)})])
    wire.host.forget_peak()
    before = wire.host.resident()

    answer = wire.push(image)

    assert (answer.status, answer.code) == (413, "DENIED")
    assert wire.host.resident("VmHWM") - before < 64 << 10
    assert spooled(wire.host) < 2 << 20
    assert served(engine) == "one"


def test_after_a_bomb_the_next_push_works(wire: Wire, engine: TestEngine) -> None:
    wire.host.settings["max_archive"] = "4 MiB"
    wire.host.restart()
    wire.push(replace(ONE, layers=[*ONE.layers, files_layer({"zeros": bytes(8 << 20)})]))

    assert wire.push(TWO).status == 201
    assert served(engine) == "two"


def test_a_deployment_that_filled_the_spool_does_not_shut_out_another(
    host: Daemon, wire: Wire, engine: TestEngine
) -> None:
    shop = Wire(host, host.client("shopkeeper", Role.DEPLOYER, ("shop",)), "shop")
    host.settings["max_archive"] = "4 MiB"
    host.restart()
    for number in range(5):
        shop.blob(bytes([number]) * (1 << 20), LAYER)

    assert wire.push(ONE).status == 201
    assert served(engine) == "one"


def test_a_restart_of_the_daemon_has_nothing_sent_twice(host: Daemon, wire: Wire) -> None:
    manifest = wire.manifest_of(ONE)
    assert wire.put(manifest, "").status == 201
    host.kill9()
    host.start()

    assert all(wire.has(part["digest"]) for part in [manifest["config"], *manifest["layers"]])
    content = json.dumps(manifest).encode()
    platform = {"os": "linux", "architecture": ONE.architecture}
    entry = {"mediaType": MANIFEST, "digest": digest_of(content), "size": len(content)}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry | {"platform": platform}]}
    assert wire.put(index).status == 201


def test_what_was_sent_for_a_release_that_failed_is_not_asked_for_again(wire: Wire) -> None:
    manifest = wire.manifest_of(website_image("website:2", "two", port=PORT, broken="exits"))
    answer = wire.put(manifest)

    assert (answer.status, answer.code) == (400, "DENIED")
    assert "broken: cannot read /config" in answer.message
    assert all(wire.has(layer["digest"]) for layer in manifest["layers"])


def test_a_layer_that_went_since_it_was_said_to_be_there_is_asked_for_again(
    wire: Wire, engine: TestEngine
) -> None:
    wire.push(ONE)
    manifest = wire.manifest_of(TWO)
    assert wire.has(manifest["layers"][0]["digest"])
    engine.clean()

    answer = wire.put(manifest)

    assert (answer.status, answer.code) == (404, "MANIFEST_BLOB_UNKNOWN")
    wait_until(lambda: not wire.has(manifest["layers"][0]["digest"]), 10, "it is known to be gone")
    assert wire.push(TWO).status == 201
    assert served(engine) == "two"


def test_what_another_push_has_sent_by_then_is_still_there(wire: Wire, engine: TestEngine) -> None:
    manifest = wire.manifest_of(TWO)
    assert wire.push(ONE).status == 201

    assert wire.put(manifest).status == 201

    assert served(engine) == "two"
    assert spooled(wire.host) == 0


def test_a_manifest_that_came_before_its_blobs_is_refused(wire: Wire) -> None:
    part = {"digest": digest_of(b"none"), "size": 4}
    manifest = wire.manifest_of(ONE) | {"config": part | {"mediaType": CONFIG}}

    assert wire.put(manifest).code == "MANIFEST_BLOB_UNKNOWN"


@pytest.mark.parametrize("digest", ["sha256:../../../etc/passwd", "/etc/passwd", "sha512:ab"])
def test_a_digest_leads_to_no_other_file(wire: Wire, digest: str) -> None:
    manifest = wire.manifest_of(ONE)
    layer = {"mediaType": LAYER, "digest": digest, "size": 1}

    assert wire.put(manifest | {"layers": [layer]}).code == "MANIFEST_INVALID"
    assert wire.put(manifest | {"config": layer}).code == "MANIFEST_INVALID"


def test_a_diff_id_leads_to_no_other_file(wire: Wire) -> None:
    config = {"os": "linux", "architecture": ONE.architecture}
    config["rootfs"] = {"type": "layers", "diff_ids": ["/etc/passwd"]}  # type: ignore[assignment]
    manifest = wire.manifest_of(ONE)
    manifest["config"] = wire.blob(json.dumps(config).encode(), CONFIG)

    answer = wire.put(manifest | {"layers": manifest["layers"][:1]})

    assert (answer.status, answer.code) == (400, "MANIFEST_INVALID")


def test_another_deployments_packed_layers_are_not_told_of(host: Daemon, wire: Wire) -> None:
    wire.push(ONE)
    manifest = wire.manifest_of(ONE)
    shop = Wire(host, host.client("shopkeeper", Role.DEPLOYER, ("shop",)), "shop")

    assert not any(shop.has(layer["digest"]) for layer in manifest["layers"])


def test_a_client_that_goes_away_does_not_stop_the_rollout(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    with Daemon(tmp_path / "edd", clean_engine.socket, [Place("website", stable=4.0)]) as host:
        wire = Wire(host, host.admin)
        image = website_image("website:1", "one", port=PORT, healthy=None)
        content = json.dumps(wire.manifest_of(image)).encode()
        link = wire.connect()
        link.request("PUT", "/v2/website/manifests/latest", content)
        wait_until(lambda: host.get("/v1/jobs"), 20, "the job begins")
        link.close()

        wait_until(lambda: host.get("/v1/jobs")[0]["state"] == "succeeded", 30, "the job ends")
        assert served(clean_engine) == "one"


def test_a_push_is_in_the_audit_trail_and_its_parts_are_not(wire: Wire) -> None:
    wire.push(ONE)

    entries = wire.host.get("/v1/audit")

    told = [(each["caller"], each["action"], each["deployment"]) for each in entries]
    assert told == [("admin", "push_manifest", "website")]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", f"/v2/website/blobs/{digest_of(b'')}", 405),
        ("DELETE", "/v2/website/manifests/latest", 405),
        ("GET", "/v2/website/tags/list", 405),
        ("GET", "/v2/_catalog", 405),
        ("GET", f"/v2/website/referrers/{digest_of(b'')}", 404),
    ],
)
def test_what_only_a_registry_does_is_refused_by_name(
    wire: Wire, method: str, path: str, status: int
) -> None:
    answer = wire.ask(method, path)

    assert (answer.status, answer.code) == (status, "UNSUPPORTED")


def test_expecting_to_continue_a_refused_sender_sends_nothing(host: Daemon) -> None:
    viewer = Wire(host, host.client("viewer", Role.VIEWER))
    link = viewer.connect()
    link.putrequest("POST", "/v2/website/blobs/uploads/?digest=" + digest_of(b"abc"))
    link.putheader("Expect", "100-continue")
    link.putheader("Content-Length", "3")
    link.endheaders()

    assert link.getresponse().status == 403


def test_a_hundred_unfinished_uploads_are_not_kept(wire: Wire) -> None:
    first = wire.begin()
    for _ in range(80):
        wire.begin()

    assert len([*(wire.host.state / "spool" / "website.upload").iterdir()]) == 64
    assert wire.ask("GET", first).status == 404
