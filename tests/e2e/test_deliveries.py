"""Deliveries on a real engine: replace, return, keep, roll back, refuse."""

import json
import re
import subprocess
import threading
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Image, website_image, write_archive
from tests.support.ports import free_port


class Host:
    """A host with deployments whose pages can be read."""

    def __init__(self, engine: TestEngine, root: Path, **more: Any) -> None:
        self.engine, self.root = engine, root
        self.port = free_port()
        self.place = Place("website", f"--network host -e PORT={self.port}", stable=0.3, more=more)
        self.daemon = Daemon(root / "edd", engine.socket, [self.place])

    def image(self, text: str, **facts: Any) -> Path:
        return write_archive(
            self.root / f"{text}.tar", website_image("site:1", text, **({"healthy": None} | facts))
        )

    def push(self, text: str, *, code: int = 0, **facts: Any) -> "subprocess.CompletedProcess[str]":
        done = self.daemon.cli(
            "-o", "json", "push", str(self.image(text, **facts)), "website", check=False
        )
        assert done.returncode == code, done.stdout + done.stderr + self.daemon.log()
        return done

    def page(self) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            return str(answer.read().decode())

    def releases(self) -> dict[int, str]:
        return {each["number"]: each["state"] for each in self.daemon.get("/v1/website/releases")}


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Any:
    host = Host(clean_engine, tmp_path, keep=3)
    with host.daemon:
        yield host


def test_a_delivery_replaces_what_ran(host: Host) -> None:
    host.push("one")
    assert host.page() == "one"

    outcome = json.loads(host.push("two").stdout)

    assert host.page() == "two"
    assert outcome["outcome"] == "success"
    assert outcome["release"] == 2
    assert host.engine.containers() == ["ed_website"]
    assert host.engine.inspect("ed_website:latest")["Id"] == outcome["image"]


def test_the_first_event_of_a_delivery_names_its_job(host: Host) -> None:
    host.push("one")
    with host.image("two").open("rb") as archive:
        words = ["-X", "POST", "-T", "-", "-H", "Accept: application/x-ndjson"]
        _, body = host.daemon.curl("/v1/website/load", *words, stdin=archive)

    events = [json.loads(line) for line in body.splitlines()]
    assert events[0]["job"] == events[-1]["job"] == host.daemon.get("/v1/jobs")[0]["id"]
    assert events[-1]["outcome"] == "success"


def test_the_image_that_runs_already_changes_nothing(host: Host) -> None:
    host.push("one")
    before = host.engine.inspect("ed_website")["Id"]

    outcome = json.loads(host.push("one").stdout)

    assert outcome["outcome"] == "unchanged"
    assert host.engine.inspect("ed_website")["Id"] == before
    assert host.releases() == {1: "current"}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"broken": "exits"}, "exit code 3"),
        ({"broken": "exits-late", "healthy": True}, "exit code 4"),
        ({"broken": "no-command"}, "no such file"),
        ({"healthy": False}, "health check failed"),
    ],
)
def test_a_broken_release_lets_the_old_one_serve_again(
    host: Host, facts: dict[str, Any], reason: str
) -> None:
    host.push("good")

    failure = host.push("bad", code=1, **facts)

    assert host.page() == "good"
    assert host.engine.containers() == ["ed_website"]
    assert host.releases() == {1: "current", 2: "failed"}
    assert reason in failure.stdout + failure.stderr
    assert "serves again" in failure.stdout + failure.stderr
    if facts.get("broken") == "exits":
        assert "cannot read /config" in failure.stdout + failure.stderr


@pytest.mark.parametrize(
    ("args", "least", "most"), [("", 1.5, 5.0), ("--stop-timeout 6 ", 5.5, 9.0)]
)
def test_a_failed_container_that_does_not_heed_sigterm_has_little_time_unless_it_is_told(
    clean_engine: TestEngine, tmp_path: Path, args: str, least: float, most: float
) -> None:
    host = Host(clean_engine, tmp_path)
    host.daemon.settings["deployments"] = [replace(host.place, args=args + host.place.args).table()]
    with host.daemon:
        host.push("good")
        began = time.time()
        host.push("bad", code=1, broken="deaf", healthy=False)

        words = [
            "--since",
            f"{began:.3f}",
            "--until",
            f"{time.time():.3f}",
            "--format",
            "{{json .}}",
        ]
        told = host.engine.docker("events", *words, "--filter", "label=edd.release=2")
        events = [json.loads(line) for line in told.splitlines()]
        signals = [
            (each["Actor"]["Attributes"]["signal"], each["timeNano"] / 1e9)
            for each in events
            if each["Action"] == "kill"
        ]
        assert [name for name, _ in signals] == ["15", "9"]
        assert least < signals[1][1] - signals[0][1] < most
        assert host.page() == "good"


def test_the_same_tag_deploys_after_it_was_mended(host: Host) -> None:
    host.push("good")
    host.push("bad", code=1, broken="exits")

    host.push("mended")

    assert host.page() == "mended"
    assert host.releases()[3] == "current"


