"""Engines of every version: what the form makes there, and what the docker command line makes."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import cleaned
from tests.e2e.console.conftest import Ask, BodyOf
from tests.support.engine import EngineOf, TestEngine
from tests.support.engines import CLASSIC, Kind
from tests.support.images import website_image, write_archive

LINES = (
    "",
    "-it --init --name odd",
    "-p 127.0.0.1:8080:80 -p 9090:80 -p 5000-5002:5000-5002/udp --expose 77",
    "-P -h here --domainname example.org -u 1:2 -w /www --group-add 7",
    "--entrypoint /bin/busybox",
    "--entrypoint ''",
    "-e A=1 -e 'B=two words' -e PORT=1 -l a=b -l c",
    "-v /tmp:/t:ro,rslave -v cache:/cache -v /anon --tmpfs /run:size=1m,mode=1770",
    "--mount type=bind,src=/tmp,dst=/t,readonly --mount type=volume,dst=/v,volume-nocopy",
    "--mount type=tmpfs,dst=/m,tmpfs-size=2m,tmpfs-mode=700",
    "--mount 'type=volume,src=ww,dst=/w,volume-driver=local,volume-label=a=b'",
    "--volumes-from target:ro --volume-driver local",
    "--restart on-failure:3",
    "--restart unless-stopped --stop-signal SIGINT --stop-timeout 3",
    "--rm",
    "-m 64m --memory-reservation 32m --memory-swap 128m --shm-size 8m --pids-limit 50",
    "--cpus 0.5 -c 512 --cpuset-cpus 0 --cpuset-mems 0",
    "--cpu-period 50000 --cpu-quota 25000 --oom-score-adj 10",
    "--ulimit nofile=10:20 --ulimit core=-1",
    "--cap-add NET_ADMIN --cap-drop ALL --read-only --privileged",
    "--security-opt no-new-privileges --security-opt systempaths=unconfined",
    "--security-opt seccomp=unconfined --security-opt apparmor=unconfined",
    "--sysctl net.core.somaxconn=64 --ipc shareable --uts host --pid host --cgroupns host",
    "--device /dev/null --device /dev/zero:/dev/z:r --device-cgroup-rule 'c 1:3 mr'",
    "--gpus all",
    "--device vendor.com/class=one --device vendor.com/class=two",
    "--log-driver local --log-opt max-size=1m --log-opt max-file=2",
    "--health-cmd 'exit 0' --health-interval 1m --health-retries 2 --health-timeout 3s",
    "--health-start-period 4s",
    "--no-healthcheck",
    "--dns 192.0.2.1 --dns-search example.org --dns-option ndots:1 --add-host a:192.0.2.2",
    "--network none",
    "--network host",
    "--network front",
    "--network front --ip 10.66.1.9 --network-alias a --network-alias b",
    "--network front --link friend:t",
    "--link target:t",
    "--network container:target",
    "--network name=front,alias=a --network name=back,ip=10.66.2.9",
    "--mac-address 02:42:0a:42:01:07",
    "--network front --mac-address 02:42:0a:42:01:08",
    "--userns host --cgroup-parent /x",
    "--storage-opt size=1G",
    "--annotation a=b",
    "--blkio-weight 300 --blkio-weight-device /dev/null:200 --device-read-bps /dev/null:1m",
    "--device-write-bps /dev/null:2m --device-read-iops /dev/null:7",
    "--device-write-iops /dev/null:8",
    "--oom-kill-disable -m 64m",
    "--health-start-interval 2s --health-start-period 4s --health-cmd true",
    "--mount type=image,src=website:1,dst=/image,image-subpath=www",
)  # fmt: skip


LESS = (
    "unknown flag",
    "unexpected key",
    "not an absolute path",
    "cannot be connected to network endpoints",
)
"""What a docker says that is older than the option."""


FORGOTTEN = {f"BlkioDevice{verb}{kind}" for verb in ("Read", "Write") for kind in ("Bps", "IOps")}
"""What the command line of 26.1 takes and does not send."""


@pytest.fixture(scope="module", params=CLASSIC, ids=str)
def side(engine_of: EngineOf, request: pytest.FixtureRequest) -> Iterator[TestEngine]:
    """Each engine with an image, two networks, and two containers that others name."""
    kind: Kind = request.param
    with cleaned(engine_of(kind)) as engine:
        archive = engine.root / "website.tar"
        write_archive(archive, website_image("website:1", "one"))
        engine.load(archive)
        for at, name in enumerate(("front", "back"), 1):
            engine.docker("network", "create", "--subnet", f"10.66.{at}.0/24", name)
        engine.docker("create", "--name", "target", "-v", "/given", "website:1")
        engine.docker("create", "--name", "friend", "--network", "front", "website:1")
        yield engine
        engine.remove_containers()
        engine.docker("network", "rm", "front", "back")
        engine.docker("volume", "rm", "-f", "cache", "ww")


@pytest.mark.parametrize("line", LINES)
def test_an_engine_makes_the_same_of_the_form_as_of_the_line(
    side: TestEngine, ask: Ask, body_of: BodyOf, line: str
) -> None:
    words = ["--pull=never", *shlex.split(line), "website:1", "echo", "a b"]
    told = run(side, "create", *words)
    if told.returncode and any(words in told.stderr for words in LESS):
        pytest.skip(f"docker of this version cannot: {told.stderr}")
    theirs = told.stdout.strip()
    body = body_of(f"docker create {line} website:1 echo 'a b'")
    mine = created(side, ask, body)
    again = theirs and created(side, ask, duplicated(side, ask, theirs))
    try:
        assert bool(theirs) == bool(mine), told.stderr
        if mine:
            ours, wanted = described(side, mine), described(side, theirs)
            for name in FORGOTTEN & (ours["host"].keys() - wanted["host"].keys()):
                del ours["host"][name]
            assert ours == wanted
            assert described(side, again) == wanted
    finally:
        run(side, "rm", "--force", "--volumes", *filter(None, (theirs, mine, again)))


@pytest.mark.parametrize("line", LINES)
def test_what_is_shown_of_a_form_makes_the_same_form(ask: Ask, body_of: BodyOf, line: str) -> None:
    whole = f"docker create {line} website:1 echo 'a b'"
    shown = ask("create/showline", "lineOfForm", ask("create/runline", "formOfLine", whole)["form"])

    assert shown["notes"] == []
    assert body_of(shown["line"]) == body_of(whole)


def test_a_container_with_nothing_of_its_own_is_duplicated_as_an_almost_empty_form(
    side: TestEngine, ask: Ask
) -> None:
    name = side.docker("create", "--network", "front", "website:1")
    try:
        form = ask("create/containerform", "formOf", duplicated(side, ask, name))
        blank = ask("create/containerform", "blank")
        said = {key: value for key, value in form.items() if value != blank[key]}
        assert said.keys() == {"image", "networks"}
        assert form["networks"][0]["name"] == "front"
    finally:
        side.docker("rm", name)


def run(engine: TestEngine, *words: str) -> subprocess.CompletedProcess[str]:
    """Run docker against ``engine``."""
    return subprocess.run(
        ["docker", *words],
        env=engine.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def api(engine: TestEngine, method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Ask ``engine`` what the console asks it, without a version."""
    given = ["-H", "Content-Type: application/json", "-d", json.dumps(body)] if body else []
    words = [
        "curl",
        "-sS",
        "--unix-socket",
        str(engine.socket),
        "-X",
        method,
        "-w",
        "\n%{http_code}",
    ]
    done = subprocess.run(
        [*words, *given, f"http://engine{path}"], capture_output=True, text=True, check=True
    )
    answer, _, status = done.stdout.rpartition("\n")
    return int(status), json.loads(answer) if answer.strip() else None


