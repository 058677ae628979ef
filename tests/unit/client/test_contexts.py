"""Which engine is asked for an image: the one that the docker command would ask."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from edd.client.contexts import engine_socket
from edd.errors import SourceError

Socket = Callable[..., str]


@pytest.fixture
def socket(tmp_path: Path) -> Socket:
    """Return the socket that is chosen with some variables."""
    return lambda **variables: engine_socket({"DOCKER_CONFIG": str(tmp_path), **variables})


def context(folder: Path, name: str, host: str | None) -> None:
    """Write a context as `docker context create` does."""
    meta = folder / "contexts/meta" / hashlib.sha256(name.encode()).hexdigest() / "meta.json"
    meta.parent.mkdir(parents=True)
    endpoint = {"SkipTLSVerify": False} | ({"Host": host} if host else {})
    meta.write_text(json.dumps({"Name": name, "Metadata": {}, "Endpoints": {"docker": endpoint}}))


def use(folder: Path, name: str) -> None:
    """Choose a context as `docker context use` does."""
    (folder / "config.json").write_text(json.dumps({"auths": {}, "currentContext": name}))


def test_the_host_goes_before_the_context_and_that_before_the_chosen_one(
    tmp_path: Path, socket: Socket
) -> None:
    context(tmp_path, "rootless", "unix:///run/user/1000/docker.sock")
    context(tmp_path, "other", "unix:///run/other.sock")
    use(tmp_path, "rootless")

    assert socket() == "/run/user/1000/docker.sock"
    assert socket(DOCKER_CONTEXT="other") == "/run/other.sock"
    assert socket(DOCKER_CONTEXT="none", DOCKER_HOST="unix:///run/mine.sock") == "/run/mine.sock"


def test_without_anything_it_is_dockers_default(tmp_path: Path, socket: Socket) -> None:
    assert socket() == "/var/run/docker.sock"
    use(tmp_path, "default")
    assert socket(DOCKER_HOST="", DOCKER_CONTEXT="") == "/var/run/docker.sock"


def test_the_default_may_be_named_in_spite_of_the_chosen_one(
    tmp_path: Path, socket: Socket
) -> None:
    use(tmp_path, "build")
    assert socket(DOCKER_CONTEXT="default") == "/var/run/docker.sock"


def test_a_context_without_an_address_means_the_default(tmp_path: Path, socket: Socket) -> None:
    context(tmp_path, "plain", None)
    assert socket(DOCKER_CONTEXT="plain") == "/var/run/docker.sock"


def test_the_configuration_lies_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".docker").mkdir()
    context(tmp_path / ".docker", "mine", "unix:///run/mine.sock")
    use(tmp_path / ".docker", "mine")
    monkeypatch.setenv("HOME", str(tmp_path))

    assert engine_socket({}) == "/run/mine.sock"


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"currentContext": 1}', b'{"currentContext": "\xff"}']
)
def test_a_configuration_that_docker_would_not_read_changes_nothing(
    tmp_path: Path, socket: Socket, content: bytes
) -> None:
    (tmp_path / "config.json").write_bytes(content)
    assert socket() == "/var/run/docker.sock"


@pytest.mark.parametrize("address", ["ssh://root@build", "tcp://build:2376"])
def test_an_engine_elsewhere_is_named_with_its_context_and_a_way(
    tmp_path: Path, socket: Socket, address: str
) -> None:
    context(tmp_path, "build", address)
    use(tmp_path, "build")

    with pytest.raises(SourceError, match=f"{address} .the Docker context build. is not") as caught:
        socket()
    assert "docker save IMAGE | edd push - DEPLOYMENT" in caught.value.advice


def test_an_address_elsewhere_is_told_apart_from_a_context(socket: Socket) -> None:
    with pytest.raises(SourceError, match=r"ssh://root@build \(DOCKER_HOST\)"):
        socket(DOCKER_HOST="ssh://root@build")


def test_a_context_that_is_not_there_is_named(socket: Socket) -> None:
    with pytest.raises(SourceError, match="The Docker context biuld is not there") as caught:
        socket(DOCKER_CONTEXT="biuld")
    assert "docker context ls" in caught.value.advice


def test_a_context_that_is_damaged_is_named(tmp_path: Path, socket: Socket) -> None:
    context(tmp_path, "build", "unix:///run/docker.sock")
    next(tmp_path.glob("contexts/meta/*/meta.json")).write_text("{")

    with pytest.raises(SourceError, match="The Docker context build is damaged"):
        socket(DOCKER_CONTEXT="build")
