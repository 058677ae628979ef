"""The table of `docker run` options against the docker CLI that is installed."""

import re
import subprocess

import pytest

from edd.model.arguments import check_arguments
from edd.model.docker_run import BOOLEAN, SHORT, VALUED
from tests.support.engine import TestEngine

OPTION = re.compile(r"^ +(?:-(\w), +)?--([a-z0-9-]+)(?: (\S+))?", re.MULTILINE)
NO_IMAGE = "edd.invalid/none:1"


def docker(engine: TestEngine, *words: str) -> str:
    done = subprocess.run(
        ["docker", *words],
        env=engine.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.stdout + done.stderr


def test_every_option_the_docker_cli_names_is_known_with_its_kind(engine: TestEngine) -> None:
    options = OPTION.findall(docker(engine, "run", "--help"))

    assert len(options) > 80
    for letter, name, value in options:
        assert name in (VALUED if value else BOOLEAN), name
        assert not letter or SHORT[letter] == name


@pytest.mark.parametrize(
    "line",
    [
        "-itP",
        "-p80:80",
        "-p=80:80",
        "--publish=127.0.0.1::80",
        "-p [::1]:80:80/udp",
        "-p 8000-8010:80",
        "-p published=80,target=80",
        "-u=",
        "-e -p",
        "--init=false",
        "-P=false",
        "--net bridge",
        "--restart=",
    ],
)
def test_what_is_accepted_here_is_accepted_by_docker(engine: TestEngine, line: str) -> None:
    said = docker(engine, "create", "--pull=never", *line.split(), NO_IMAGE)

    assert check_arguments(line.split()) == []
    assert "no such image" in said.lower(), said


@pytest.mark.parametrize(
    "line",
    [
        "--publsh 80:80",
        "-Z",
        "--init=maybe",
        "-P=maybe",
        "-p 99999:80",
        "-p 80:80/icmp",
        "-p 8000-8010:80-81",
        "-p 90-80:90-80",
        "-p example.org:80:80",
        "-p published=80,tarrget=80",
    ],
)
def test_what_is_refused_here_for_its_form_is_refused_by_docker(
    engine: TestEngine, line: str
) -> None:
    said = docker(engine, "create", "--pull=never", *line.split(), NO_IMAGE)

    assert check_arguments(line.split())
    assert "no such image" not in said.lower(), said
