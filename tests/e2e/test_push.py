"""A push sends what the host lacks, goes on after a break, and reads nobody else's layers."""

import json
import os
import re
import shutil
import subprocess
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from edd.model.caller import Role
from edd.trust.hosts import HostList
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import (
    Image,
    big_image,
    files_layer,
    image_id,
    website_image,
    write_archive,
)
from tests.support.ports import free_port
from tests.support.processes import wait_until
from tests.support.relay import Relay
from tests.unit.delta.patching import digest_of, patch_of

MIB = 1 << 20


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Any:
    args = [f"--network host -e PORT={free_port()}" for _ in range(2)]
    places = [Place("website", args[0], stable=0.0), Place("shop", args[1], stable=0.0)]
    with Daemon(tmp_path / "edd", clean_engine.socket, places) as daemon:
        yield daemon


def archive(host: Daemon, image: Image) -> str:
    return str(write_archive(host.root / f"{image_id(image)[7:19]}.tar", image))


def push(host: Daemon, image: Image, deployment: str = "website", to: str = "admin") -> Any:
    """Push an archive and return the JSON that tells what it cost."""
    done = host.cli("-o", "json", "push", archive(host, image), deployment, host=to)
    return json.loads(done.stdout)


def over(host: Daemon, relay: Relay, name: str = "relayed") -> str:
    """Know the host under another name, by way of ``relay``."""
    client = host.trust.client(name, relay.port, Role.ADMIN, ())
    HostList.of_user(host.environment).add(name, client.bundle)
    return name


def spooled(host: Daemon) -> int:
    """Return the bytes in the spool, where blobs come and go while they are added up."""
    size = 0
    for path in (host.state / "spool").glob("*/*"):
        with suppress(FileNotFoundError):
            size += path.stat().st_size
    return size


def extracted(host: Daemon) -> int:
    """Return the bytes that the engine wrote out and that are still there."""
    return sum(path.stat().st_size for path in (host.state / "extracts").glob("*/*"))


def test_the_second_push_sends_the_layer_that_changed(host: Daemon) -> None:
    first = push(host, website_image("website:1", "one"))
    assert first["layers"] == {"present": 0, "patched": 0, "whole": 2}

    second = push(host, website_image("website:2", "two"))

    assert second["layers"] == {"present": 1, "patched": 0, "whole": 1}
    assert second["sent_bytes"] < 2000 < first["sent_bytes"] < first["image_bytes"]
    assert second["outcome"] == "success"
    assert spooled(host) == 0


def test_an_image_of_the_local_engine_is_offered_before_it_is_saved(
    host: Daemon, clean_engine: TestEngine
) -> None:
    host.environment["DOCKER_HOST"] = clean_engine.url
    clean_engine.load(Path(archive(host, website_image("website:1", "one"))))
    sent = json.loads(host.cli("-o", "json", "push", "website:1", "website").stdout)
    assert sent["layers"]["present"] == 2  # sender and host share an engine here

    again = json.loads(host.cli("-o", "json", "push", "website:1", "website").stdout)

    assert again["outcome"] == "unchanged"
    assert again["sent_bytes"] == 0
    assert "prepare" not in again["seconds"]


def website_with(page: str, files: int = 300) -> Image:
    """An image whose upper layer has many files, of which one changes with ``page``."""
    noise = {f"www/{number}.bin": Random(number).randbytes(4000) for number in range(files)}
    image = website_image(f"website:{page}", page)
    layer = files_layer(noise | {"www/index.html": page.encode()})
    return replace(image, layers=[*image.layers[:-1], layer])


def test_far_away_a_changed_layer_travels_as_a_patch(host: Daemon) -> None:
    push(host, website_with("one"))
    with Relay(host.port, delay=0.02) as relay:
        sent = push(host, website_with("two"), to=over(host, relay))
    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
    assert sent["outcome"] == "success"
    assert sent["sent_bytes"] < 3000
    assert sent["received_bytes"] == 0  # the old layer is kept here
    assert spooled(host) == extracted(host) == 0


def test_far_away_a_first_delivery_is_a_patch_against_what_another_deployment_runs(
    host: Daemon,
) -> None:
    push(host, website_with("one"))
    with Relay(host.port, delay=0.02) as relay:
        sent = push(host, website_with("two"), "shop", to=over(host, relay))
    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
    assert sent["outcome"] == "success"


