"""What an operator's container may not be."""

import json
from typing import Any

import pytest

from edd.planning.creation import BYTES_LIMIT, HOST_RULES, RULES, why_not

BY_DOCKER_RUN: dict[str, Any] = {
    "Hostname": "", "Domainname": "", "User": "", "AttachStdin": False, "AttachStdout": True,
    "AttachStderr": True, "Tty": False, "OpenStdin": False, "StdinOnce": False, "Env": ["A=b"],
    "Cmd": ["sh"], "Image": "web:1", "Volumes": {}, "WorkingDir": "", "Entrypoint": None,
    "OnBuild": None, "Labels": {"a": "b"},
    "HostConfig": {
        "Binds": None, "ContainerIDFile": "", "LogConfig": {"Type": "", "Config": {}},
        "NetworkMode": "default", "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "80"}]},
        "RestartPolicy": {"Name": "no", "MaximumRetryCount": 0}, "AutoRemove": False,
        "VolumeDriver": "", "VolumesFrom": None, "CapAdd": None, "CapDrop": None,
        "CgroupnsMode": "", "Dns": [], "DnsOptions": [], "DnsSearch": [], "ExtraHosts": None,
        "GroupAdd": None, "IpcMode": "", "Cgroup": "", "Links": None, "OomScoreAdj": 0,
        "PidMode": "", "Privileged": False, "PublishAllPorts": False, "ReadonlyRootfs": False,
        "SecurityOpt": None, "UTSMode": "", "UsernsMode": "", "ShmSize": 0, "ConsoleSize": [0, 0],
        "Isolation": "", "CpuShares": 0, "Memory": 1, "NanoCpus": 0, "CgroupParent": "",
        "BlkioWeight": 0, "BlkioWeightDevice": [], "BlkioDeviceReadBps": None, "CpuPeriod": 0,
        "CpuQuota": 0, "CpuRealtimePeriod": 0, "CpuRealtimeRuntime": 0, "CpusetCpus": "",
        "CpusetMems": "", "Devices": [], "DeviceCgroupRules": None, "DeviceRequests": None,
        "KernelMemory": 0, "KernelMemoryTCP": 0, "MemoryReservation": 0, "MemorySwap": 0,
        "MemorySwappiness": -1, "OomKillDisable": False, "PidsLimit": 0, "Ulimits": None,
        "CpuCount": 0, "CpuPercent": 0, "IOMaximumIOps": 0, "IOMaximumBandwidth": 0,
        "MaskedPaths": None, "ReadonlyPaths": None,
    },
    "NetworkingConfig": {"EndpointsConfig": {}},
}  # fmt: skip
"""What the docker command sends for `docker run -e A=b -m 1 -p 80:80 --label a=b web:1 sh`."""


def with_host(**settings: Any) -> bytes:
    host = BY_DOCKER_RUN["HostConfig"] | settings
    return json.dumps(BY_DOCKER_RUN | {"HostConfig": host}).encode()


def with_top(**settings: Any) -> bytes:
    return json.dumps(BY_DOCKER_RUN | settings).encode()


