"""The docker command is run as a stranger: it may be missing, talk without end, or never end."""

import asyncio
import tracemalloc
from pathlib import Path

import pytest

from edd.engine.command import OUTPUT_LIMIT, docker_command
from edd.errors import StartFailedError


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where to write the script that stands in for `docker`."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path / "docker"


def write(docker: Path, script: str) -> None:
    docker.write_text(f"#!/bin/sh\n{script}\n")
    docker.chmod(0o755)


def test_a_command_gives_its_outputs_and_status(docker: Path) -> None:
    write(docker, 'echo "$@"; echo "no such option" >&2; exit 125')

    result = asyncio.run(docker_command("/run/docker.sock", ["create", "--frob"]))

    assert result.stdout == "--host unix:///run/docker.sock create --frob\n"
    assert (result.stderr, result.status) == ("no such option", 125)


def test_outputs_of_any_length_are_read_in_bounded_memory(docker: Path) -> None:
    write(docker, "head -c 32000000 /dev/zero; head -c 32000000 /dev/zero >&2; exit 3")

    tracemalloc.start()
    result = asyncio.run(docker_command("/run/docker.sock", ["create"]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert result.status == 3
    assert len(result.stdout) == len(result.stderr) == OUTPUT_LIMIT
    assert peak < 4_000_000


def test_a_command_that_nobody_waits_for_any_more_is_ended(docker: Path) -> None:
    write(docker, f"echo $$ >{docker}.pid; exec yes")

    async def give_up() -> None:
        async with asyncio.timeout(0.5):
            await docker_command("/run/docker.sock", ["create"])

    with pytest.raises(TimeoutError):
        asyncio.run(give_up())

    assert not Path("/proc", docker.with_suffix(".pid").read_text().strip()).exists()


def test_a_missing_command_is_named_with_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(StartFailedError, match="docker command cannot be run") as caught:
        asyncio.run(docker_command("/run/docker.sock", ["create"]))

    assert "Install it" in caught.value.advice