def test_a_sender_that_never_had_the_old_layer_sends_what_is_new(host: Daemon) -> None:
    push(host, website_with("one"))
    shutil.rmtree(host.root / "cache")
    with Relay(host.port, delay=0.02) as relay:
        sent = push(host, website_with("two"), to=over(host, relay))
    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
    assert sent["sent_bytes"] < 3000
    assert 0 < sent["received_bytes"] < 20_000


def test_the_last_build_in_the_senders_engine_serves_though_it_lost_its_name(host: Daemon) -> None:
    push(host, website_with("one"))
    shutil.rmtree(host.root / "cache")
    with TestEngine() as sender, Relay(host.port, delay=0.02) as relay:
        for page in ("one", "two"):
            built = replace(website_with(page), tags=["website:latest"])
            sender.load(write_archive(host.root / "built.tar", built))
        host.environment["DOCKER_HOST"] = sender.url
        done = host.cli("-o", "json", "push", "website", "website", host=over(host, relay))
    assert "comparing with an image of this machine's engine" in done.stderr
    sent = json.loads(done.stdout)
    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
    assert sent["sent_bytes"] < 3000
    assert sent["received_bytes"] == 0


def test_a_kept_layer_that_is_another_costs_the_whole_layer_and_no_more(host: Daemon) -> None:
    push(host, website_with("one"))
    new = b"".join(website_with("two").layers[-1].read())
    for layer in (host.root / "cache/edd/layers").iterdir():
        layer.write_bytes(new)  # "the host has all of this" would be said of it
    with Relay(host.port, delay=0.02) as relay:
        name = over(host, relay)
        done = host.cli("push", archive(host, website_with("two")), "website", host=name)
    assert "the whole layer is sent" in done.stderr
    assert "serves" in done.stdout


def test_a_patch_that_is_none_changes_nothing(host: Daemon) -> None:
    first = push(host, website_with("one"))
    rubbish, config = os.urandom(5000), b"{}"
    blobs = [digest_of(content) for content in (rubbish, config)]
    for digest, content in zip(blobs, (rubbish, config), strict=True):
        status, _ = part(host, digest, content)
        assert status == 200

    body = json.dumps({"image": blobs[1], "patches": [blobs[0]]})
    status, answer = host.curl("/v1/website/assemble", "--json", body)

    assert status == 400, answer
    assert json.loads(answer)["patch"] == blobs[0]
    assert host.get("/v1/website")["image"] == first["image"]


def part(host: Daemon, digest: str, content: bytes) -> tuple[int, str]:
    """Send a whole blob as one part."""
    headers = ("-H", "Upload-Offset: 0", "-H", "Upload-Complete: ?1")
    file = host.root / "part"
    file.write_bytes(content)
    words = ("-X", "PATCH", *headers, "--data-binary", f"@{file}")
    return host.curl(f"/v1/website/blobs/{digest}", *words)


def test_a_host_that_lost_its_state_builds_upon_the_images_it_has(host: Daemon) -> None:
    push(host, website_image("website:1", "one"))
    host.stop()
    shutil.rmtree(host.state)
    host.start()

    second = push(host, website_image("website:2", "two"))

    assert second["release"] == 1
    assert second["layers"] == {"present": 1, "patched": 0, "whole": 1}


def test_a_terminal_reads_what_was_sent_of_how_much(host: Daemon) -> None:
    push(host, website_image("website:1", "one"))
    done = host.cli("push", archive(host, website_image("website:2", "two")), "website")
    assert re.search(r"sent \d{3} B of 2\.0 MB", done.stdout)


def test_a_caller_of_one_deployment_is_not_told_of_anothers_layers(host: Daemon) -> None:
    keeper = host.client("keeper", Role.DEPLOYER, ("shop",))
    push(host, website_image("website:1", "secret"))
    layers = [f"sha256:{layer.digest}" for layer in website_image("website:1", "secret").layers]

    body = json.dumps({"layers": layers})
    refused = host.curl("/v1/shop/skeletons", "--json", body, client=keeper)
    allowed = host.curl("/v1/website/skeletons", "--json", body, "-o", "/dev/null")

    assert refused[0] == 400
    assert "you may build upon" in refused[1]
    assert allowed[0] == 200


