"""What commands ask a host for, and how they show the answer."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.unit.cli.conftest import Edd
from tests.unit.client.talking import TalkingHost

PROGRAM = Path(sys.executable).with_name("edd")
LOAD = "/v1/deployments/website/load"
GZIP = b"\x1f\x8b\x08\x00"
DIGEST = "sha256:" + "ab" * 32
STATUS = {
    "name": "website",
    "state": "running",
    "image": DIGEST,
    "health": "healthy",
    "release": 3,
    "since": "2026-01-01T00:00:00Z",
}
OUTCOME: dict[str, Any] = {
    "event": "outcome",
    "outcome": "success",
    "state": "running",
    "health": "healthy",
    "release": 4,
    "image": DIGEST,
    "downtime": 0.42,
}
FORECAST: dict[str, Any] = {
    "deployment": "website",
    "unchanged": False,
    "send_bytes": 2_000_000,
    "image_bytes": 112_000_000,
    "disk": {"needed": 4_000_000, "free": 9_000_000_000},
    "steps": ["load", "create", "stop-old", "start-new"],
    "downtime": "both claim port 8080",
    "current": 3,
    "next": 4,
    "rollback_to": 3,
    "prunes": [1],
}


def test_ps_lines_its_columns_up(edd: Edd, host: TalkingHost) -> None:
    never = {"name": "a", "state": "stopped", "image": "", "health": "none"}
    host.answer("GET", "/v1/deployments", [STATUS, never])

    lines = edd("ps").out.splitlines()

    assert lines[0].split() == ["NAME", "STATE", "HEALTH", "RELEASE", "IMAGE", "SINCE"]
    assert lines[1].split()[:5] == ["website", "running", "healthy", "3", "abababababab"]
    assert lines[2].split() == ["a", "no", "container", "-", "-", "-", "-"]
    assert len({line.index(word) for line, word in zip(lines, ("STATE", "run", "no "))}) == 1  # noqa: B905


def test_a_container_that_was_started_again_and_again_is_told(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/deployments", [{**STATUS, "restarts": 12}])
    assert "running, restarted 12 times " in edd("ps").out

    host.answer("GET", "/v1/deployments/website", {**STATUS, "restarts": 1})
    assert "running, restarted 1 time\n" in edd("show", "website").out


def test_a_job_that_is_under_way_is_named(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/deployments", [{**STATUS, "job": 12}])
    host.answer("GET", "/v1/deployments/website", {**STATUS, "job": 12})

    assert "running (job 12) " in edd("ps").out
    assert "edd jobs 12" in edd("show", "website").out


def test_a_failing_health_check_is_told_with_what_it_printed(edd: Edd, host: TalkingHost) -> None:
    probe = {"exit_code": 7, "output": "no\x1b[2J\ndatabase"}
    host.answer("GET", "/v1/deployments/website", {**STATUS, "probe": probe})
    shown = edd("show", "website").out
    assert "last check  exit code 7\n" in shown
    assert "it said     no\\x1b[2J\nit said     database\n" in shown

    well = {**STATUS, "probe": {"exit_code": 0, "output": "well"}}
    host.answer("GET", "/v1/deployments/website", well)
    assert "last check" not in edd("show", "website").out


def test_what_a_host_says_cannot_move_the_cursor(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/deployments", [{**STATUS, "image": "\x1b[2J\u202eevil\r\n"}])

    out = edd("ps").out

    assert r"\x1b[2J\u202eevil\r\n" in out
    assert "\x1b" not in out


def test_push_sends_the_file_and_tells_how_it_ended(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    progress = {"event": "progress", "step": "wait-healthy", "message": "waiting"}
    host.stream("POST", LOAD, progress, OUTCOME)
    (tmp_path / "web.tar").write_bytes(b"x" * 1234)

    ended = edd("push", "web.tar", "website")

    assert ended.code == 0
    assert host.seen[-1].body == b"x" * 1234
    assert ended.out.startswith(
        "website: release 4 abababababab serves (running, healthy); away for 0.4 s\n"
        "sent 1.2 kB of 1.2 kB; "
    )
    assert ended.err == "sending web.tar, 1.2 kB\nwait-healthy: waiting\n"


def test_push_with_json_prints_one_document(edd: Edd, host: TalkingHost, tmp_path: Path) -> None:
    host.stream("POST", LOAD, OUTCOME)
    (tmp_path / "web.tar").write_bytes(b"x")

    document = edd("push", "./web.tar", "website", "-o", "json").json

    assert (document["outcome"], document["release"], document["sent_bytes"]) == ("success", 4, 1)
    assert document["seconds"]["deliver"] >= 0
    assert "event" not in document


def test_push_of_the_image_that_runs_says_there_is_nothing_to_do(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    host.stream("POST", LOAD, {**OUTCOME, "outcome": "unchanged"})
    (tmp_path / "web.tar").write_bytes(b"x")

    assert "nothing to do" in edd("push", "web.tar", "website").out


def test_a_failed_push_shows_the_containers_last_lines(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    problem = {"code": "unhealthy", "detail": "It died.", "log": "cannot read /config"}
    host.stream("POST", LOAD, {"event": "failure", "problem": problem})
    (tmp_path / "web.tar").write_bytes(b"x")

    ended = edd("push", "web.tar", "website")

    assert (ended.code, ended.out) == (1, "")
    assert "  | cannot read /config\n" in ended.err


@pytest.mark.parametrize("way", ["pipe", "file"])
def test_push_reads_standard_input(edd: Edd, host: TalkingHost, tmp_path: Path, way: str) -> None:
    host.stream("POST", LOAD, OUTCOME)
    content = os.urandom(700_000)
    (tmp_path / "in").write_bytes(content)
    push = f"{PROGRAM} push - website"
    command = f"cat in | {push}" if way == "pipe" else f"{push} <in"

    ended = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert ended.returncode == 0, ended.stderr
    assert host.seen[-1].body == content
    assert ("Content-Length" in host.seen[-1].headers) is (way == "file")


def test_push_of_a_standard_input_that_is_no_archive_is_told(edd: Edd, host: TalkingHost) -> None:
    ended = subprocess.run(
        [PROGRAM, "push", "-", "website"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 3
    assert "neither a pipe nor a file" in ended.stderr


def test_rollback_and_pull_send_what_was_named(edd: Edd, host: TalkingHost) -> None:
    host.stream("POST", "/v1/deployments/website/rollback", OUTCOME)
    host.stream("POST", "/v1/deployments/website/pull", {**OUTCOME, "downtime": 0.0})

    assert edd("rollback", "website", "2").code == 0
    assert host.seen[-1].body == b'{"release":2}'
    assert "never away" in edd("pull", "registry.example.org/web:1", "website").out
    assert host.seen[-1].body == b'{"path":"registry.example.org/web:1"}'


def test_plan_tells_everything_a_push_would_do(edd: Edd, host: TalkingHost, tmp_path: Path) -> None:
    host.answer("POST", "/v1/deployments/website/plan", FORECAST)
    (tmp_path / "web.tar").write_bytes(GZIP)

    out = edd("plan", "web.tar", "website").out

    for words in (
        "becomes      release 4",
        "2.0 MB at most",
        "4.0 MB needed, 9.0 GB free",
        "load > create > stop-old > start-new",
        "both claim port 8080",
        "rollback to  release 3",
        "prunes       release 1",
    ):
        assert words in out


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        (["create", "start-new", "stop-old"], "away         never: the new container starts"),
        (["create", "start-new"], "away         nothing serves now"),
    ],
)
def test_plan_tells_a_deployment_that_stays_from_one_that_is_stopped(
    edd: Edd, host: TalkingHost, tmp_path: Path, steps: list[str], words: str
) -> None:
    forecast = {**FORECAST, "downtime": "", "steps": ["load", *steps]}
    host.answer("POST", "/v1/deployments/website/plan", forecast)
    (tmp_path / "web.tar").write_bytes(GZIP)

    assert words in edd("plan", "web.tar", "website").out


def test_plan_of_the_image_that_runs_says_there_is_nothing_to_do(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    host.answer("POST", "/v1/deployments/website/plan", {**FORECAST, "unchanged": True})
    (tmp_path / "web.tar").write_bytes(GZIP)

    assert "nothing to do" in edd("plan", "web.tar", "website").out


def test_plan_refuses_a_file_that_is_no_archive(
    edd: Edd, host: TalkingHost, tmp_path: Path
) -> None:
    (tmp_path / "notes.tar").write_bytes(b"notes\n")

    ended = edd("plan", "notes.tar", "website")

    assert (ended.code, host.seen) == (6, [])
    assert "notes.tar is no archive" in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("push", "", "website"), "The image's name is empty."),
        (("plan", "", "website"), "The image's name is empty."),
        (("pull", "bad ref", "website"), "'bad ref' is no reference of an image."),
    ],
)
def test_a_name_that_can_be_no_image_is_refused_in_words_before_anything_is_sent(
    edd: Edd, host: TalkingHost, words: tuple[str, ...], told: str
) -> None:
    ended = edd(*words)

    assert (ended.code, host.seen) == (2, [])
    assert told in ended.err
    assert "kept:  Nothing was sent." in ended.err


def test_remove_asks_nobody_with_yes(edd: Edd, host: TalkingHost) -> None:
    host.answer("DELETE", "/v1/deployments/website", {})

    assert edd("remove", "website", "--yes", "-o", "json").json["removed"] is True
    assert [request.method for request in host.seen] == ["DELETE"]


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_a_verb_is_followed_by_the_state_it_led_to(edd: Edd, host: TalkingHost, verb: str) -> None:
    host.answer("POST", f"/v1/deployments/website/{verb}", {})
    host.answer("GET", "/v1/deployments/website", STATUS)

    assert edd(verb, "website").out == "website: running\n"


def test_show_releases_jobs_audit_and_info_are_readable(edd: Edd, host: TalkingHost) -> None:
    at = "2026-01-01T00:00:00Z"
    release = {"deployment": "website", "number": 3, "image": DIGEST, "reference": "r"}
    release |= {"caller": "alice", "created_at": at, "state": "current", "size": 5_000_000}
    job = {"id": 7, "kind": "load", "deployment": "website", "caller": "alice"}
    job |= {"state": "succeeded", "started_at": at, "finished_at": "2026-01-01T00:00:09Z"}
    entry = {"id": 1, "at": at, "caller": "alice", "action": "load"}
    entry |= {"deployment": "website", "status": 200}
    info = {"name": "shop", "version": "1", "engine": None, "deployments": 2, "running": 1}
    info |= {"disk_free": 1, "disk_total": 2, "uptime": 90000, "caller": "a", "role": "admin"}
    host.answer("GET", "/v1/deployments/website", STATUS)
    host.answer("GET", "/v1/deployments/website/releases", [release])
    host.answer("GET", "/v1/jobs", [job])
    host.answer("GET", "/v1/jobs/7", job)
    host.answer("GET", "/v1/jobs/7/steps", [{"step": "load", "at": at}])
    host.answer("GET", "/v1/audit", [entry])
    host.answer("GET", "/v1/info", info)

    assert "release  3" in edd("show", "website").out
    assert "5.0 MB" in edd("releases", "website").out
    assert "9.0 s" in edd("jobs").out
    assert "load of website" in edd("jobs", "7").out
    assert edd("jobs", "7", "-o", "json").json["steps"][0]["step"] == "load"
    host.answer("GET", "/v1/jobs/7", {**job, "log": "no\x1b[2J\ndatabase"})
    assert "log      no\\x1b[2J\nlog      database\n" in edd("jobs", "7").out
    assert "alice" in edd("audit").out
    assert "1 d 1 h" in edd("info").out
    assert "cannot be reached" in edd("info").out


@pytest.mark.parametrize("words", [("1" + "0" * 18,), ("-d", "A/B"), ("-d", "")])
def test_jobs_that_no_host_can_have_are_not_asked_for(edd: Edd, words: tuple[str, ...]) -> None:
    ended = edd("jobs", *words)

    assert ended.code == 2
    assert "Invalid value" in ended.err


def test_what_a_limited_caller_does_not_see_is_not_said_to_be_missing(
    edd: Edd, host: TalkingHost
) -> None:
    host.answer("GET", "/v1/deployments", [])

    assert "that you may see" in edd("ps").out
    assert "that you may see" in edd("stats", "--once").err


def test_no_jobs_of_a_deployment_are_not_called_no_jobs_at_all(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/jobs", [])

    assert edd("jobs").out == "No jobs yet.\n"
    assert edd("jobs", "--deployment", "webiste").out == "No jobs of webiste.\n"


def test_how_many_run_is_not_told_while_the_engine_does_not_answer(
    edd: Edd, host: TalkingHost
) -> None:
    info = {"name": "shop", "version": "1", "engine": None, "deployments": 2, "running": 0}
    info |= {"disk_free": 1, "disk_total": 2, "uptime": 9, "caller": "a", "role": "admin"}
    host.answer("GET", "/v1/info", info)

    assert "running" not in edd("info").out


def test_init_refuses_what_cannot_be_listened_at_as_a_mistake_of_its_own_option(
    edd: Edd, tmp_path: Path
) -> None:
    ended = edd("init", "--no-system", "--dir", str(tmp_path / "etc"), "--listen", "somewhere")

    assert ended.code == 2
    assert "'--listen': it must be PORT" in ended.err
    assert not (tmp_path / "etc").exists()


def test_doctor_shows_both_ends_and_fails_if_one_check_did(edd: Edd, host: TalkingHost) -> None:
    info = {"name": "shop", "version": "1", "engine": None, "deployments": 2, "running": 1}
    info |= {"disk_free": 1, "disk_total": 2, "uptime": 9, "caller": "a", "role": "admin"}
    host.answer("GET", "/v1/info", info)
    check = {"name": "engine", "state": "ok", "detail": "answers"}
    host.answer("GET", "/v1/doctor", [check])
    assert edd("doctor").code == 0

    host.answer("GET", "/v1/doctor", [{**check, "state": "failed", "mend": "start it"}])
    ended = edd("doctor", "-o", "json")

    assert ended.code == 1
    assert [found["name"] for found in ended.json] == ["host", "connection", "clocks", "engine"]


def test_doctor_without_a_host_is_a_finding_with_its_mending(edd: Edd) -> None:
    (finding,) = edd("doctor", "-o", "json", "-H", "nowhere").json

    assert (finding["state"], finding["name"]) == ("failed", "host")
    assert "edd host add" in finding["mend"]


def test_logs_into_a_pipe_come_byte_by_byte(edd: Edd, host: TalkingHost) -> None:
    async def lines(_: web.Request) -> web.Response:
        return web.Response(body=b"\x1b[31mred\x1b[2J\n")

    host.handle("GET", "/v1/deployments/website/logs", lines)

    assert edd("logs", "website").out == "\x1b[31mred\x1b[2J\n"
    assert edd("logs", "website", "-o", "json").json["log"] == "\x1b[31mred\x1b[2J\n"


def test_logs_since_ten_minutes_ago_is_asked_as_a_time(edd: Edd, host: TalkingHost) -> None:
    host.answer("GET", "/v1/deployments/website/logs", "")

    edd("logs", "website", "--since", "10m", "--tail", "5")

    query = host.seen[-1].query
    assert query["since"].endswith("Z")
    assert query["tail"] == "5"
    assert not {"until", "timestamps"} & set(query)


def test_logs_of_a_time_are_asked_with_the_times_of_their_lines(
    edd: Edd, host: TalkingHost
) -> None:
    host.answer("GET", "/v1/deployments/website/logs", "")

    edd("logs", "website", "--since", "2h", "--until", "2026-05-01T12:00:00Z", "-t")

    query = host.seen[-1].query
    assert query["until"] == "2026-05-01T12:00:00.000Z"
    assert query["timestamps"] == "1"
