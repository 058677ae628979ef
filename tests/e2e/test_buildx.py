"""`docker buildx build --push` straight to a host, by the driver that Docker has built in."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import cleaned
from tests.support import engines
from tests.support.daemon import Daemon, Place
from tests.support.engine import EngineOf, TestEngine
from tests.support.engines import EVERY, OLDEST, Kind
from tests.support.ports import free_port
from tests.support.pushing import move_to, ran, trusted

PORT = free_port()
KINDS = [kind for kind in EVERY if kind.version != OLDEST]
SERVES = f'"/bin/busybox", "httpd", "-f", "-p", "{PORT}", "-h", "/www"'
BREAKS = '"/bin/busybox", "sh", "-c", "echo broken: cannot read /config; exit 3"'
RECIPE = """\
FROM scratch
COPY busybox /bin/busybox
COPY index.html /www/index.html
STOPSIGNAL KILL
CMD [{}]
"""


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    """A host on an engine of its own, apart from the builders'."""
    host = Daemon(tmp_path / "edd", clean_engine.socket, [Place("website", stable=0.5)])
    move_to(host, clean_engine.address)
    with host:
        yield host


@pytest.fixture(params=KINDS, ids=str)
def builder(engine_of: EngineOf, request: pytest.FixtureRequest) -> Iterator[TestEngine]:
    """Each engine with BuildKit that Debian has buildx for; 'docker build' stays what it was."""
    kind: Kind = request.param
    private = engine_of(kind)
    if not (engines.plugins(kind.version) / "docker-buildx").exists():
        pytest.skip(f"no buildx beside Docker Engine {kind.version}: scripts/engines fetches it")
    plugins = private.root / "cli/cli-plugins"
    plugins.symlink_to(engines.plugins(kind.version))
    with cleaned(private):
        yield private
    plugins.unlink()
    # The builder keeps layers of its own, which other tests would take for theirs.
    private.docker("builder", "prune", "--all", "--force")
    assert private.layers() == set()


def build(builder: TestEngine, folder: Path, words: list[str], text: str, command: str) -> str:
    """Build and push a website; return how it ended and what was said."""
    folder.mkdir(exist_ok=True)
    shutil.copy(str(shutil.which("busybox")), folder / "busybox")
    (folder / "index.html").write_text(text)
    (folder / "Dockerfile").write_text(RECIPE.format(command))
    command_line = ["docker", "buildx", "build", "--progress=plain", *words, str(folder)]
    return ran(command_line, builder.environment)


def test_a_build_is_delivered_and_a_broken_one_is_an_error(
    host: Daemon, engine: TestEngine, builder: TestEngine, tmp_path: Path
) -> None:
    def served() -> str:
        return engine.docker("exec", "ed_website", "/bin/busybox", "cat", "/www/index.html")

    with trusted(host, host.admin) as address:
        name = ["--tag", f"{address}/website"]
        one = build(builder, tmp_path / "site", ["--push", *name], "one", SERVES)
        assert one.startswith("exit 0\n"), one
        assert served() == "one"

        output = ["--output", "type=image,push=true", *name]
        two = build(builder, tmp_path / "site", output, "two", SERVES)
        assert two.startswith("exit 0\n"), two
        assert served() == "two"
        assert [*(host.state / "spool").glob("website/*")] == []

        bad = build(builder, tmp_path / "site", ["--push", *name], "three", BREAKS)
    assert bad.startswith("exit 1\n")
    assert "broken: cannot read /config" in bad
    assert "The old container serves again" in bad
    assert served() == "two"
    assert len(host.get("/v1/website/releases")) == 3