def test_what_an_administrator_had_written_out_is_not_told_to_another(host: Daemon) -> None:
    keeper = host.client("keeper", Role.DEPLOYER, ("shop",))
    push(host, website_image("website:1", "secret"))
    layers = [f"sha256:{layer.digest}" for layer in website_image("website:1", "secret").layers]
    body = json.dumps({"layers": layers})
    host.curl("/v1/shop/skeletons", "--json", body, "-o", "/dev/null")
    assert extracted(host) > 0

    status, answer = host.curl("/v1/shop/skeletons", "--json", body, client=keeper)

    assert status == 400
    assert "you may build upon" in answer


def test_a_caller_of_one_deployment_does_not_build_on_anothers_layers(host: Daemon) -> None:
    host.client("keeper", Role.DEPLOYER, ("shop",))
    push(host, website_image("website:1", "secret"))

    told = push(host, website_image("shop:1", "secret"), "shop", to="keeper")
    again = push(host, website_image("shop:2", "mine"), "shop", to="keeper")

    assert told["layers"] == {"present": 0, "patched": 0, "whole": 2}
    assert again["layers"] == {"present": 1, "patched": 0, "whole": 1}


def test_a_link_that_breaks_again_and_again_costs_little_more(host: Daemon) -> None:
    image = big_image("website:1", 24, layers=2)
    with Relay(host.port, breaks=lambda borne: borne > 3 * MIB) as relay:
        sent = push(host, image, to=over(host, relay))
    assert relay.broken >= 6
    assert sent["outcome"] == "success"
    # What a broken connection had in its buffers is sent again, and nothing else.
    assert relay.up < 24 * MIB + relay.broken * 2 * MIB


def test_a_client_that_is_killed_goes_on_where_it_was(host: Daemon) -> None:
    image = archive(host, big_image("website:1", 16))
    with Relay(host.port, rate=6 * MIB) as relay:
        name = over(host, relay)
        with subprocess.Popen(
            [EDD, "-H", name, "push", image, "website"], env=host.environment
        ) as client:
            wait_until(lambda: spooled(host) > 5 * MIB, 30, "some of it arrived")
            client.kill()
        host.cli("push", image, "website", host=name)
        # What was under way when it was killed, in both ends' buffers, travels twice at most.
        assert relay.up < 20 * MIB


def test_a_daemon_that_is_killed_keeps_what_arrived(host: Daemon) -> None:
    image = archive(host, big_image("website:1", 16))
    with Relay(host.port, rate=6 * MIB) as relay:
        command: list[str | Path] = [
            EDD,
            "-H",
            over(host, relay),
            "-o",
            "json",
            "push",
            image,
            "website",
        ]
        with subprocess.Popen(
            command, env=host.environment, stdout=subprocess.PIPE, text=True
        ) as client:
            wait_until(lambda: spooled(host) > 5 * MIB, 30, "some of it arrived")
            host.kill9()
            time.sleep(0.5)
            host.start()
            printed = client.communicate(timeout=60)[0]
        assert client.returncode == 0, printed
        assert json.loads(printed)["outcome"] == "success"
        assert relay.up < 18 * MIB


def test_an_image_that_does_not_get_healthy_is_not_sent_again(host: Daemon) -> None:
    image = archive(host, website_image("website:1", "one", broken="exits"))
    failed = host.cli("push", image, "website", check=False)
    assert failed.returncode != 0
    assert spooled(host) > MIB

    again = host.cli("-o", "json", "push", image, "website", check=False)

    assert "unhealthy" in again.stdout or "start-failed" in again.stdout
    assert spooled(host) > MIB


def test_a_layer_that_is_not_what_it_is_called_changes_nothing(host: Daemon) -> None:
    image = website_image("website:1", "one")
    path = Path(archive(host, image))
    content = bytearray(path.read_bytes())
    content[content.index(b"one")] ^= 1
    path.write_bytes(bytes(content))

    refused = host.cli("push", str(path), "website", check=False)

    assert refused.returncode == 6, refused.stderr
    assert "hashes to" in refused.stderr
    assert host.get("/v1/website/releases") == []


def test_a_push_that_ends_well_takes_nothing_of_one_that_is_under_way(host: Daemon) -> None:
    coming = os.urandom(MIB)
    assert part(host, digest_of(coming), coming)[0] == 200

    push(host, website_image("website:1", "one"))

    assert spooled(host) == MIB


