"""Registry clients push straight to a host: a repository is a deployment, a push delivers."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.delta import sketch
from edd.model.caller import Role
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import Fault, Image, write_archive
from tests.support.images import website_image as website_on
from tests.support.ports import free_port
from tests.support.pushing import docker_push, install, move_to, ran, skopeo_copy, trusted

PORT = free_port()
PLACES = [Place("website", stable=0.0), Place("shop", stable=0.0)]

needs_skopeo = pytest.mark.skipif(shutil.which("skopeo") is None, reason="not installed: skopeo")


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    """A host on an engine of its own, apart from the senders'."""
    host = Daemon(tmp_path / "edd", clean_engine.socket, PLACES)
    move_to(host, clean_engine.address)
    with host:
        yield host


def website_image(tag: str, text: str, broken: Fault | None = None) -> Image:
    """A website on a port that no other run of the tests has."""
    return website_on(tag, text, port=PORT, broken=broken)


def loaded(sender: TestEngine, image: Image, folder: Path) -> str:
    """Have ``image`` in the sender's engine; return its name there."""
    sender.load(write_archive(folder / "image.tar", image))
    return image.tags[0]


def served(receiver: TestEngine) -> str:
    """Return the text that the website serves."""
    return receiver.docker("exec", "ed_website", "/bin/busybox", "cat", "/www/index.html")


def test_docker_push_delivers(
    host: Daemon, engine: TestEngine, any_engine: TestEngine, tmp_path: Path
) -> None:
    name = loaded(any_engine, website_image("website:1", "one"), tmp_path)
    with trusted(host, host.admin) as address:
        said = docker_push(any_engine, name, f"{address}/website:1")

    assert said.startswith("exit 0\n")
    assert served(engine) == "one"
    assert [*(host.state / "spool").glob("website/*")] == []


def test_a_second_docker_push_sends_the_layer_that_changed(
    host: Daemon, engine: TestEngine, any_engine: TestEngine, tmp_path: Path
) -> None:
    one = loaded(any_engine, website_image("website:1", "one"), tmp_path)
    two = loaded(any_engine, website_image("website:2", "two"), tmp_path)
    with trusted(host, host.admin) as address:
        docker_push(any_engine, one, f"{address}/website:1")
        said = docker_push(any_engine, two, f"{address}/website:2")

    assert said.startswith("exit 0\n")
    assert said.count("Layer already exists") == 1
    assert said.count("Pushed") == 1
    assert served(engine) == "two"


def test_what_docker_pushed_is_found_by_the_files_it_has(
    host: Daemon, classic_engine: TestEngine, tmp_path: Path
) -> None:
    image = website_image("website:1", "one")
    name = loaded(classic_engine, image, tmp_path)
    with trusted(host, host.admin) as address:
        docker_push(classic_engine, name, f"{address}/website:1")

    files = sketch(io.BytesIO(b"".join(image.layers[0].read()))).told
    body = json.dumps({"layers": [{"size": 1 << 20, "sketch": files}]})
    status, answer = host.request("POST", "/v1/shop/bases", body.encode())

    assert (status, json.loads(answer)["bases"]) == (200, [f"sha256:{image.layers[0].digest}"])


def test_pushing_what_runs_already_sends_no_layer_and_changes_nothing(
    host: Daemon, any_engine: TestEngine, tmp_path: Path
) -> None:
    name = loaded(any_engine, website_image("website:1", "one"), tmp_path)
    with trusted(host, host.admin) as address:
        docker_push(any_engine, name, f"{address}/website:1")
        said = docker_push(any_engine, name, f"{address}/website:1")

    assert said.startswith("exit 0\n")
    assert said.count("Layer already exists") == 2
    assert len(host.get("/v1/website/releases")) == 1


@pytest.mark.parametrize(
    ("role", "deployments", "word"),
    [
        (Role.VIEWER, (), "needs the role deployer"),
        (Role.DEPLOYER, ("shop",), "reaches shop only"),
    ],
)
def test_docker_says_who_may_not_push(
    host: Daemon,
    any_engine: TestEngine,
    tmp_path: Path,
    role: Role,
    deployments: tuple[str, ...],
    word: str,
) -> None:
    name = loaded(any_engine, website_image("website:1", "one"), tmp_path)
    with trusted(host, host.client("limited", role, deployments)) as address:
        said = docker_push(any_engine, name, f"{address}/website:1")

    assert said.startswith("exit 1\n")
    assert word in said


def test_docker_says_that_there_is_no_such_deployment(
    host: Daemon, any_engine: TestEngine, tmp_path: Path
) -> None:
    name = loaded(any_engine, website_image("website:1", "one"), tmp_path)
    with trusted(host, host.admin) as address:
        said = docker_push(any_engine, name, f"{address}/websit:1")

    assert said.startswith("exit 1\n")
    assert "Did you mean website?" in said
    assert "edd ps" in said


def test_docker_shows_why_a_release_failed_and_the_old_one_serves(
    host: Daemon, engine: TestEngine, any_engine: TestEngine, tmp_path: Path
) -> None:
    good = loaded(any_engine, website_image("website:1", "one"), tmp_path)
    bad = loaded(any_engine, website_image("website:2", "two", broken="exits"), tmp_path)
    with trusted(host, host.admin) as address:
        docker_push(any_engine, good, f"{address}/website:1")
        said = docker_push(any_engine, bad, f"{address}/website:2")

    assert said.startswith("exit 1\n")
    assert "broken: cannot read /config" in said
    assert "The old container serves again" in said
    assert served(engine) == "one"


@needs_skopeo
def test_skopeo_copy_delivers_to_every_engine(any_engine: TestEngine, tmp_path: Path) -> None:
    with Daemon(tmp_path / "edd", any_engine.socket, PLACES) as host:
        folder = install(host, host.admin, tmp_path / "certificates")
        target = f"localhost:{host.port}/website"
        said = []
        for text in ("one", "two"):
            archive = write_archive(tmp_path / f"{text}.tar", website_image("website:1", text))
            said.append(skopeo_copy(folder, f"docker-archive:{archive}", f"{target}:{text}"))

        assert [each.partition("\n")[0] for each in said] == ["exit 0", "exit 0"]
        assert said[1].count("(already present)") == 1
        assert served(any_engine) == "two"


@needs_skopeo
def test_skopeo_shows_why_a_release_failed(
    host: Daemon, engine: TestEngine, tmp_path: Path
) -> None:
    folder = install(host, host.admin, tmp_path / "certificates")
    archive = write_archive(tmp_path / "bad.tar", website_image("website:2", "two", broken="exits"))
    target = f"{host.settings['listen']}/website:2"
    said = skopeo_copy(folder, f"docker-archive:{archive}", target)

    assert said.startswith("exit 1\n")
    assert "broken: cannot read /config" in said


@needs_skopeo
def test_nothing_can_be_pulled(host: Daemon, tmp_path: Path) -> None:
    folder = install(host, host.admin, tmp_path / "certificates")
    source = f"docker://{host.settings['listen']}/website:latest"
    said = ran(["skopeo", "inspect", "--cert-dir", str(folder), source])

    assert said.startswith("exit 1\n")
    assert "a door to push through, not a registry" in said