def test_a_first_delivery_that_fails_leaves_nothing(host: Host) -> None:
    host.push("bad", code=1, broken="exits")

    assert host.engine.containers() == []
    assert host.engine.docker("images", "--quiet") == ""


def test_rollbacks_step_back_and_skip_what_was_withdrawn(host: Host) -> None:
    for text in ("one", "two", "three"):
        host.push(text)

    host.daemon.cli("rollback", "website")
    assert host.page() == "two"
    host.daemon.cli("rollback", "website")
    assert host.page() == "one"
    host.daemon.cli("rollback", "website", "3")
    assert host.page() == "three"

    kinds = [job["kind"] for job in host.daemon.get("/v1/jobs")]
    assert kinds[:3] == ["rollback"] * 3


def test_a_paused_container_goes_on_when_it_is_started_and_is_replaced_by_a_push(
    host: Host,
) -> None:
    host.push("one")
    host.engine.docker("pause", "ed_website")
    host.daemon.cli("start", "website")
    assert host.page() == "one"

    host.engine.docker("pause", "ed_website")
    host.push("one")
    assert host.page() == "one"


def test_a_rollback_to_nowhere_is_refused_and_is_no_failed_delivery(host: Host) -> None:
    host.push("one")
    before = host.daemon.get("/v1/jobs")

    assert host.daemon.cli("rollback", "website", "99", check=False).returncode == 3
    assert host.daemon.cli("rollback", "website", check=False).returncode == 3
    assert host.daemon.cli("rollback", "elsewhere", check=False).returncode == 3

    assert host.daemon.get("/v1/jobs") == before
    assert host.page() == "one"


def test_only_superseded_images_of_ours_are_pruned(host: Host) -> None:
    foreign = write_archive(host.root / "foreign.tar", website_image("postgres:9", "foreign"))
    host.engine.load(foreign)
    host.engine.load(write_archive(host.root / "dangling.tar", website_image("gone:1", "dangling")))
    dangling = host.engine.inspect("gone:1")["Id"]
    host.engine.docker("run", "-d", "--name", "keeper", dangling)
    host.engine.docker("rmi", "--force", "gone:1")

    for number in range(5):
        host.push(f"v{number}")

    tags = host.engine.docker("images", "--format", "{{.Tag}}", "ed_website").split()
    assert sorted(tags) == ["latest", "release-3", "release-4", "release-5"]
    assert host.engine.inspect("postgres:9")
    assert dangling in host.engine.image_ids()
    assert host.daemon.cli("rollback", "website", "1", check=False).returncode == 3
    host.daemon.cli("rollback", "website", "3")
    assert host.page() == "v2"


def test_an_archive_cannot_retag_another_image(host: Host) -> None:
    mine = write_archive(host.root / "mine.tar", website_image("postgres:9", "mine"))
    host.engine.load(mine)
    before = host.engine.inspect("postgres:9")["Id"]
    hostile = write_archive(
        host.root / "hostile.tar", website_image("postgres:9", "hostile", healthy=None)
    )

    host.daemon.cli("push", str(hostile), "website")

    assert host.engine.inspect("postgres:9")["Id"] == before
    assert host.page() == "hostile"


def test_of_several_images_the_deployments_own_is_taken(host: Host) -> None:
    images: list[Image] = [
        website_image("postgres:9", "wrong"),
        website_image("example.org/team/website:7", "right", healthy=None),
    ]

    host.daemon.cli("push", str(write_archive(host.root / "two.tar", *images)), "website")

    assert host.page() == "right"


def test_an_image_with_two_tags_or_none_loads(host: Host) -> None:
    for number, tags in enumerate([["a:1", "b:2"], []]):
        image = website_image("x:1", f"tags{number}", healthy=None)
        changed = Image(tags, image.config, image.layers)
        host.daemon.cli("push", str(write_archive(host.root / "t.tar", changed)), "website")
        assert host.page() == f"tags{number}"


def test_a_foreign_container_of_that_name_is_taken_over_and_returned_to(host: Host) -> None:
    archive = write_archive(host.root / "old.tar", website_image("old:1", "old", port=host.port))
    host.engine.load(archive)
    host.engine.docker("run", "-d", "--network", "host", "--name", "ed_website", "old:1")

    host.push("bad", code=1, broken="exits")
    assert host.page() == "old"

    host.push("new")
    assert host.page() == "new"


def test_what_was_stopped_stays_down_and_what_ran_comes_back(host: Host) -> None:
    host.push("one")
    host.daemon.cli("stop", "website")
    host.engine.restart()
    host.daemon.restart()
    time.sleep(2)
    assert host.engine.containers(running=True) == []
    assert host.daemon.get("/v1/deployments/website")["desired"] == "stopped"

    host.daemon.cli("start", "website")
    assert host.daemon.get("/v1/deployments/website")["desired"] == "running"
    host.engine.restart()
    wait_for_page(host, "one")