def test_what_was_sent_for_a_release_that_failed_goes_once_a_mended_one_serves(
    host: Daemon,
) -> None:
    bad = archive(host, website_image("website:1", "bad", broken="exits"))
    assert host.cli("push", bad, "website", check=False).returncode == 1

    push(host, website_image("website:2", "mended"))

    assert spooled(host) == 0


def test_the_spool_is_bounded_by_the_largest_archive(host: Daemon) -> None:
    host.settings["max_archive"] = "4 MiB"
    host.restart()
    content = os.urandom(6 * MIB)

    status, answer = part(host, digest_of(content), content)

    assert (status, json.loads(answer)["code"]) == (413, "too-large")
    assert spooled(host) <= 4 * MIB


def test_what_makes_the_spool_full_gives_way_to_what_comes_next(host: Daemon) -> None:
    host.settings["max_archive"] = "4 MiB"
    host.restart()
    for size in (3, 3, 6, 3):
        content = os.urandom(size * MIB)
        status, _ = part(host, digest_of(content), content)

    assert status == 200


def test_tiny_patches_fill_no_more_than_the_spool(host: Daemon) -> None:
    first = push(host, website_with("one"))
    host.settings["max_archive"] = "4 MiB"
    host.restart()
    patches = [patch_of(bytes([number]) * (3 * MIB), []) for number in range(2)]
    for content in (*patches, b"{}"):
        assert part(host, digest_of(content), content)[0] == 200

    body = {"image": digest_of(b"{}"), "patches": [digest_of(patch) for patch in patches]}
    status, answer = host.curl("/v1/website/assemble", "--json", json.dumps(body))

    assert (status, json.loads(answer)["patch"]) == (413, digest_of(patches[1]))
    assert spooled(host) < 4 * MIB
    assert host.get("/v1/website")["image"] == first["image"]


def test_an_image_larger_than_an_archive_may_be_is_no_hindrance_to_patches_against_it(
    host: Daemon,
) -> None:
    push(host, website_with("one"))
    host.settings["max_archive"] = "1500 KiB"
    host.restart()

    with Relay(host.port, delay=0.02) as relay:
        sent = push(host, website_with("two"), to=over(host, relay))

    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 0}
    assert extracted(host) == 0


def test_a_plan_tells_what_of_the_image_a_push_would_send(host: Daemon) -> None:
    push(host, website_image("website:1", "one"))
    second = archive(host, website_image("website:2", "two"))

    plan = json.loads(host.cli("-o", "json", "plan", second, "website").stdout)

    assert (plan["send_bytes"], plan["image_bytes"]) == (10240, 1996800)
    assert plan["layers"] == {"present": 1, "patchable": 0, "whole": 1}
    assert "1 of 2 layers, 10 kB at most, of 2.0 MB" in host.cli("plan", second, "website").stdout


def test_a_link_that_breaks_while_the_host_delivers_does_not_hide_the_end(host: Daemon) -> None:
    image = archive(host, website_image("website:1", "one"))
    with Relay(host.port) as relay:
        name = over(host, relay)
        command: list[str | Path] = [EDD, "-H", name, "-o", "json", "push", image, "website"]
        with subprocess.Popen(
            command, env=host.environment, stdout=subprocess.PIPE, text=True
        ) as client:
            wait_until(lambda: host.get("/v1/jobs"), 30, "the job began")
            relay.cut()
            printed = client.communicate(timeout=60)[0]
    assert client.returncode == 0, printed
    assert json.loads(printed)["release"] == 1


def test_a_daemon_that_is_killed_while_it_delivers_is_asked_again(host: Daemon) -> None:
    image = archive(host, website_image("website:1", "one"))
    command: list[str | Path] = [EDD, "-H", "admin", "-o", "json", "push", image, "website"]
    with subprocess.Popen(
        command, env=host.environment, stdout=subprocess.PIPE, text=True
    ) as client:
        wait_until(lambda: host.get("/v1/jobs"), 30, "the job began")
        host.kill9()
        host.start()
        printed = client.communicate(timeout=60)[0]
    assert client.returncode == 0, printed
    assert json.loads(printed)["outcome"] == "success"
    assert [job["state"] for job in host.get("/v1/jobs")][-1] == "interrupted"
