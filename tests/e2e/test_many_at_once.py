"""Fifty uploads to ten deployments at once, and fourteen pushes."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive
from tests.support.processes import wait_until

PLACES = 10
UPLOADS = 50
PUSHES = 14
GROWTH_KIB = 64 * 1024
"""Each blob on its way in may cost a window of zstd and some pieces, while a slow disk holds it up:
some 2 MiB, and there are up to three for each push."""


def test_fifty_uploads_to_ten_deployments_end_in_ten_good_releases(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    places = [Place(f"site{n}", "--network none", stable=0.5) for n in range(PLACES)]
    archives = [
        write_archive(tmp_path / f"{n}.tar", website_image(f"s:{n}", f"text {n}", healthy=None))
        for n in range(UPLOADS)
    ]

    with Daemon(tmp_path / "edd", clean_engine.socket, places) as daemon:
        before = daemon.resident()

        def upload(number: int) -> "tuple[int, str]":
            return daemon.curl(
                f"/v1/site{number % PLACES}/load", "-X", "POST", "-T", str(archives[number])
            )

        with ThreadPoolExecutor(UPLOADS) as pool:
            answers = list(pool.map(upload, range(UPLOADS)))
        grown = daemon.resident("VmHWM") - before
        statuses = [status for status, _ in answers]
        states = [each["state"] for each in daemon.get("/v1/deployments")]

    assert set(statuses) <= {200, 409}, answers
    assert statuses.count(200) >= PLACES
    assert states == ["running"] * PLACES
    assert len(clean_engine.containers()) == PLACES
    assert grown < GROWTH_KIB


def test_fourteen_images_pushed_at_once_all_serve(clean_engine: TestEngine, tmp_path: Path) -> None:
    places = [Place(f"site{n}", "--network none", stable=0.5) for n in range(PUSHES)]
    archives = [
        write_archive(tmp_path / f"{n}.tar", website_image(f"s:{n}", f"text {n}", healthy=None))
        for n in range(PUSHES)
    ]
    with Daemon(tmp_path / "edd", clean_engine.socket, places) as daemon:
        before = daemon.resident()

        def push(number: int) -> str:
            words = ["-o", "json", "push", str(archives[number]), f"site{number}"]
            outcome: str = json.loads(daemon.cli(*words).stdout)["outcome"]
            return outcome

        with ThreadPoolExecutor(PUSHES) as pool:
            outcomes = list(pool.map(push, range(PUSHES)))
        grown = daemon.resident("VmHWM") - before

    assert outcomes == ["success"] * PUSHES
    assert len(clean_engine.containers()) == PUSHES
    assert grown < GROWTH_KIB


def test_a_client_that_dies_half_way_through_its_archive_changes_nothing(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    with Daemon(tmp_path / "edd", clean_engine.socket) as daemon:
        archive = write_archive(tmp_path / "a.tar", website_image("s:1", "text", healthy=None))
        words = [*daemon.curl_words(daemon.admin), "-X", "POST", "-T", "-"]
        sender = subprocess.Popen(
            [*words, f"{daemon.url}/v1/website/load"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert sender.stdin is not None
        sender.stdin.write(archive.read_bytes()[: 1 << 20])
        sender.stdin.flush()
        wait_for_open_job(daemon)

        sender.kill()
        sender.communicate()
        wait_for_no_open_job(daemon)

        (job,) = daemon.get("/v1/jobs")
        assert (job["state"], job["code"]) == ("failed", "truncated-archive")
        assert clean_engine.image_ids() == set()
        assert clean_engine.containers() == []


def wait_for_open_job(daemon: Daemon) -> None:
    wait_until(lambda: bool(daemon.get("/v1/jobs")), 30, "a job begins", daemon.log)


def wait_for_no_open_job(daemon: Daemon) -> None:
    wait_until(
        lambda: all(job["state"] != "running" for job in daemon.get("/v1/jobs")),
        30,
        "the job ends",
        daemon.log,
    )
