"""Options of one deployment that contradict each other, or what `args` say."""

from typing import Any

import pytest

from edd.config import complete_config, parse_config
from edd.config.problems import Examined, examine

DESCRIBED = {
    "ports": [80, "8443:443", "53/udp"],
    "access": "public",
    "network": "bridge",
    "mounts": ["/srv/site:/www:ro", "/var/uploads"],
    "memory": "64 MiB",
    "cpus": 0.5,
    "args": "--restart unless-stopped",
}


def examined(**options: Any) -> Examined:
    return examine({"deployments": [{"name": "site", **options}]})


def test_a_description_is_read_whole_and_written_back() -> None:
    config = examined(**DESCRIBED).config
    assert config is not None
    [site] = config.deployments
    assert list(map(str, site.ports)) == ["80:80/tcp", "8443:443/tcp", "53:53/udp"]
    assert list(map(str, site.mounts)) == DESCRIBED["mounts"]
    assert (site.memory, site.cpus) == (64 << 20, 0.5)
    assert parse_config(complete_config(config)) == config


@pytest.mark.parametrize(
    ("options", "path", "words"),
    [
        ({"memory": "64 MiB", "args": "-m 1g"}, "memory", "--memory=1g"),
        ({"cpus": 1, "args": "--cpus 2"}, "cpus", "--cpus=2"),
        ({"network": "host", "args": "--net shop"}, "network", "--network=shop"),
        ({"network": "host", "ports": [80]}, "ports", "network = 'host'"),
        ({"ports": [80], "args": "--network none"}, "ports", "--network=none"),
        ({"ports": [80], "args": "--network container:db"}, "ports", "container:db"),
        ({"ports": [80], "args": "--network name=host"}, "ports", "name=host"),
        ({"access": "public"}, "access", "none are named"),
        ({"ports": [80], "args": "-p 127.0.0.1:80:8080"}, "ports", "127.0.0.1:80:8080"),
        ({"ports": ["80-90", "85:1"]}, "ports", "80-90:80-90/tcp"),
        ({"mounts": ["/data", "mine:/data"]}, "mounts", "same target"),
        ({"mounts": ["/data"], "args": "-v /srv:/data/:ro"}, "mounts", "--volume=/srv:/data/"),
        ({"mounts": ["/data"], "args": "-v /data"}, "mounts", "--volume=/data"),
        ({"mounts": ["/data"], "args": "--tmpfs /data:size=1m"}, "mounts", "--tmpfs=/data"),
        (
            {"mounts": ["/data"], "args": "--mount type=bind,src=/srv,dst=/data"},
            "mounts",
            "--mount=type=bind",
        ),
        ({"mounts": ["/a/b", "/a.b"]}, "mounts", "the same volume"),
        ({"ports": "80"}, "ports", "must be a list"),
        ({"ports": [8.5]}, "ports", "must be a string"),
        ({"ports": ["0.0.0.0:80:80"]}, "ports", "access"),
        ({"access": "lan"}, "access", "private, public"),
        ({"network": "none"}, "network", "bridge, host"),
        ({"mounts": ["data"]}, "mounts", "absolute path"),
        ({"memory": "5 MiB"}, "memory", "6 MiB"),
        ({"cpus": 0}, "cpus", "0.01"),
        ({"cpus": True}, "cpus", "must be a number"),
        ({"port": [80]}, "port", "did you mean ports"),
    ],
)
def test_a_clash_names_both_sides(options: dict[str, Any], path: str, words: str) -> None:
    found = examined(**options)
    assert found.config is None
    [problem] = found.problems
    assert problem.path == f"deployments[0].{path}"
    assert words in str(problem)


@pytest.mark.parametrize(
    "options",
    [
        {"ports": [80], "args": "-p 81:80"},
        {"ports": ["53/udp", "53/tcp"]},
        {"network": "host"},
        {"ports": [80], "args": "--network shop"},
        {"mounts": ["/a", "/a/b"], "args": "-v /srv:/c"},
        {"access": "private"},
    ],
)
def test_what_goes_together_is_taken(options: dict[str, Any]) -> None:
    assert examined(**options).problems == ()
