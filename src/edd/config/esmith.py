"""What SME Server's words for a container mean: records become tables of the configuration.

The words are those of its wiki page on Docker; a word's case does not matter.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from edd.model.record import Record

Finding = tuple[str, str]
"""A property, and what is wrong with its value."""

UNITS = {"": 1 << 20, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
"""A bare number of MaxMemory is in MiB."""

NOT_YET = ("Interlinked", "InterLinkPriority", "SubDomain", "SubDomainName", "WebAlias", "WebPort")
KEYS = (
    *("status", "Image", "TCPPort", "UDPPort", "PortMapping", "PortMappingPorts", "access"),
    *("network", "MountPath", "MaxMemory", "MaxCPU", "DataMount", "DataMountWrite"),
    *("DataMountPath", "Args", *NOT_YET),
)
_SPELLING = {key.lower(): key for key in KEYS}


def table_of(
    name: str, record: Record, images: Mapping[str, Record]
) -> tuple[dict[str, Any], list[Finding]]:
    """Return a deployment as the configuration would have it, and what cannot be read of it.

    What ``images`` say of the container's image holds where the record itself says nothing.
    """
    props, found = _spelt(record)
    image = images.get(props.get("Image", name))
    if image is not None:
        common, more = _spelt(image)
        props, found = {**common, **props}, [*found, *more]
    words = _Words(props, found)
    table: dict[str, Any] = {"name": name, "ports": words.ports(), "mounts": words.mounts()}
    table |= words.plain()
    words.refuse_the_rest()
    return {key: value for key, value in table.items() if value != []}, found


def _spelt(record: Record) -> tuple[dict[str, str], list[Finding]]:
    """Return the properties in their usual spelling; what is none of them is a finding."""
    props: dict[str, str] = {}
    found: list[Finding] = []
    for name, value in record.props.items():
        if key := _SPELLING.get(name.lower()):
            props[key] = value.strip()
        else:
            near = difflib.get_close_matches(name.lower(), _SPELLING, 1)
            hint = f"; did you mean {_SPELLING[near[0]]}?" if near else ""
            found.append((name, f"is no property of a container{hint}"))
    return props, found


class _Words:
    """The properties of one container, taken one after another."""

    def __init__(self, props: Mapping[str, str], found: list[Finding]) -> None:
        self._props = {key: value for key, value in props.items() if value}
        self._found = found

    def ports(self) -> list[str]:
        """Return TCPPort, UDPPort and their mapping as ``HOST:PORT/PROTOCOL``."""
        inside = {
            kind: _listed(self._props.get(f"{kind.upper()}Port", "")) for kind in ("tcp", "udp")
        }
        native = self._choice("PortMapping", ("native", "custom"), "native") == "native"
        pairs = _listed(self._props.get("PortMappingPorts", ""))
        if self._props.get("network", "").lower() == "host":
            for key in ("PortMapping", "PortMappingPorts"):
                if key in self._props:
                    self._say(key, "means nothing with network host")
            return []
        if native and pairs:
            self._say("PortMappingPorts", "is for PortMapping custom")
        if native:
            return [f"{port}/{kind}" for kind, ports in inside.items() for port in ports]
        if not pairs:
            self._say("PortMapping", "is custom, and PortMappingPorts says nothing")
        return [each for pair in pairs for each in self._mapped(pair, inside)]

    def _mapped(self, pair: str, inside: Mapping[str, list[str]]) -> Iterator[str]:
        ports, slash, kind = pair.partition("/")
        container = ports.rpartition(":")[2]
        kinds = [kind] if slash else [each for each, known in inside.items() if container in known]
        if not kinds:
            self._say(
                "PortMappingPorts", f"{pair!r} leads to a port that neither TCPPort nor UDPPort has"
            )
        yield from (f"{ports}/{each}" for each in kinds)

    def mounts(self) -> list[str]:
        """Return MountPath and what DataMount means as ``[SOURCE:]TARGET[:ro]``."""
        found = _listed(self._props.get("MountPath", ""))
        path = self._props.get("DataMountPath", "")
        kind = self._choice("DataMount", ("container", "host"), "container")
        end = "" if self._choice("DataMountWrite", ("yes", "no"), "yes") == "yes" else ":ro"
        if not path:
            if "DataMount" in self._props:
                self._say("DataMount", "has no DataMountPath")
            return found
        if kind == "host" and ":" not in path:
            path = f"{path}:{path}"
        return [*found, f"{path}{end}"]

    def plain(self) -> dict[str, Any]:
        """Return what one property alone says."""
        readers: dict[str, tuple[str, Callable[[str], Any]]] = {
            "access": ("access", str.lower),
            "network": ("network", str.lower),
            "MaxMemory": ("memory", self._memory),
            "MaxCPU": ("cpus", self._processors),
            "Args": ("args", str),
        }
        read = {
            setting: take(self._props[key])
            for key, (setting, take) in readers.items()
            if key in self._props
        }
        if self._choice("status", ("enabled", "disabled"), "enabled") == "disabled":
            read["enabled"] = False
        return {setting: value for setting, value in read.items() if value is not None}

    def refuse_the_rest(self) -> None:
        """Find fault with what cannot be followed yet."""
        for key in NOT_YET:
            if key in self._props and self._props[key].lower() != "disabled":
                self._say(key, "cannot be followed yet")

    def _memory(self, text: str) -> int | None:
        match = re.fullmatch(r"([0-9]{1,9})([bkmg]?)b?", text.lower().replace(" ", ""))
        if match is None:
            self._say(
                "MaxMemory", f"must be a number of MiB, or with k, m or g behind it, not {text!r}"
            )
            return None
        return int(match[1]) * UNITS[match[2]]

    def _processors(self, text: str) -> float | None:
        if not re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,3})?", text):
            self._say("MaxCPU", f"must be a number such as 1.5, not {text!r}")
            return None
        return float(text)

    def _choice(self, key: str, choices: tuple[str, str], default: str) -> str:
        value = self._props.get(key, default).lower()
        if value not in choices:
            self._say(key, f"must be {' or '.join(choices)}, not {value!r}")
            return default
        return value

    def _say(self, key: str, words: str) -> None:
        self._found.append((key, words))


def _listed(text: str) -> list[str]:
    """Return the items of a list that commas part, with or without blanks around them."""
    return [item.strip() for item in text.split(",") if item.strip()]
