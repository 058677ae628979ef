"""SME Server's words for a container: each one, and what contradicts another."""

from pathlib import Path

import pytest

from edd.config import load_config
from edd.errors import ConfigError
from edd.model.deployment import Deployment


def write(tmp_path: Path, containers: str, images: str = "") -> Path:
    (tmp_path / "db").mkdir(exist_ok=True)
    (tmp_path / "db" / "docker_containers").write_text(containers)
    (tmp_path / "db" / "docker_images").write_text(images)
    main = tmp_path / "config.toml"
    main.write_text("")
    return main


def deployment(tmp_path: Path, props: str, images: str = "") -> Deployment:
    main = write(tmp_path, f"site=service|{props}\n", images)
    [found] = load_config(main).config.deployments
    return found


@pytest.mark.parametrize(
    ("props", "field", "value"),
    [
        ("TCPPort|80 , 443", "ports", ["80:80/tcp", "443:443/tcp"]),
        ("UDPPort|53", "ports", ["53:53/udp"]),
        ("tcpport|80|PORTMAPPING|native", "ports", ["80:80/tcp"]),
        (
            "TCPPort|80|UDPPort|53|PortMapping|custom|PortMappingPorts|8080:80 , 5353:53",
            "ports",
            ["8080:80/tcp", "5353:53/udp"],
        ),
        (
            "TCPPort|53|UDPPort|53|PortMapping|custom|PortMappingPorts|5353:53",
            "ports",
            ["5353:53/tcp", "5353:53/udp"],
        ),
        ("PortMapping|custom|PortMappingPorts|5353:53/udp", "ports", ["5353:53/udp"]),
        ("TCPPort|80|access|public", "access", "public"),
        ("TCPPort|80", "access", "private"),
        ("network|host|TCPPort|80", "network", "host"),
        (
            "MountPath|/srv/site:/www:ro , /var/uploads",
            "mounts",
            ["/srv/site:/www:ro", "/var/uploads"],
        ),
        ("MaxMemory|64", "memory", 64 << 20),
        ("MaxMemory|1g", "memory", 1 << 30),
        ("MaxMemory|65536k", "memory", 64 << 20),
        ("MaxCPU|1.5", "cpus", 1.5),
        ("DataMount|container|DataMountPath|/data", "mounts", ["/data"]),
        ("DataMount|host|DataMountPath|/srv/data", "mounts", ["/srv/data:/srv/data"]),
        (
            "DataMount|host|DataMountPath|/srv/data:/data|DataMountWrite|no",
            "mounts",
            ["/srv/data:/data:ro"],
        ),
        ("status|enabled|Args|--restart always", "args", ["--restart", "always"]),
        ("status|disabled", "enabled", False),
        ("status|enabled", "enabled", True),
        ("SubDomain|disabled", "ports", []),
    ],
)
def test_a_property_becomes_an_option(
    tmp_path: Path, props: str, field: str, value: object
) -> None:
    found = getattr(deployment(tmp_path, props), field)
    assert (list(map(str, found)) if isinstance(found, tuple) else found) == value


def test_an_images_record_holds_where_the_containers_says_nothing(tmp_path: Path) -> None:
    images = "nginx=service|TCPPort|80|MaxMemory|64\nsite=service|MaxMemory|32\n"

    named = deployment(tmp_path, "Image|nginx|TCPPort|8080", images)
    assert ([str(each) for each in named.ports], named.memory) == (["8080:8080/tcp"], 64 << 20)
    assert deployment(tmp_path, "TCPPort|1", images).memory == 32 << 20


@pytest.mark.parametrize(
    ("props", "path", "words"),
    [
        ("TCPort|80", "TCPort", "did you mean TCPPort"),
        ("TCPPort|http", "ports", "not a port"),
        ("PortMapping|both", "PortMapping", "native or custom"),
        ("PortMapping|custom|TCPPort|80", "PortMapping", "PortMappingPorts says nothing"),
        ("TCPPort|80|PortMappingPorts|80:80", "PortMappingPorts", "custom"),
        (
            "PortMapping|custom|TCPPort|80|PortMappingPorts|81:81",
            "PortMappingPorts",
            "neither TCPPort nor UDPPort",
        ),
        ("network|host|PortMapping|native", "PortMapping", "network host"),
        ("network|lan", "network", "bridge, host"),
        ("TCPPort|80|access|all", "access", "private, public"),
        ("MountPath|../etc", "mounts", "absolute path"),
        ("MaxMemory|lots", "MaxMemory", "number of MiB"),
        ("MaxMemory|1", "memory", "6 MiB"),
        ("MaxCPU|all", "MaxCPU", "number"),
        ("DataMount|tape|DataMountPath|/x", "DataMount", "container or host"),
        ("DataMount|host", "DataMount", "DataMountPath"),
        ("DataMountWrite|maybe|DataMountPath|/x", "DataMountWrite", "yes or no"),
        ("status|on", "status", "enabled or disabled"),
        ("Interlinked|mysql", "Interlinked", "cannot be followed yet"),
        ("MaxMemory|64|Args|-m 1g", "memory", "--memory=1g"),
    ],
)
def test_what_cannot_be_meant_is_told_with_the_record_and_the_property(
    tmp_path: Path, props: str, path: str, words: str
) -> None:
    main = write(tmp_path, f"site=service|{props}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(main)
    [problem] = caught.value.data["problems"]
    assert problem.path == f"docker_containers site: {path}"
    assert words in problem.problem


def test_a_record_of_another_type_and_a_name_that_is_none_are_refused(tmp_path: Path) -> None:
    main = write(tmp_path, "site=domain\nMy Site=service\n")
    with pytest.raises(ConfigError) as caught:
        load_config(main)
    paths = [each.path for each in caught.value.data["problems"]]
    assert paths == ["docker_containers site", "docker_containers My Site: name"]


def test_a_database_that_is_no_text_is_refused(tmp_path: Path) -> None:
    main = write(tmp_path, "")
    (tmp_path / "db" / "docker_containers").write_bytes(b"site=service|note|\xff\n")
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        load_config(main)


def test_a_deployment_in_two_places_is_refused(tmp_path: Path) -> None:
    main = write(tmp_path, "site=service\n")
    main.write_text('[[deployments]]\nname = "site"\n')
    with pytest.raises(ConfigError, match=r"docker_containers site: name: 'site' is taken by"):
        load_config(main)
