"""Containers: what refusals of the docker command become, and how the engine's words are read."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edd.engine.containers import Containers, Creation, listed_of, probe_of, stamp
from edd.errors import StartFailedError


def test_what_docker_says_of_refused_arguments_is_not_called_the_containers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'invalid mode: zz' >&2\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    containers = Containers(cast("Any", SimpleNamespace(socket="/nowhere")))

    with pytest.raises(StartFailedError, match="invalid mode: zz") as caught:
        asyncio.run(containers.create(Creation("web", "web:1", ["-v", "a:b:zz"], {})))

    assert "log" not in caught.value.data


@pytest.mark.parametrize(
    ("state", "status", "running", "health"),
    [
        ("running", "Up 2 hours", True, "none"),
        ("running", "Up 2 hours (healthy)", True, "healthy"),
        ("running", "Up Less than a second (health: starting)", True, "starting"),
        ("running", "Up About a minute (unhealthy)", True, "unhealthy"),
        ("paused", "Up 2 hours (Paused)", True, "unknown"),
        ("restarting", "Restarting (1) 5 seconds ago", True, "unknown"),
        ("exited", "Exited (0) 3 days ago", False, "unknown"),
    ],
)
def test_a_listing_says_what_runs_and_how_healthy_it_is(
    state: str, status: str, running: bool, health: str
) -> None:
    facts = {"Id": "1", "ImageID": "sha256:0", "Labels": None, "State": state, "Status": status}
    container = listed_of("web", facts)
    assert (container.running, container.health) == (running, health)


def test_of_a_health_check_the_end_of_what_it_printed_is_told() -> None:
    looks = [{"ExitCode": 0, "Output": "well"}, {"ExitCode": 7, "Output": "x" * 4000 + "\nlast\n"}]
    probe = probe_of({"Status": "unhealthy", "Log": looks})
    assert probe is not None
    assert (probe.exit_code, len(probe.output), probe.output[-6:]) == (7, 500, "x\nlast")
    assert probe_of({"Status": "starting", "Log": None}) is None


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [
        ("2026-05-01T12:00:00Z", "1777636800.000000"),
        ("1777636800.5", "1777636800.5"),
        ("0001-01-01T00:00:00+00:00", "0.000001"),
    ],
)
def test_a_bound_of_a_log_stays_one_however_early_it_is(moment: str, seconds: str) -> None:
    assert stamp("until", moment) == seconds
