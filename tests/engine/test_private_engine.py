"""The tests' own engine keeps the promises the other tests build on."""

import time
import urllib.request
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from tests.support.engine import EngineOf, TestEngine
from tests.support.engines import EVERY, Kind
from tests.support.images import big_image, image_id, website_image, write_archive
from tests.support.ports import fetch, free_port
from tests.support.processes import belonging_to, wait_until


def test_an_image_made_by_python_loads_under_the_id_foretold(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    image = website_image("site:1", "hello")
    clean_engine.load(write_archive(tmp_path / "site.tar", image))
    assert clean_engine.inspect("site:1")["Id"] == image_id(image)


def test_a_website_serves_its_text_and_becomes_healthy(
    clean_engine: TestEngine, tmp_path: Path
) -> None:
    port = free_port()
    image = website_image("site:1", "hello", port=port)
    clean_engine.load(write_archive(tmp_path / "site.tar", image))
    clean_engine.docker("run", "-d", "--name=site", "--network=host", "site:1")
    wait_until(lambda: _health(clean_engine, "site") == "healthy", 20, "healthy")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        assert answer.read() == b"hello"
    began = time.monotonic()
    clean_engine.docker("stop", "site")
    assert time.monotonic() - began < 5


def test_a_published_port_is_served(clean_engine: TestEngine, tmp_path: Path) -> None:
    port = free_port()
    clean_engine.load(write_archive(tmp_path / "site.tar", website_image("site:1", "published")))
    publish = f"--publish=127.0.0.1:{port}:8080"
    clean_engine.docker("run", "-d", "--name=site", publish, "site:1")
    wait_until(lambda: _health(clean_engine, "site") == "healthy", 20, "healthy")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/") as answer:
        assert answer.read() == b"published"


def test_the_machines_own_bridge_stays(engine: TestEngine) -> None:
    assert engine.answers()
    before = _bridges()
    with TestEngine(), TestEngine():
        assert before <= _bridges()
    assert before <= _bridges()


def test_engines_of_every_kind_run_at_once(engine_of: EngineOf, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "site.tar", website_image("site:1", "published"))
    ports = {}
    for kind in EVERY:
        engine, ports[kind] = engine_of(kind), free_port()
        engine.clean()
        engine.load(archive)
        publish = f"--publish=127.0.0.1:{ports[kind]}:8080"
        engine.docker("run", "-d", "--name=site", "--init", publish, "site:1")
    for kind in EVERY:
        engine = engine_of(kind)
        wait_until(partial(_serves, ports[kind], "published"), 20, f"{kind} serves")
        said = engine.docker("version", "--format={{.Client.Version}} {{.Server.Version}}")
        assert [version.rpartition(".")[0] for version in said.split()] == [kind.version] * 2
        assert engine.containers(running=True) == ["site"]
    for kind in EVERY:
        engine_of(kind).clean()


@pytest.mark.parametrize("kind", EVERY, ids=str)
def test_an_engine_is_of_the_kind_asked_for(engine_of: EngineOf, kind: Kind) -> None:
    driver = engine_of(kind).docker("info", "--format={{.DriverStatus}}")
    assert ("containerd" in driver) == (kind.store == "containerd")


def test_an_unhealthy_website_is_found_so(clean_engine: TestEngine, tmp_path: Path) -> None:
    image = website_image("sick:1", "x", port=free_port(), healthy=False)
    clean_engine.load(write_archive(tmp_path / "b.tar", image))
    clean_engine.docker("run", "-d", "--name=sick", "--network=host", "sick:1")
    wait_until(lambda: _health(clean_engine, "sick") == "unhealthy", 20, "unhealthy")


@pytest.mark.parametrize("containerd", [False, True])
def test_a_killed_engine_starts_again_with_its_images(
    clean_engine: TestEngine, tmp_path: Path, *, containerd: bool
) -> None:
    clean_engine.load(write_archive(tmp_path / "c.tar", big_image("idle:1", 1)))
    clean_engine.docker("run", "-d", "--name=idle", "--network=host", "idle:1")
    clean_engine.kill9(containerd=containerd)
    assert not clean_engine.answers()
    clean_engine.start()
    assert clean_engine.containers() == ["idle"]
    clean_engine.docker("start", "idle")
    assert clean_engine.containers(running=True) == ["idle"]


def test_a_small_engine_runs_out_of_disk(small_engine: TestEngine, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "big.tar", big_image("big:1", 100))
    with pytest.raises(AssertionError, match="no space left"):
        small_engine.load(archive)


def test_a_stopped_engine_leaves_nothing(engine: TestEngine, tmp_path: Path) -> None:
    assert engine.answers()
    with TestEngine() as private:
        private.load(write_archive(tmp_path / "idle.tar", big_image("idle:1", 1)))
        private.docker("run", "-d", "--name=idle", "--network=host", "idle:1")
        private.kill9(containerd=True)
    assert not private.root.exists()
    assert not belonging_to(private.root)
    assert str(private.root) not in Path("/proc/mounts").read_text()


def _bridges() -> set[str]:
    """Every bridge but the ones of this and other test runs."""
    names = {path.parent.name for path in Path("/sys/class/net").glob("*/bridge")}
    return {name for name in names if not name.startswith("edd")}


def _serves(port: int, text: str) -> bool:
    with suppress(OSError):
        return fetch(port) == text
    return False


def _health(engine: TestEngine, name: str) -> str:
    return str(engine.inspect(name)["State"].get("Health", {}).get("Status", ""))
