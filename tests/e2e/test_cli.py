"""Days with `edd`: every command against a real daemon and a real engine."""

import json
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest

from edd.model.caller import Role
from edd.trust.hosts import HostList
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Fault, website_image, write_archive


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """A folder with two versions of a website and a broken one."""
    faults: dict[str, Fault | None] = {"one": None, "two": None, "broken": "exits"}
    for text, fault in faults.items():
        image = website_image("website:latest", text, broken=fault)
        write_archive(tmp_path / f"{text}.tar", image)
    return tmp_path


def as_json(daemon: Daemon, *words: str) -> Any:
    return json.loads(daemon.cli(*words, "-o", "json").stdout)


def test_a_week_of_one_deployment(daemon: Daemon, archives: Path) -> None:
    one, two, broken = (str(archives / f"{name}.tar") for name in ("one", "two", "broken"))

    assert as_json(daemon, "plan", one, "website")["next"] == 1
    assert as_json(daemon, "push", one, "website")["outcome"] == "success"
    assert as_json(daemon, "push", one, "website")["outcome"] == "unchanged"
    second = as_json(daemon, "push", two, "website")
    assert (second["release"], second["health"]) == (2, "healthy")

    failed = daemon.cli("push", broken, "website", check=False)
    assert failed.returncode == 1
    assert "  | broken: cannot read /config" in failed.stderr
    assert "kept:" in failed.stderr
    assert as_json(daemon, "show", "website")["release"] == 2
    (job,) = as_json(daemon, "jobs", "--limit", "1")
    assert "broken: cannot read /config" in daemon.cli("jobs", str(job["id"])).stdout

    assert as_json(daemon, "rollback", "website")["outcome"] == "success"
    assert "serving on port" in daemon.cli("logs", "website", "--tail", "5").stdout
    for verb, state in (("stop", "stopped"), ("start", "running"), ("restart", "running")):
        assert as_json(daemon, verb, "website")["state"] == state
    daemon.cli("remove", "website", "--yes")
    assert as_json(daemon, "ps")[0]["state"] == "stopped"


def test_everything_that_was_done_can_be_looked_up(daemon: Daemon, archives: Path) -> None:
    daemon.cli("push", str(archives / "one.tar"), "website")

    assert "website" in daemon.cli("ps").stdout
    assert "current" in daemon.cli("releases", "website").stdout
    assert "succeeded" in daemon.cli("jobs").stdout
    (job,) = as_json(daemon, "jobs", "--deployment", "website")
    assert "wait-healthy" in daemon.cli("jobs", str(job["id"])).stdout
    assert "admin" in daemon.cli("audit").stdout
    assert "Docker" in daemon.cli("info").stdout
    assert "FAILED" not in daemon.cli("doctor").stdout
    daemon.cli("reload")


def test_a_viewer_may_look_and_not_touch(daemon: Daemon, archives: Path) -> None:
    daemon.client("guest", Role.VIEWER)

    assert daemon.cli("ps", host="guest").returncode == 0
    refused = daemon.cli("push", str(archives / "one.tar"), "website", host="guest", check=False)
    assert refused.returncode == 4
    assert daemon.cli("audit", host="guest", check=False).returncode == 4


def test_a_revoked_certificate_is_told_to_its_owner(daemon: Daemon) -> None:
    daemon.client("gone")
    daemon.trust.authority.revoke("gone")
    daemon.cli("reload")

    ended = daemon.cli("ps", host="gone", check=False)

    assert ended.returncode == 4
    assert "refused this machine" in ended.stderr


def test_what_is_not_there_ends_with_3(daemon: Daemon, archives: Path) -> None:
    one = str(archives / "one.tar")

    assert daemon.cli("push", one, "elsewhere", check=False).returncode == 3
    assert daemon.cli("show", "elsewhere", check=False).returncode == 3
    assert daemon.cli("rollback", "website", "9", check=False).returncode == 3
    assert daemon.cli("jobs", "99", check=False).returncode == 3


def test_what_is_no_archive_ends_with_6(daemon: Daemon, archives: Path) -> None:
    (archives / "noise.tar").write_bytes(b"noise" * 100_000)

    ended = daemon.cli("push", str(archives / "noise.tar"), "website", check=False)

    assert ended.returncode == 6
    assert "reset" not in ended.stderr


def test_the_local_socket_needs_no_certificate(daemon: Daemon, archives: Path) -> None:
    environment = daemon.environment | {"EDD_SOCKET": str(daemon.socket)}

    def edd(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [EDD, "-H", "local", *words],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    assert edd("push", str(archives / "one.tar"), "website").returncode == 0
    assert "running" in edd("ps").stdout


def test_a_host_that_listens_on_ipv6_alone_takes_a_push(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    host = Daemon(tmp_path / "edd", clean_engine.socket, [Place("website", "--network none")])
    host.settings["listen"] = f"[::1]:{host.port}"
    bundle = msgspec.structs.replace(host.admin.bundle, addresses=(f"[::1]:{host.port}",))
    HostList.of_user(host.environment).add("six", bundle)
    image = write_archive(tmp_path / "image.tar", website_image("website:1", "one", healthy=None))
    with host:
        pushed = host.cli("push", str(image), "website", host="six")

    assert "release 1" in pushed.stdout