def test_containers_run_on_while_edd_is_replaced(host: Host) -> None:
    host.push("one")
    before = host.engine.inspect("ed_website")["State"]["StartedAt"]

    host.daemon.stop()
    assert host.page() == "one"
    host.daemon.start()

    assert host.page() == "one"
    assert host.engine.inspect("ed_website")["State"]["StartedAt"] == before
    assert host.releases() == {1: "current"}


def test_remove_keeps_the_releases(host: Host) -> None:
    host.push("one")

    host.daemon.cli("remove", "website", "--yes")

    assert host.engine.containers() == []
    assert host.daemon.cli("start", "website", check=False).returncode == 3
    host.daemon.cli("rollback", "website")
    assert host.page() == "one"


def test_a_change_of_arguments_makes_a_new_container_of_the_same_image(host: Host) -> None:
    host.push("one")
    args = f"--network host -e PORT={host.port} -e EXTRA=1"
    host.daemon.settings["deployments"][0]["args"] = args
    host.daemon.write_config()
    host.daemon.cli("reload")

    outcome = json.loads(host.push("one").stdout)

    assert outcome["outcome"] == "success"
    assert "EXTRA=1" in host.engine.inspect("ed_website")["Config"]["Env"]


def test_a_container_is_made_as_docker_run_would(host: Host) -> None:
    host.push("one")

    facts = host.engine.inspect("ed_website")

    assert facts["Config"]["Tty"]
    assert facts["Config"]["OpenStdin"]
    assert facts["HostConfig"]["NetworkMode"] == "host"


def test_a_second_delivery_is_told_who_holds_the_first(host: Host) -> None:
    slow = host.image("slow", healthy=True)
    first = subprocess.Popen(
        [EDD, "-H", "admin", "push", str(slow), "website"],
        env=host.daemon.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for_job(host)

    second = host.daemon.cli("push", str(slow), "website", check=False)

    assert second.returncode == 5
    assert "held by admin" in second.stderr
    assert first.wait(60) == 0


def test_start_first_serves_without_a_pause(clean_engine: TestEngine, tmp_path: Path) -> None:
    host = Host(clean_engine, tmp_path)
    host.daemon.settings["deployments"] = [
        Place("website", "--network none", stable=0.5, more={"start_first": True}).table()
    ]
    with host.daemon:
        host.push("one")
        looks: list[int] = []
        watcher = threading.Thread(target=count_running, args=(host.engine, looks))
        watcher.start()
        outcome = json.loads(host.push("two").stdout)
        looks.append(-1)
        watcher.join()

    assert outcome["downtime"] == 0
    assert min(look for look in looks if look >= 0) >= 1


def count_running(engine: TestEngine, looks: list[int]) -> None:
    while -1 not in looks:
        looks.append(len(engine.containers(running=True)))


def wait_for_job(host: Host) -> None:
    end = time.monotonic() + 30
    while not any(job["state"] == "running" for job in host.daemon.get("/v1/jobs")):
        assert time.monotonic() < end
        time.sleep(0.02)


def wait_for_page(host: Host, text: str) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            assert host.page() == text
        except OSError:
            assert time.monotonic() < end, host.daemon.log()
            time.sleep(0.2)
        else:
            return


def test_a_release_whose_image_was_removed_by_hand_is_not_gone_to(host: Host) -> None:
    host.push("one")
    host.push("two")
    host.engine.docker("rmi", "ed_website:release-1")

    done = host.daemon.cli("rollback", "website", check=False)

    assert done.returncode == 3
    assert "removed" in done.stderr
    assert host.page() == "two"


@pytest.mark.parametrize("since", ["10m", "2020-01-01T00:00:00Z"])
def test_logs_are_read_since_a_moment(host: Host, since: str) -> None:
    host.push("one")

    assert "serving on port" in host.daemon.cli("logs", "--since", since, "website").stdout


def test_logs_are_read_until_a_moment_and_with_the_times_of_their_lines(host: Host) -> None:
    host.push("one")

    assert "serving" not in host.daemon.cli("logs", "--until", "10m", "website").stdout
    lines = host.daemon.cli("logs", "--until", "2099-01-01T00:00:00Z", "-t", "website").stdout
    assert re.search(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z serving on port", lines, re.MULTILINE)


def test_a_foreign_container_is_not_found_by_the_beginning_of_its_id(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "site.tar", website_image("site:1", "mine", healthy=None))
    clean_engine.load(archive)
    foreign = clean_engine.docker("run", "-d", "--network", "none", "--name", "theirs", "site:1")
    name = foreign[:4]
    daemon = Daemon(
        tmp_path / "edd",
        clean_engine.socket,
        [Place(name, "--network none", stable=0.3)],
        container_prefix="",
    )
    with daemon:
        daemon.cli("remove", name, "--yes")
        daemon.cli("push", str(archive), name)

    assert sorted(clean_engine.containers(running=True)) == sorted(["theirs", name])
    assert clean_engine.inspect("theirs")["Id"] == foreign


def test_what_lies_under_a_releases_tag_is_not_taken_for_it(host: Host) -> None:
    host.engine.load(
        write_archive(host.root / "stale.tar", website_image("ed_website:release-1", "stale"))
    )

    host.push("fresh")

    assert host.page() == "fresh"
