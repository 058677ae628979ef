"""`make demo`, told to a private engine."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import TestEngine

PROJECT = Path(__file__).parents[2]
FOLDER = ".demo-of-a-test"


@pytest.fixture
def environment(clean_engine: TestEngine) -> Iterator[dict[str, str]]:
    environment = clean_engine.environment | {"EDD_DEMO": FOLDER}
    yield environment
    demo(environment, "clean")


def demo(environment: dict[str, str], *words: str) -> str:
    try:
        done = subprocess.run(
            [sys.executable, "-m", "demo", *words],
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=180,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"the demo did not end: {(late.output or b'').decode()}")
    assert done.returncode == 0, done.stdout
    return done.stdout


def advice(told: str) -> list[str]:
    """Return the commands that the demo names at its end, but the one that removes it."""
    lines = told.partition("Try:")[2].splitlines()
    commands = [line.strip() for line in lines if line.startswith("  ")]
    assert commands.pop() == "make demo-clean"
    assert len(commands) > 5
    return commands


def shell(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_demo_tells_its_story_twice_and_what_it_says_to_try_next_works(
    environment: dict[str, str], clean_engine: TestEngine
) -> None:
    for _ in range(2):
        told = demo(environment)
        assert re.findall(r"this is version (\d)", told) == ["1", "2", "2"]
        assert "there is no /www/index.html" in told
        assert clean_engine.containers(running=True) == ["demo_website"]
    for command in advice(told):
        done = shell(command, environment)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_cleaning_up_removes_what_the_demo_made_and_nothing_else(
    environment: dict[str, str], clean_engine: TestEngine, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY Dockerfile /\n")
    clean_engine.docker("build", "--tag", "demo_other:1", str(tmp_path))
    clean_engine.docker("create", "--name", "demo_other", "demo_other:1", "/none")
    demo(environment | {"XDG_CACHE_HOME": str(tmp_path / "cache")})
    told = demo(environment, "clean")
    assert "nothing of the demo is left" in told
    assert clean_engine.containers() == ["demo_other"]
    assert clean_engine.docker("images", "--format", "{{.Repository}}") == "demo_other"
    assert not (PROJECT / FOLDER).exists()
    assert not (tmp_path / "cache" / "edd").exists()
