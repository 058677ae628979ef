"""Typed options of a deployment, on a real engine and seen from another machine."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive
from tests.support.machines import Machine, Machines
from tests.support.ports import free_port
from tests.support.processes import wait_until

CONFIGURATION = """\
socket = "/root/edd.sock"
socket_group = "root"
state_dir = "/root/state"
[[deployments]]
name = "private"
ports = ["8081:8080"]
[[deployments]]
name = "public"
ports = ["8082:8080"]
access = "public"
"""

SERVE = f"""\
edd=/opt/edd/bin/edd
export EDD_SOCKET=/root/edd.sock
$edd init --name host.example.org --no-system --systemd-dir /root >/dev/null
sed -i '/^deployments = /d' /etc/edd/config.toml
cat /etc/edd/config.toml - >/root/whole.toml <<'END'
{CONFIGURATION}END
"""


def options(port: int, **changed: object) -> dict[str, object]:
    described = {
        "ports": [f"{port}:8080"],
        "mounts": ["/data", "/etc/hostname:/why/hostname:ro"],
        "memory": "64 MiB",
        "cpus": 0.5,
    }
    return described | changed


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return str(answer.read().decode())


def test_a_container_is_what_its_options_say_and_keeps_its_data(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    port = free_port()
    image = write_archive(tmp_path / "site.tar", website_image("site:1", "described"))
    place = Place("website", "", stable=0.3, more=options(port))
    with Daemon(tmp_path / "edd", clean_engine.socket, [place]) as host:
        host.cli("push", str(image), "website")
        assert page(port) == "described"
        found = clean_engine.inspect("ed_website")
        limits = found["HostConfig"]
        assert (limits["Memory"], limits["NanoCpus"]) == (64 << 20, 500_000_000)
        bound = {each["HostIp"] for each in limits["PortBindings"]["8080/tcp"]}
        assert "127.0.0.1" in bound
        assert not bound & {"", "0.0.0.0", "::"}
        mounts = {each["Destination"]: each for each in found["Mounts"]}
        assert mounts["/data"]["Name"] == "ed_website.data"
        assert not mounts["/why/hostname"]["RW"]

        write = ("/bin/busybox", "sh", "-c", "echo kept >/data/file")
        clean_engine.docker("exec", "ed_website", *write)
        again = json.loads(host.cli("-o", "json", "push", str(image), "website").stdout)
        assert again["outcome"] == "unchanged"

        host.settings["deployments"] = [
            Place("website", "", stable=0.3, more=options(port, memory="32 MiB")).table()
        ]
        host.reload()
        assert "made anew" in host.cli("apply", "--dry-run").stdout
        assert clean_engine.inspect("ed_website")["HostConfig"]["Memory"] == 64 << 20
        assert "serves" in host.cli("apply").stdout
        jobs = host.get("/v1/jobs")
        assert (jobs[0]["kind"], jobs[0]["state"]) == ("apply", "succeeded")
        assert "as described" in host.cli("apply", "website").stdout
        assert "as described" in host.cli("apply", "--dry-run", "website").stdout
        assert host.get("/v1/jobs") == jobs
        assert [one["state"] for one in host.get("/v1/website/releases")] == ["current"]
        assert clean_engine.inspect("ed_website")["HostConfig"]["Memory"] == 32 << 20
        kept = clean_engine.docker("exec", "ed_website", "/bin/busybox", "cat", "/data/file")
        assert kept == "kept"
    clean_engine.docker("rm", "--force", "ed_website")
    clean_engine.docker("volume", "rm", "ed_website.data")


def test_a_description_that_fails_leaves_the_container_that_ran(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    port = free_port()
    image = write_archive(tmp_path / "site.tar", website_image("site:1", "described"))
    place = Place("website", "", stable=0.3, more={"ports": [f"{port}:8080"]})
    with Daemon(tmp_path / "edd", clean_engine.socket, [place]) as host:
        nothing = host.cli("apply", "website", check=False)
        assert nothing.returncode == 3
        assert "Nothing was delivered" in nothing.stderr
        host.cli("push", str(image), "website")

        missing = {"ports": [f"{port}:8080"], "mounts": [f"{tmp_path}/missing:/data"]}
        host.settings["deployments"] = [Place("website", "", stable=0.3, more=missing).table()]
        host.reload()
        failed = host.cli("apply", check=False)
        assert failed.returncode == 1
        assert "missing" in failed.stderr
        assert page(port) == "described"
        assert [one["state"] for one in host.get("/v1/website/releases")] == ["current"]

        host.cli("stop", "website")
        assert "Nothing is meant to run" in host.cli("apply").stderr


def test_what_is_disabled_is_stopped_and_kept_down_until_it_is_enabled(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    port = free_port()
    image = write_archive(tmp_path / "site.tar", website_image("site:1", "described"))

    def described(**more: object) -> list[dict[str, object]]:
        options = {"ports": [f"{port}:8080"], **more}
        return [Place("website", "--restart always", stable=0.3, more=options).table()]

    def running() -> bool:
        return clean_engine.containers(running=True) == ["ed_website"]

    host = Daemon(tmp_path / "edd", clean_engine.socket, deployments=described())
    with host:
        host.cli("push", str(image), "website")
        host.settings["deployments"] = described(enabled=False)
        host.reload()
        wait_until(lambda: not running(), 20, "it is stopped")
        for words in (("start",), ("restart",), ("rollback",), ("apply",)):
            assert host.cli(*words, "website", check=False).returncode == 5
        refused = host.cli("push", str(image), "website", check=False)
        assert refused.returncode == 5
        assert "website is disabled" in refused.stderr
        assert host.get("/v1/deployments/website")["desired"] == "stopped"

        clean_engine.restart()
        host.restart()
        wait_until(lambda: not running(), 20, "it is kept down")
        time.sleep(2)
        assert not running()
        host.settings["deployments"] = described()
        host.reload()
        wait_until(running, 20, "it is started")
        wait_until(lambda: answers(port), 20, "it answers")


def answers(port: int) -> bool:
    try:
        return page(port) == "described"
    except OSError:
        return False


@pytest.fixture
def neighbours(tmp_path: Path) -> Iterator[tuple[Machines, Machine]]:
    """A host, and another machine that reaches it by a local network and by a public one."""
    with Machines(tmp_path / "ours") as machines:
        other = Machine(tmp_path / "other")
        try:
            for name, network in (("lan", "10.99.0"), ("wan", "203.0.113")):
                join(machines.host, other, name, network)
            yield machines, other
        finally:
            other.close()


def join(host: Machine, other: Machine, name: str, network: str) -> None:
    """Lay a cable between two machines: ``network``.1 and ``network``.2 are its ends."""
    enter = ["nsenter", f"--net={host.network}"]
    pair = ["ip", "link", "add", f"{name}0", "type", "veth", "peer", "name", f"{name}1"]
    subprocess.run([*enter, *pair, "netns", str(other.process)], check=True)
    for machine, end in ((host, 0), (other, 1)):
        done = machine.run(
            f"busybox ip addr add {network}.{end + 1}/24 dev {name}{end}\n"
            f"busybox ip link set {name}{end} up"
        )
        assert done.returncode == 0, done.stdout


def test_private_ports_are_reached_from_the_local_network_only(
    neighbours: tuple[Machines, Machine], tmp_path: Path
) -> None:
    machines, other = neighbours
    host = machines.host
    write_archive(host.home / "site.tar", website_image("site:1", "seen"))
    done = host.run(
        f"{SERVE}$edd config check /root/whole.toml\n"
        "setsid nohup $edd serve --config /root/whole.toml >/root/edd.log 2>&1 </dev/null &\n"
        "for _ in $(seq 100); do $edd ps >/dev/null 2>&1 && break; sleep 0.1; done\n"
        "for name in private public; do $edd push site.tar $name; done\n"
    )
    assert done.returncode == 0, done.stdout

    for place, port, seen in (
        ("10.99.0.1", 8081, True),
        ("203.0.113.1", 8081, False),
        ("10.99.0.1", 8082, True),
        ("203.0.113.1", 8082, True),
    ):
        answer = other.run(f"curl -s -m 5 http://{place}:{port}/")
        assert (answer.stdout == "seen") is seen, (place, port, answer.stdout)
    here = host.run("curl -s -m 5 http://127.0.0.1:8081/")
    assert here.stdout == "seen"