def test_an_ordinary_container_passes() -> None:
    assert why_not(json.dumps(BY_DOCKER_RUN).encode()) == ""
    assert why_not(b'{"Image": "web:1"}') == ""


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Binds", ["/:/host"]),
        ("Binds", ["/var/run/docker.sock:/var/run/docker.sock"]),
        ("Binds", ["data:/data"]),
        ("Mounts", [{"Type": "bind", "Source": "/", "Target": "/host"}]),
        ("Mounts", [{"Type": "volume", "Target": "/x"}]),
        ("VolumesFrom", ["db"]),
        ("VolumeDriver", "local"),
        ("Privileged", True),
        ("Privileged", 1),
        ("CapAdd", ["SYS_ADMIN"]),
        ("Devices", [{"PathOnHost": "/dev/sda"}]),
        ("DeviceRequests", [{"Count": -1}]),
        ("DeviceCgroupRules", ["b 8:* rmw"]),
        ("PidMode", "host"),
        ("PidMode", "container:db"),
        ("IpcMode", "host"),
        ("IpcMode", "container:db"),
        ("IpcMode", "shareable"),
        ("UTSMode", "host"),
        ("UsernsMode", "host"),
        ("CgroupnsMode", "host"),
        ("Cgroup", "container:db"),
        ("CgroupParent", "/"),
        ("NetworkMode", "host"),
        ("NetworkMode", "container:db"),
        ("NetworkMode", "ns:/proc/1/ns/net"),
        ("NetworkMode", "0f3a"),
        ("NetworkMode", "a" * 64),
        ("NetworkMode", ["host"]),
        ("SecurityOpt", ["seccomp=unconfined"]),
        ("SecurityOpt", ["apparmor=unconfined", "no-new-privileges"]),
        ("SecurityOpt", "no-new-privileges"),
        ("MaskedPaths", []),
        ("ReadonlyPaths", []),
        ("Sysctls", {"kernel.core_pattern": "|/x"}),
        ("Runtime", "other"),
        ("Isolation", "hyperv"),
        ("LogConfig", {"Type": "syslog", "Config": {}}),
        ("LogConfig", {"type": "syslog"}),
        ("LogConfig", {"Type": "", "Config": {"gelf-address": "udp://127.0.0.1:9"}}),
        ("LogConfig", {"Type": None, "Config": {"a": "b"}}),
        ("LogConfig", {"Config": {"a": "b"}}),
        ("Links", ["db:db"]),
        ("Annotations", {"a": "b"}),
        ("privileged", True),
        ("PRIVILEGED", True),
        ("Priv\u0131leged", True),
        ("bind\u017f", ["/:/host"]),
        ("SomethingNew", None),
    ],
)
def test_what_reaches_the_host_or_another_container_needs_an_administrator(
    name: str, value: Any
) -> None:
    assert why_not(with_host(**{name: value})).startswith(f"HostConfig.{name[:4]}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Privileged", True),
        ("Binds", ["/:/host"]),
        ("hostconfig", {"Privileged": True}),
        ("HOSTCONFIG", {}),
        ("hostCon\ufb01g", {}),
        ("Cpuset", "0"),
        ("Labels", {"edd.deployment": "website"}),
        ("Labels", ["edd.deployment"]),
        ("MacAddress", "02:42:ac:11:00:02"),
        ("NetworkingConfig", {"EndpointsConfig": {"host": {}}}),
        ("NetworkingConfig", {"EndpointsConfig": {"0f3a": {}}}),
        ("NetworkingConfig", {"EndpointsConfig": {"shop": {"NetworkID": "0f3a"}}}),
        ("NetworkingConfig", {"EndpointsConfig": {"shop": {"networkid": "0f3a"}}}),
        ("NetworkingConfig", {"endpointsconfig": {"host": {}}}),
        ("NetworkingConfig", {"EndpointsConfig": {"shop": {"Aliases": ["db"]}}}),
        ("NetworkingConfig", {"EndpointsConfig": {"shop": {"IPAMConfig": {"IPv4Address": "1"}}}}),
        ("NetworkingConfig", {"EndpointsConfig": {"bridge": {"Aliases": ["db"]}}}),
        ("NetworkingConfig", []),
        ("SomethingNew", None),
    ],
)
def test_a_field_in_another_place_or_another_spelling_needs_an_administrator(
    name: str, value: Any
) -> None:
    assert why_not(with_top(**{name: value})).startswith(name[:4])


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'"x"',
        b'{"Image": "web:1"',
        b'{"Image": "web:1"} {"HostConfig": {"Privileged": true}}',
        b'{"HostConfig": {}, "HostConfig": {"Privileged": true}}',
        b'{"HostConfig": {"Privileged": true, "Privileged": false}}',
        b'{"HostConfig": []}',
        b'{"HostConfig": "x"}',
        '{"Image": "web:1"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"Image": "web:1"}',
        b'{"Image": "\xff"}',
        b'{"a":' * 100_000,
    ],
)
def test_a_body_that_two_readers_could_read_differently_needs_an_administrator(
    body: bytes,
) -> None:
    assert why_not(body)


@pytest.mark.parametrize("name", ["NetworkMode", "LogConfig", "IpcMode", "SecurityOpt"])
def test_what_is_left_out_or_null_is_dockers_default(name: str) -> None:
    assert why_not(with_host(**{name: None})) == ""


def test_a_log_of_a_known_kind_has_options() -> None:
    config = {"Type": "json-file", "Config": {"max-size": "1m"}}
    assert why_not(with_host(LogConfig=config)) == ""
    assert why_not(with_host(LogConfig={"Type": "", "Config": None})) == ""


def test_a_creation_is_short() -> None:
    body = with_top(Labels={"com.docker.compose.x": "y" * BYTES_LIMIT})
    assert f"more than {BYTES_LIMIT} bytes" in why_not(body)
    assert why_not(with_top(Labels={"x": "y" * (BYTES_LIMIT - 4000)})) == ""


@pytest.mark.parametrize(
    "more",
    [
        {"HostConfig": {"NetworkMode": "shop"}},
        {"NetworkingConfig": {"EndpointsConfig": {"shop": {}}}},
    ],
)
def test_among_others_nobody_chooses_the_name_by_which_they_find_a_container(
    more: dict[str, Any],
) -> None:
    assert why_not(json.dumps({"Hostname": "db", **more}).encode()).startswith("Hostname ")
    assert why_not(json.dumps({"Hostname": "", **more}).encode()) == ""
    assert why_not(b'{"Hostname": "db", "HostConfig": {"NetworkMode": "bridge"}}') == ""


def test_networks_by_name_and_tighter_rights_pass() -> None:
    place: dict[str, Any] = {"Aliases": None, "IPAMConfig": {}, "NetworkID": ""}
    shop = {"EndpointsConfig": {"shop_default": place}}
    body = json.loads(with_host(NetworkMode="shop_default", SecurityOpt=["no-new-privileges"]))
    assert why_not(json.dumps(body | {"NetworkingConfig": shop}).encode()) == ""


def test_no_field_is_named_twice_in_the_rules() -> None:
    assert not {name.casefold() for name in RULES} & {name.casefold() for name in HOST_RULES}
