"""What a container may be created with by somebody who is not an administrator.

Docker reads JSON leniently: names in any case, the last of two, old fields at the top. So what may
pass is listed by its exact name, and everything else needs an administrator.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[[Any], bool]

BYTES_LIMIT = 64 << 10
"""Whatever is in it, its labels above all, comes back whenever somebody lists containers."""

_FREE = """\
Hostname Domainname User AttachStdin AttachStdout AttachStderr ExposedPorts Tty OpenStdin StdinOnce
Env Cmd Healthcheck ArgsEscaped Image Volumes WorkingDir Entrypoint NetworkDisabled OnBuild
StopSignal StopTimeout Shell
"""
_FREE_OF_HOST = """\
ContainerIDFile PortBindings RestartPolicy AutoRemove ConsoleSize CapDrop Dns DnsOptions DnsSearch
ExtraHosts PublishAllPorts ReadonlyRootfs Tmpfs ShmSize CpuShares Memory NanoCpus BlkioWeight
CpuPeriod CpuQuota CpusetCpus CpusetMems MemoryReservation MemorySwap MemorySwappiness PidsLimit
Ulimits CpuCount CpuPercent Init
"""
_UNSET_ON_HOST = """\
Binds VolumeDriver VolumesFrom Annotations CapAdd Capabilities GroupAdd Cgroup Links OomScoreAdj
PidMode Privileged StorageOpt UTSMode UsernsMode Sysctls Runtime CgroupParent BlkioWeightDevice
BlkioDeviceReadBps BlkioDeviceWriteBps BlkioDeviceReadIOps BlkioDeviceWriteIOps CpuRealtimePeriod
CpuRealtimeRuntime Devices DeviceCgroupRules DeviceRequests KernelMemory KernelMemoryTCP
OomKillDisable IOMaximumIOps IOMaximumBandwidth Mounts
"""
"""Named volumes are among them: one may be a folder of the host."""

_NAME_OF_NETWORK = re.compile(r"(?=.*[^0-9a-f])[A-Za-z0-9][A-Za-z0-9_.-]*")
"""A name that cannot be the beginning of an id: the host's own network has one."""


NAMELESS = (None, "", "default", "bridge", "none")
"""Networks on which no container is found by a name."""


def _anything(_value: Any) -> bool:
    return True


def _unset(value: Any) -> bool:
    return value in (None, False, 0, "") or value in ([], {})


def _null(value: Any) -> bool:
    return value is None


def _one_of(*words: str) -> Rule:
    return lambda value: value is None or value in words


def _network(name: Any) -> bool:
    if name in NAMELESS:
        return True
    return isinstance(name, str) and name != "host" and bool(_NAME_OF_NETWORK.fullmatch(name))


def _logging(value: Any) -> bool:
    """The host's own way of logging, which only the engine knows, takes no options from here."""
    if value is None:
        return True
    if not isinstance(value, dict) or not value.keys() <= {"Type", "Config"}:
        return False
    kind = value.get("Type")
    return kind in ("json-file", "local", "none") or (_unset(kind) and _unset(value.get("Config")))


def _security(value: Any) -> bool:
    return value is None or (isinstance(value, list) and set(map(str, value)) <= NO_MORE_RIGHTS)


def _labels(value: Any) -> bool:
    """ED knows its own containers by their labels."""
    return value is None or (isinstance(value, dict) and not any(map(_is_ours, value)))


def _is_ours(label: str) -> bool:
    return label.startswith("edd.")


def _endpoint(value: Any) -> bool:
    """Nothing that others on the network could take for somebody else: no alias, no address."""
    return value is None or (isinstance(value, dict) and all(map(_unset, value.values())))


def _networking(value: Any) -> bool:
    if value is None:
        return True
    if not isinstance(value, dict) or not value.keys() <= {"EndpointsConfig"}:
        return False
    places = value.get("EndpointsConfig") or {}
    return isinstance(places, dict) and all(
        _network(name) and _endpoint(place) for name, place in places.items()
    )


NO_MORE_RIGHTS = {"no-new-privileges", "no-new-privileges:true", "no-new-privileges=true"}

HOST_RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_FREE_OF_HOST.split(), _anything),
    **dict.fromkeys(_UNSET_ON_HOST.split(), _unset),
    "LogConfig": _logging,
    "NetworkMode": _network,
    "IpcMode": _one_of("", "none", "private"),
    "CgroupnsMode": _one_of("", "private"),
    "Isolation": _one_of("", "default"),
    "SecurityOpt": _security,
    "MaskedPaths": _null,
    "ReadonlyPaths": _null,
}
"""Every field of `HostConfig` up to API 1.52, and what it may be."""

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(_FREE.split(), _anything),
    "Labels": _labels,
    "MacAddress": _unset,
    "NetworkingConfig": _networking,
}


def why_not(body: bytes) -> str:
    """Return what in the body of a container's creation needs an administrator; nothing if none."""
    if len(body) > BYTES_LIMIT:
        return f"only an administrator may send a body of more than {BYTES_LIMIT} bytes with it."
    try:
        asked = json.loads(body.decode("utf-8"), object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        return f"its body cannot be judged: {str(error)[:200]}."
    if not isinstance(asked, dict):
        return "its body is no object."
    host = asked.pop("HostConfig", None)
    if host is not None and not isinstance(host, dict):
        return "HostConfig is no object."
    rules = {**RULES, "Hostname": _unset} if _is_among_others(asked, host or {}) else RULES
    odd = _first(rules, asked, "") or _first(HOST_RULES, host or {}, "HostConfig.")
    return f"{odd} is set to what only an administrator may set." if odd else ""


def _is_among_others(asked: dict[str, Any], host: dict[str, Any]) -> bool:
    """Tell whether a network is named, on which others find a container by its host name."""
    networking = asked.get("NetworkingConfig")
    places = networking.get("EndpointsConfig") if isinstance(networking, dict) else None
    named = [host.get("NetworkMode"), *(places if isinstance(places, dict) else ())]
    return not all(each in NAMELESS for each in named)


def _first(rules: Mapping[str, Rule], given: dict[str, Any], place: str) -> str:
    for name, value in given.items():
        if name not in rules or not rules[name](value):
            return place + name[:100]
    return ""


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return table