def created(engine: TestEngine, ask: Ask, body: dict[str, Any]) -> str:
    """Create what ``body`` says as the page does; return its id, or nothing when refused."""
    version = api(engine, "GET", "/version")[1]["ApiVersion"]
    fitted = ask("create/creation", "fitted", body, version)
    status, made = api(engine, "POST", "/containers/create", fitted["body"])
    if status != 201:
        return ""
    for name, endpoint in fitted["later"]:
        joined = {"Container": made["Id"], "EndpointConfig": endpoint}
        assert api(engine, "POST", f"/networks/{name}/connect", joined)[0] == 200
    return str(made["Id"])


def duplicated(engine: TestEngine, ask: Ask, container: str) -> dict[str, Any]:
    """Return what the page would create as a duplicate of ``container``."""
    found = api(engine, "GET", f"/containers/{container}/json")[1]
    image = api(engine, "GET", f"/images/{found['Image']}/json")[1]
    body = ask("create/duplicate", "creationOf", found, image, api(engine, "GET", "/info")[1])
    made: dict[str, Any] = ask(
        "create/containerform", "bodyOf", ask("create/containerform", "formOf", body)
    )
    return made


def described(engine: TestEngine, container: str) -> dict[str, Any]:
    """Return what a container was created with, in a form that can be compared."""
    found = engine.inspect(container)
    config, host, own = dict(found["Config"]), dict(found["HostConfig"]), found["Id"][:12]
    for name in ("AttachStdin", "AttachStdout", "AttachStderr", "StdinOnce"):
        config.pop(name, None)
    if config["Hostname"] == own:
        del config["Hostname"]
    for name in ("ExposedPorts", "Volumes"):
        config[name] = list(config.get(name) or ())
    for name in ("ContainerIDFile", "ConsoleSize"):
        host.pop(name, None)
    # One name of one thing: newer command lines write the longer one.
    host["CapAdd"] = [each.removeprefix("CAP_") for each in host["CapAdd"] or ()]
    host["RestartPolicy"] = host["RestartPolicy"] | {"Name": host["RestartPolicy"]["Name"] or "no"}
    host["Links"] = [each.replace(found["Name"], "") for each in host["Links"] or ()]
    networks = found["NetworkSettings"]["Networks"]
    asked = {"IPAMConfig", "MacAddress", "Links", "DriverOpts", "GwPriority"}
    if found["State"]["Running"]:
        asked.remove("MacAddress")  # given, not asked for
    places = {
        name: {key: place.get(key) for key in asked}
        | {"Aliases": [each for each in place.get("Aliases") or () if each != own]}
        for name, place in networks.items()
    }
    told = {"config": config, "host": host, "networks": places, "names": list(networks)}
    ours: dict[str, Any] = said(told)
    return ours


def said(value: Any) -> Any:
    """Return ``value`` without what says nothing, and lists in one order."""
    if isinstance(value, dict):
        inner = {key: said(each) for key, each in value.items()}
        return {
            key: each for key, each in inner.items() if each not in (None, "", 0, False, [], {})
        }
    if isinstance(value, list):
        return sorted(map(said, value), key=json.dumps)
    return value
