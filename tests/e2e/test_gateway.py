"""Docker's own tools through the gateway do what they do at the engine's socket."""

import asyncio
import hashlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import aiodocker
import aiohttp
import docker  # type: ignore[import-untyped]
import pytest

from edd.model.caller import Role
from tests.support import engines
from tests.support.daemon import EDD, Daemon
from tests.support.engine import EngineOf, TestEngine
from tests.support.engines import MIDDLE, Kind
from tests.support.gateway import Caller, Docker, Ended, connections_of
from tests.support.images import website_image, write_archive
from tests.support.processes import wait_until

BOX = "/bin/busybox"
MIB = 1 << 20
BIG = 256 * MIB


@pytest.fixture(scope="module")
def host(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A host with a container `web` that serves, and keeps a secret in its environment."""
    engine.clean()
    root = tmp_path_factory.mktemp("gateway")
    engine.load(write_archive(root / "web.tar", website_image("web:1", "hello")))
    engine.docker("tag", "web:1", "ed/web:1")
    engine.docker("run", "-d", "--name", "web", "-e", "TOKEN=s3cret", "-l", "auth=s3cret", "web:1")
    with Daemon(root / "edd", engine.socket) as running:
        yield running
    engine.clean()


@pytest.fixture(scope="module")
def admin(host: Daemon, engine: TestEngine) -> Caller:
    return Caller(host, engine, "docker-admin")


@pytest.fixture(scope="module")
def deployer(host: Daemon, engine: TestEngine) -> Caller:
    return Caller(host, engine, "docker-deployer", Role.DEPLOYER)


@pytest.fixture(scope="module")
def viewer(host: Daemon, engine: TestEngine) -> Caller:
    return Caller(host, engine, "docker-viewer", Role.VIEWER)


@pytest.fixture(scope="module")
def direct(engine: TestEngine) -> Docker:
    return Docker(engine.environment)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """32 MiB that nothing compresses."""
    path = tmp_path_factory.mktemp("noise") / "noise"
    path.write_bytes(os.urandom(32 * MIB))
    return path


@pytest.mark.parametrize(
    "words",
    [
        "version",
        "info --format {{.ServerVersion}}{{.Driver}}{{.Plugins}}",
        "ps --all --no-trunc --format {{.ID}}{{.Command}}{{.Ports}}{{.Labels}}",
        "images --digests",
        "inspect web",
        "image inspect web:1",
        "inspect ed/web:1",
        "history --no-trunc web:1",
        "logs web",
        "port web",
        "diff web",
        "network ls",
        "network inspect bridge",
        "volume ls",
        "exec web /bin/busybox id",
        "exec web /bin/busybox no-such-applet",
        "inspect nobody",
        "rm nobody",
        "start nobody",
        "exec nobody id",
        "run --rm no/such:image",
        "run --rm web:1 /bin/busybox sh -c 'exit 7'",
        "run --rm web:1 /no/such/program",
        "cp web:/www/index.html -",
        "cp web:/no/such/file -",
        "save web:1",
        "swarm leave",
    ],
)
def test_a_command_prints_and_ends_as_at_the_socket(
    admin: Caller, direct: Docker, words: str
) -> None:
    command = [word.strip("'") for word in words.split(maxsplit=words.count(" "))]
    if "'" in words:
        command = [*words.partition(" '")[0].split(), words.partition("'")[2].rstrip("'")]
    there, here = admin.run(*command), direct.run(*command)
    if command[0] == "images":  # the engine tells the tags of one image in any order
        there, here = (
            replace(one, stdout=b"\n".join(sorted(one.stdout.splitlines())))
            for one in (there, here)
        )
    assert there == here


def test_input_output_and_exit_code_of_a_run_pass(admin: Caller) -> None:
    words = ("run", "-i", "--rm", "web:1", BOX, "sh", "-c", "busybox cat; echo no >&2; exit 3")
    done = admin.run(*words, stdin=b"some\xff\x00thing")
    assert (done.status, done.stdout, done.stderr) == (3, b"some\xff\x00thing", b"no\n")


def test_a_terminal_passes(admin: Caller) -> None:
    command = f"docker run -it --rm web:1 {BOX} sh -c 'busybox tty; busybox stty -a; exit 5'"
    done = subprocess.run(
        ["script", "-qec", f"stty rows 31 cols 117; {command}", "/dev/null"],
        env=admin.environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 5
    assert b"/dev/pts/0" in done.stdout


def test_what_is_piped_through_an_exec_comes_back_whole_though_both_ends_are_slow(
    admin: Caller, noise: Path
) -> None:
    slowly = "busybox sleep 0.5; busybox cat; busybox sleep 0.5; echo end"
    words = ("exec", "-i", "web", BOX, "sh", "-c", slowly)
    with noise.open("rb") as source, admin.start(*words, stdin=source) as pipe:
        time.sleep(1)
        came, _nothing = pipe.communicate(timeout=30)
    assert pipe.returncode == 0
    assert came == noise.read_bytes() + b"end\n"


def test_an_attached_container_is_spoken_to(admin: Caller) -> None:
    admin.ok("create", "-i", "--name", "talker", "web:1", BOX, "cat")
    try:
        done = admin.run("start", "-ai", "talker", stdin=b"one\ntwo\n")
        assert (done.status, done.stdout) == (0, b"one\ntwo\n")
    finally:
        admin.ok("rm", "-f", "talker")


def test_a_followed_log_comes_as_it_is_written(admin: Caller) -> None:
    admin.ok("run", "-d", "--name", "writer", "web:1", BOX, "sh", "-c", TELL)
    try:
        with admin.start("logs", "-f", "writer") as follow:
            assert follow.stdout is not None
            began = time.monotonic()
            assert follow.stdout.readline() == b"one\n"
            assert follow.stdout.readline() == b"two\n"
            assert time.monotonic() - began < 6
            follow.kill()
    finally:
        admin.ok("rm", "-f", "writer")


TELL = "echo one; busybox sleep 1; echo two; busybox sleep 1000"


def test_events_and_statistics_come(admin: Caller, direct: Docker) -> None:
    began = str(int(time.time()) - 1)
    admin.ok("run", "--rm", "web:1", BOX, "true")
    words = ("events", "--since", began, "--until", str(int(time.time()) + 1))
    assert admin.ok(*words) == direct.ok(*words)
    assert b"web" in admin.ok("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}")


def test_an_image_is_built_with_the_old_builder(admin: Caller, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM web:1\nCOPY noise /noise\n")
    (tmp_path / "noise").write_bytes(os.urandom(3 * MIB))
    admin.environment = {**admin.environment, "DOCKER_BUILDKIT": "0"}
    admin.ok("build", "-t", "built:1", str(tmp_path))
    try:
        digest = hashlib.sha256((tmp_path / "noise").read_bytes()).hexdigest()
        assert digest in admin.ok("run", "--rm", "built:1", BOX, "sha256sum", "/noise").decode()
    finally:
        admin.ok("rmi", "built:1")


def test_what_is_large_goes_up_and_comes_down_in_little_memory(host: Daemon, admin: Caller) -> None:
    block = os.urandom(MIB)
    sent, came = hashlib.sha256(), hashlib.sha256()

    def archive() -> Iterator[bytes]:
        info = tarfile.TarInfo("large")
        info.size = BIG
        yield info.tobuf()
        for _ in range(BIG // MIB):
            sent.update(block)
            yield block
        yield bytes(1024)

    host.forget_peak()
    before = host.resident()
    status, _body = ask(admin, "PUT", "/docker/containers/web/archive?path=/www", archive())
    assert status == 200
    link = connect(admin)
    link.request("GET", "/docker/containers/web/archive?path=/www/large")
    answer = link.getresponse()
    answer.read(512)
    for _ in range(BIG // MIB):
        came.update(answer.read(MIB))
    link.close()
    assert came.hexdigest() == sent.hexdigest()
    assert host.resident("VmHWM") - before < 32 * 1024


def test_two_hundred_follow_a_log_at_once_and_leave_nothing_behind(
    host: Daemon, admin: Caller, direct: Docker
) -> None:
    before, memory = connections_of(host), host.resident()

    async def story() -> None:
        connector = aiohttp.TCPConnector(ssl=admin.context, limit=0)
        path = "/docker/containers/chatter/logs?follow=1&stdout=1"
        async with aiohttp.ClientSession(connector=connector) as session:
            answers = [
                await session.get(f"https://127.0.0.1:{admin.port}{path}") for _ in range(200)
            ]
            await asyncio.to_thread(direct.ok, "kill", "-s", "USR1", "chatter")
            async with asyncio.timeout(20):
                lines = await asyncio.gather(*(one.content.readline() for one in answers))
            assert all(line.endswith(b"told\n") for line in lines)
            assert host.resident() - memory < 32 * 1024
        await asyncio.sleep(0.5)  # TLS takes its leave in the background

    say = "trap 'echo told' USR1; while :; do busybox sleep 0.2; done"
    direct.ok("run", "-d", "--name", "chatter", "web:1", BOX, "sh", "-c", say)
    try:
        asyncio.run(story())
        wait_until(lambda: connections_of(host) <= before + 2, 3, "they are gone", host.log)
    finally:
        direct.ok("rm", "-f", "chatter")


@pytest.mark.parametrize(
    "words",
    [
        ("logs", "-f", "web"),
        ("events",),
        ("exec", "web", BOX, "sleep", "1000"),
        ("exec", "-i", "web", BOX, "sleep", "1000"),
    ],
    ids=" ".join,
)
def test_a_killed_client_is_noticed_within_a_second(
    host: Daemon, admin: Caller, words: tuple[str, ...]
) -> None:
    before = connections_of(host)
    with admin.start(*words) as client:
        kill_once_connected(host, before, client)
    began = time.monotonic()
    wait_until(lambda: connections_of(host) <= before, 3, "it is gone", host.log)
    assert time.monotonic() - began < 1.2


def kill_once_connected(host: Daemon, before: int, client: "subprocess.Popen[bytes]") -> None:
    wait_until(lambda: connections_of(host) >= before + 2, 5, "it is connected", host.log)
    time.sleep(0.3)
    client.send_signal(signal.SIGKILL)


def test_an_engine_that_is_killed_is_an_error(
    host: Daemon, admin: Caller, engine: TestEngine
) -> None:
    curl = [*host.curl_words(admin.client), "-N", f"{host.url}/docker/events"]
    follow = subprocess.Popen(curl, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    unheard = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    attached = admin.start("exec", "web", BOX, "sleep", "1000", **unheard)
    time.sleep(1)
    engine.kill9()
    try:
        assert follow.wait(5) != 0
        assert attached.wait(5) != 0
        status, body = ask(admin, "GET", "/docker/containers/json")
        assert (status, json.loads(body)["code"]) == (502, "engine-unreachable")
        assert b"does not answer" in admin.run("ps").stderr
    finally:
        engine.start()
        engine.docker("start", "web")


def docker_py(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return docker-py's client with the caller's certificate."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    tls = docker.tls.TLSConfig(
        client_cert=(str(caller.folder / "cert.pem"), str(caller.folder / "key.pem")),
        ca_cert=str(caller.folder / "ca.pem"),
        verify=True,
    )
    return docker.DockerClient(base_url=f"https://127.0.0.1:{caller.port}/docker", tls=tls)


def test_docker_py_operates_through_it(
    deployer: Caller, direct: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = docker_py(deployer, monkeypatch)
    try:
        made = there.containers.create("web:1", name="pied", platform="linux/amd64")
        made.start()
        assert made.top()["Titles"] == made.top(ps_args="-ef")["Titles"]
        assert made.stats(stream=False)["name"] == "/pied"
        assert b"serving" in made.logs(tail=5, since=1, until=int(time.time()) + 9)
        made.restart(timeout=1)
        made.pause()
        made.unpause()
        made.kill(signal="KILL")
        assert made.wait(condition="not-running")["StatusCode"] == 137
        assert made in there.containers.list(all=True, limit=5, filters={"name": "pied"})
        assert there.images.list(name="web", all=True)[0].history()
        assert there.networks.list(names=["bridge"], greedy=True)
        assert there.networks.get("bridge", verbose=True)
        assert isinstance(there.volumes.list(filters={"dangling": True}), list)
        assert there.df()["Images"]
        assert list(there.events(since=1, until=2)) == []
    finally:
        there.close()
        direct.run("rm", "-f", "pied")


def test_docker_py_speaks_through_it(admin: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    there = docker_py(admin, monkeypatch)
    try:
        assert there.ping()
        assert there.containers.run("web:1", [BOX, "echo", "hi"], remove=True) == b"hi\n"
        web = there.containers.get("web")
        assert web.exec_run([BOX, "cat", "/www/index.html"]).output.strip() == b"hello"
        assert next(web.stats(decode=True, stream=True))["name"] == "/web"
        pieces, _facts = web.get_archive("/www")
        with tarfile.open(fileobj=BytesIO(b"".join(pieces))) as tar:
            assert "www/index.html" in tar.getnames()
        with pytest.raises(docker.errors.NotFound, match="No such container"):
            there.containers.get("nobody")
    finally:
        there.close()


def test_aiodocker_speaks_through_it(admin: Caller) -> None:
    async def story() -> None:
        connector = aiohttp.TCPConnector(ssl=admin.context)
        url = f"https://127.0.0.1:{admin.port}/docker"
        async with aiodocker.Docker(url, connector=connector) as there:
            assert (await there.version())["ApiVersion"]
            web = await there.containers.get("web")
            execution = await web.exec([BOX, "cat"], stdin=True)
            async with execution.start() as stream:
                await stream.write_in(b"hi")
                message = await stream.read_out()
                assert message is not None
                assert message.data == b"hi"
        await asyncio.sleep(1)  # TLS takes its leave in the background

    asyncio.run(story())


def test_edd_docker_is_the_docker_command_with_a_certificate(
    host: Daemon, admin: Caller, direct: Docker, tmp_path: Path
) -> None:
    def run(*words: str, stdin: bytes = b"") -> Ended:
        own = {"TMPDIR": str(tmp_path), "DOCKER_CONTEXT": "default"}
        done = subprocess.run(
            [EDD, "-H", admin.name, "docker", *words],
            env={**direct.environment, **host.environment, **own},
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    assert run("ps", "--all", "-q") == direct.run("ps", "--all", "-q")
    assert run("inspect", "-f", "{{.Name}}", "nobody") == direct.run(
        "inspect", "-f", "{{.Name}}", "nobody"
    )
    assert run("exec", "-i", "web", BOX, "cat", stdin=b"hello").stdout == b"hello"
    assert run("exec", "web", BOX, "sh", "-c", "exit 9").status == 9
    assert list(tmp_path.iterdir()) == []


def test_a_viewer_reads_and_sees_no_secret(viewer: Caller) -> None:
    for words in (
        ("ps", "-a", "--no-trunc"),
        ("inspect", "web"),
        ("inspect", "ed/web:1"),
        ("image", "inspect", "web:1"),
    ):
        assert b"s3cret" not in viewer.ok(*words)
    facts = json.loads(viewer.ok("inspect", "web"))[0]
    assert facts["State"]["Status"] == "running"
    assert (facts["Config"]["Env"], facts["Config"]["Labels"]) == ([], {})
    assert b"hello" not in viewer.ok("history", "--no-trunc", "web:1")


def test_a_viewer_is_told_of_events_without_labels_or_commands(
    viewer: Caller, direct: Docker
) -> None:
    began = str(int(time.time()) - 1)
    direct.ok("exec", "web", BOX, "echo", "s3cret")
    direct.ok("run", "--rm", "--name", "noted", "-l", "auth=s3cret", "web:1", BOX, "true")
    words = ("events", "--since", began, "--until", str(int(time.time()) + 1))
    told = viewer.ok(*words)
    assert b"container exec_start " in told
    assert b"name=noted" in told
    assert b"s3cret" not in told
    assert len(told.splitlines()) == len(direct.ok(*words).splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ("stop", "web"),
        ("logs", "web"),
        ("exec", "web", BOX, "true"),
        ("run", "web:1"),
        ("rm", "-f", "web"),
        ("cp", "web:/www", "-"),
        ("export", "web"),
        ("save", "web:1"),
        ("swarm", "init"),
        ("volume", "create", "x"),
        ("system", "prune", "-f"),
    ],
    ids=" ".join,
)
def test_a_viewer_is_told_why_not(viewer: Caller, words: tuple[str, ...]) -> None:
    done = viewer.run(*words)
    assert done.status != 0
    assert b"is refused to docker-viewer: it needs the role" in done.stderr


def test_a_deployer_operates_and_reaches_no_further(deployer: Caller, direct: Docker) -> None:
    deployer.ok("run", "-d", "--name", "mine", "-p", "127.0.0.1::80", "-m", "64m", "web:1")
    try:
        deployer.ok("stop", "-t", "1", "mine")
        deployer.ok("start", "mine")
        assert b"serving" in deployer.ok("logs", "mine")
        assert b"mine" in deployer.ok("stats", "--no-stream", "mine")
        for words in BEYOND:
            done = deployer.run(*words)
            said = b"is refused to docker-deployer" in done.stderr
            assert said or b"received 403" in done.stderr, words
    finally:
        direct.ok("rm", "-f", "mine")


BEYOND = [
    ("run", "-v", "/:/host", "web:1"),
    ("run", "-v", "/var/run/docker.sock:/s", "web:1"),
    ("run", "-v", "data:/data", "web:1"),
    ("run", "--mount", "type=bind,src=/,dst=/host", "web:1"),
    ("run", "--privileged", "web:1"),
    ("run", "--cap-add", "SYS_ADMIN", "web:1"),
    ("run", "--device", "/dev/null", "web:1"),
    ("run", "--pid", "host", "web:1"),
    ("run", "--network", "host", "web:1"),
    ("run", "--network", "container:web", "web:1"),
    ("run", "--security-opt", "seccomp=unconfined", "web:1"),
    ("run", "--security-opt", "systempaths=unconfined", "web:1"),
    ("run", "--network", "shop", "--network-alias", "db", "web:1"),
    ("run", "--network", "shop", "--hostname", "db", "web:1"),
    ("run", "--network", "shop", "--ip", "127.77.0.9", "web:1"),
    ("run", "--log-opt", "max-size=1m", "web:1"),
    ("run", "--name", "ed_website.next", "web:1"),
    ("run", "--label", "com.docker.compose.x=" + "y" * (100 << 10), "web:1"),
    ("exec", "mine", BOX, "true"),
    ("attach", "mine"),
    ("rm", "-f", "mine"),
    ("cp", "mine:/www", "-"),
    ("update", "--memory", "1g", "mine"),
    ("rename", "mine", "yours"),
]


@pytest.mark.parametrize(
    "arguments",
    ["e", "auxe", "-o comm:1,lstart,machine,lwp,ppid,stat,pid,args --sort=-pid", "-eo pid,args"],
)
def test_a_deployer_reads_no_process_of_the_host(
    deployer: Caller, admin: Caller, arguments: str
) -> None:
    done = deployer.run("top", "web", *arguments.split())
    assert b"is refused to docker-deployer: only an administrator may give ps" in done.stderr
    for usual in ([], ["-ef"], ["aux"]):
        assert b"busybox" in deployer.ok("top", "web", *usual)
    assert b"busybox" in admin.ok("top", "web", "-eo", "pid,args")


def test_a_deployers_container_joins_a_network(deployer: Caller, direct: Docker) -> None:
    direct.ok("network", "create", "shop")
    try:
        deployer.ok("run", "-d", "--name", "joined", "--network", "shop", "web:1")
        assert b"shop" in direct.ok("inspect", "-f", "{{.NetworkSettings.Networks}}", "joined")
    finally:
        direct.run("rm", "-f", "joined")
        direct.ok("network", "rm", "shop")


def test_a_viewer_reads_no_password_of_a_mount_that_failed(viewer: Caller, direct: Docker) -> None:
    options = ("type=cifs", "device=//127.0.0.1/x", "o=addr=127.0.0.1,username=u,pass=s3cret")
    direct.ok("volume", "create", *(word for one in options for word in ("-o", one)), "afar")
    try:
        direct.ok("create", "--name", "mounts", "-v", "afar:/data", "web:1")
        assert direct.run("start", "mounts").status != 0
        assert b"s3cret" in direct.ok("inspect", "mounts", "-f", "{{.State.Error}}")
        assert b"s3cret" not in viewer.ok("inspect", "mounts")
    finally:
        direct.run("rm", "-f", "mounts")
        direct.ok("volume", "rm", "afar")


def test_a_daemon_ends_while_somebody_waits(engine: TestEngine, tmp_path: Path) -> None:
    engine.docker("run", "-d", "--name", "awaited", "web:1")
    try:
        with Daemon(tmp_path / "edd", engine.socket) as host:
            waiting = connect(Caller(host, engine, "waits"))
            waiting.request("POST", "/docker/containers/awaited/wait?condition=next-exit")
            time.sleep(1)
            began = time.monotonic()
            host.stop()
            assert time.monotonic() - began < 10
            waiting.close()
    finally:
        engine.docker("rm", "-f", "awaited")


@pytest.mark.parametrize("name", ["ed_website", "ed_website.next", "/ed_website.previous"])
def test_a_deployer_takes_no_name_that_the_host_needs(deployer: Caller, name: str) -> None:
    body = b'{"Image": "web:1"}'
    path = f"/docker/containers/create?name={name}"
    status, answer = ask(deployer, "POST", path, body, **{"Content-Type": "application/json"})
    assert (status, b"kept for this host's deployments" in answer) == (403, True)


def test_a_start_with_a_configuration_of_old_is_refused(deployer: Caller) -> None:
    body = json.dumps({"Privileged": True, "Binds": ["/:/host"]}).encode()
    for version in ("v1.20", "v1.41"):
        path = f"/docker/{version}/containers/web/start"
        assert ask(deployer, "POST", path, body, **{"Content-Type": "application/json"})[0] == 403


def test_a_certificate_for_some_deployments_does_not_reach_the_engine(
    host: Daemon, engine: TestEngine
) -> None:
    shopkeeper = Caller(host, engine, "shopkeeper", Role.ADMIN, ("website",))
    assert b"only, and Docker's API reaches the whole engine" in shopkeeper.run("ps").stderr


@pytest.mark.parametrize(
    "path",
    [
        "/docker/../v1/info",
        "/docker/containers/../images/json",
        "/docker//containers/json",
        "/docker/v1.41//containers/json",
        "/docker/%2e%2e/v1/info",
        "/docker/containers/web%2fjson",
        "/docker/containers%2Fweb/json",
        "/docker/containers/web/..%2f..%2fimages/json",
    ],
)
def test_a_path_that_two_would_read_differently_is_refused(
    host: Daemon, viewer: Caller, path: str
) -> None:
    status, _body = host.curl(path, "--path-as-is", client=viewer.client)
    assert status == 400


@pytest.mark.parametrize(
    "line", ["Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site"]
)
def test_a_foreign_page_changes_nothing(host: Daemon, admin: Caller, line: str) -> None:
    words = ("-X", "POST", "-H", line)
    status, body = host.curl("/docker/containers/web/stop", *words, client=admin.client)
    assert (status, json.loads(body)["code"]) == (403, "foreign-origin")


def test_a_revocation_holds_for_a_connection_that_is_open(host: Daemon, engine: TestEngine) -> None:
    leaver = Caller(host, engine, "docker-leaver")
    link = connect(leaver)

    def status() -> int:
        link.request("GET", "/docker/_ping")
        answer = link.getresponse()
        body = answer.read()
        assert answer.status == 200 or b"is revoked" in json.loads(body)["message"].encode()
        return answer.status

    assert status() == 200
    host.trust.authority.revoke("docker-leaver")
    host.reload_in_force()
    assert status() == 401
    link.close()


def test_what_is_open_ends_with_a_revocation(host: Daemon, engine: TestEngine) -> None:
    leaver = Caller(host, engine, "docker-goner")
    with leaver.start("exec", "web", BOX, "sleep", "1000") as client:
        with pytest.raises(subprocess.TimeoutExpired):
            client.wait(1)
        host.trust.authority.revoke("docker-goner")
        host.reload()
        client.wait(5)


def test_on_the_host_itself_its_administrators_reach_the_engine(host: Daemon) -> None:
    status, body = host.request("GET", "/docker/v1.41/containers/json")
    assert (status, json.loads(body)[0]["Names"]) == (200, ["/web"])


def test_decisions_are_in_the_audit_trail(host: Daemon, admin: Caller, viewer: Caller) -> None:
    viewer.run("stop", "web")
    admin.run("pause", "nobody")
    told = {(e["caller"], e["action"], e["status"]) for e in host.get("/v1/audit?limit=1000")}
    assert ("docker-viewer", "docker POST /containers/*/stop", 403) in told
    assert ("docker-admin", "docker POST /containers/nobody/pause", 200) in told
    assert ("docker-viewer", "docker GET /containers/json", 200) in told


def test_the_configuration_narrows_it_at_once(host: Daemon, admin: Caller) -> None:
    def refused(words: str) -> bool:
        return b"this host's configuration" in admin.run(*words.split()).stderr

    try:
        host.settings |= {"gateway_deny": ["* POST /containers/*/pause"]}
        host.reload_in_force()
        assert refused("pause web")
        assert not refused("ps")
        host.settings |= {"gateway": "read-only"}
        host.reload_in_force()
        assert refused("restart web")
        assert not refused("ps")
        host.settings |= {"gateway": "off"}
        host.reload_in_force()
        assert refused("ps")
    finally:
        host.settings |= {"gateway": "on", "gateway_deny": []}
        host.reload_in_force()


def test_every_engine_is_spoken_to_in_its_own_version(
    any_engine: TestEngine, tmp_path: Path
) -> None:
    any_engine.load(write_archive(tmp_path / "web.tar", website_image("web:1", "hello")))
    with Daemon(tmp_path / "edd", any_engine.socket) as host:
        admin, direct = Caller(host, any_engine, "anybody"), Docker(any_engine.environment)
        assert admin.run("version") == direct.run("version")
        admin.ok("run", "-d", "--name", "web", "web:1")
        # Its state goes on changing between two looks.
        settled = ("inspect", "--format", "{{json .Config}} {{json .HostConfig}}", "web")
        assert admin.run(*settled) == direct.run(*settled)
        assert admin.ok("exec", "-i", "web", BOX, "cat", stdin=b"x" * MIB) == b"x" * MIB
        viewer = Caller(host, any_engine, "looker", Role.VIEWER)
        assert json.loads(viewer.ok("inspect", "web"))[0]["Config"]["Env"] == []
        operator = Caller(host, any_engine, "operator", Role.DEPLOYER)
        operator.ok("run", "-d", "--rm", "web:1", BOX, "true")
        for words in OPERATED:
            operator.ok(*words.split())
        for words in LOOKED_AT:
            viewer.ok(*words.split())
        assert b"is refused to operator" in operator.run("top", "web", "e").stderr


OPERATED = [
    "top web",
    "top web -ef",
    "logs --tail 1 --since 1h --until 0s --timestamps --details web",
    "stats --no-stream web",
    "stop --time 1 web",
    "start web",
    "restart --time 1 web",
    "pause web",
    "unpause web",
    "kill --signal KILL web",
    "wait web",
]
LOOKED_AT = [
    "info",
    "version",
    "ps --all --size --last 3 --filter name=web",
    "inspect --size web",
    "diff web",
    "images --all --digests --filter dangling=false",
    "image inspect web:1",
    "history web:1",
    "network ls --filter name=bridge",
    "network inspect --verbose bridge",
    "volume ls --filter dangling=true",
    "system df",
    "system df --verbose",
    "events --since 1m --until 0s --filter container=web",
]


@pytest.fixture
def plugged(engine_of: EngineOf, tmp_path: Path) -> Iterator[Caller]:
    """An administrator of a host with BuildKit, whose docker command has its plugins."""
    private = engine_of(Kind(MIDDLE, "graphdriver"))
    with Daemon(tmp_path / "edd", private.socket) as host:
        admin = Caller(host, private, "builder")
        own = {"DOCKER_CONFIG": str(tmp_path / "cli"), "DOCKER_BUILDKIT": "1"}
        (tmp_path / "cli").mkdir()
        (tmp_path / "cli/cli-plugins").symlink_to(engines.plugins(MIDDLE))
        admin.environment = {**admin.environment, **own}
        private.load(write_archive(tmp_path / "web.tar", website_image("web:1", "hello")))
        try:
            yield admin
        finally:
            private.docker("builder", "prune", "--all", "--force")
            private.clean()


def require_plugin(name: str) -> None:
    if not (engines.plugins(MIDDLE) / name).exists():
        pytest.skip(f"no {name} beside Docker Engine {MIDDLE}: scripts/engines fetches it")


def test_an_image_is_built_with_buildkit(plugged: Caller, tmp_path: Path) -> None:
    require_plugin("docker-buildx")
    context = tmp_path / "context"
    context.mkdir()
    shutil.copy(str(shutil.which("busybox")), context / "busybox")
    (context / "noise").write_bytes(os.urandom(3 * MIB))
    (context / "Dockerfile").write_text(
        'FROM scratch\nCOPY busybox /bin/busybox\nRUN ["/bin/busybox", "true"]\nCOPY noise /noise\n'
    )
    plugged.ok("build", "--network", "none", "-t", "built:1", str(context))
    digest = hashlib.sha256((context / "noise").read_bytes()).hexdigest()
    words = ("run", "--rm", "--network", "none", "built:1", BOX, "sha256sum", "/noise")
    assert digest in plugged.ok(*words).decode()


PROJECT = """\
services:
  web:
    image: web:1
    network_mode: none
  job:
    image: web:1
    network_mode: none
    command: ["/bin/busybox", "echo", "done"]
    depends_on: [web]
"""


def test_compose_brings_a_project_up_and_down(plugged: Caller, tmp_path: Path) -> None:
    require_plugin("docker-compose")
    (tmp_path / "compose.yaml").write_text(PROJECT)
    compose = ("compose", "--project-name", "shop", "--file", str(tmp_path / "compose.yaml"))
    plugged.ok(*compose, "up", "--detach")
    assert b"web" in plugged.ok(*compose, "ps", "--services")
    assert plugged.ok(*compose, "exec", "-T", "web", BOX, "cat", stdin=b"hi") == b"hi"
    logs = (*compose, "logs", "job")
    wait_until(lambda: b"done" in plugged.ok(*logs), 10, "the job has run")
    plugged.ok(*compose, "down", "--timeout", "1")
    assert plugged.ok("ps", "--all", "--quiet") == b""


def connect(caller: Caller) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection("127.0.0.1", caller.port, context=caller.context, timeout=60)


def ask(
    caller: Caller, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, bytes]:
    link = connect(caller)
    try:
        link.request(method, path, body, headers, encode_chunked=not isinstance(body, bytes))
        answer = link.getresponse()
        return answer.status, answer.read()
    finally:
        link.close()
