"""The words of `docker run` that typed options stand for."""

from typing import Any

import pytest

from edd.model.deployment import Deployment
from edd.model.description import Access, Network, parse_mount
from edd.model.docker_run import VALUED
from edd.model.ports import parse_published
from edd.planning.arguments import clashing_ports
from edd.planning.description import words_of

LAN = ["192.168.1.5", "fd00::5"]


def words(**options: Any) -> list[str]:
    return list(words_of(Deployment("site", **options), "ed_site", LAN))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, []),
        ({"args": ("-p", "80:80")}, ["-p", "80:80"]),
        (
            {"ports": (parse_published("8080:80"),)},
            [
                "--publish=127.0.0.1:8080:80/tcp",
                "--publish=192.168.1.5:8080:80/tcp",
                "--publish=[fd00::5]:8080:80/tcp",
            ],
        ),
        (
            {"ports": (parse_published("53/udp"),), "access": Access.PUBLIC},
            ["--publish=53:53/udp"],
        ),
        ({"network": Network.HOST}, ["--network=host"]),
        (
            {"mounts": (parse_mount("/srv/site:/www:ro"),)},
            ["--mount=type=bind,source=/srv/site,target=/www,readonly"],
        ),
        (
            {"mounts": (parse_mount("/var/uploads"), parse_mount("mine:/data"))},
            [
                "--mount=type=volume,source=ed_site.var.uploads,target=/var/uploads",
                "--mount=type=volume,source=mine,target=/data",
            ],
        ),
        ({"memory": 64 << 20, "cpus": 1.5}, ["--memory=67108864", "--cpus=1.500"]),
        (
            {"cpus": 0.25, "args": ("--restart", "always")},
            ["--cpus=0.250", "--restart", "always"],
        ),
    ],
)
def test_options_become_words_before_the_arguments(
    options: dict[str, Any], expected: list[str]
) -> None:
    assert words(**options) == expected


def test_every_word_is_an_option_that_docker_run_takes_with_a_value() -> None:
    every = words(
        ports=(parse_published("80"),),
        network=Network.HOST,
        mounts=(parse_mount("/data"),),
        memory=64 << 20,
        cpus=1,
    )
    assert {word[2:].partition("=")[0] for word in every} <= VALUED


@pytest.mark.parametrize(
    ("access", "args", "clash"),
    [
        (Access.PRIVATE, "-p192.168.1.5:80:80", True),
        (Access.PRIVATE, "-p203.0.113.5:80:80", False),
        (Access.PUBLIC, "-p203.0.113.5:80:80", True),
        (Access.PUBLIC, "-p80:80/udp", False),
    ],
)
def test_described_ports_clash_with_those_of_others(access: Access, args: str, clash: bool) -> None:
    one = Deployment("one", ports=(parse_published("80"),), access=access)
    assert bool(clashing_ports([one, Deployment("two", (args,))], LAN)) is clash
