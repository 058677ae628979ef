"""The table of settings: one line each for reading, for the reference and for config.toml.

Defaults stand in the structs they fill (`Config`, `Deployment`), and nowhere else.
"""

import shlex
from typing import Any

import msgspec
from msgspec import Struct

from edd.config import values
from edd.config.denials import read_denials, write_denials
from edd.config.types import GIB, MIB, Config
from edd.config.values import Kind, quote
from edd.model.caller import Role
from edd.model.deployment import Deployment
from edd.model.description import Access, Network, parse_mount
from edd.model.gateway import Opening
from edd.model.ports import parse_published


class Setting(Struct, frozen=True):
    """One key: its kind, what it means, and a value that differs from the default, in TOML."""

    name: str
    kind: Kind
    meaning: str
    example: str


def write_size(size: int) -> str:
    """Return bytes as TOML, in a binary unit if that is exact."""
    for unit, name in ((GIB, "GiB"), (MIB, "MiB")):
        if size % unit == 0:
            return quote(f"{size // unit} {name}")
    return str(size)


def write_number(value: float) -> str:
    """Return a TOML number, whole where it is."""
    return str(int(value)) if value == int(value) else repr(value)


def write_optional(value: object) -> str:
    """Return a string, empty for None."""
    return quote("" if value is None else str(value))


PATH = Kind("absolute path", values.read_path)
SIZE = Kind('bytes, or text such as `"20 GiB"`', values.read_size, write_size)
SECONDS = 'seconds, or text such as `"2m"`'
SWITCH = Kind("`true` or `false`", values.read_bool, lambda value: str(value).lower())

HOST_SETTINGS = (
    Setting(
        "listen",
        Kind("`HOST:PORT`, `[IPV6]:PORT` or `PORT`", values.read_address),
        "Where the daemon serves its API over mutual TLS. `[::]:8866` is every address of the "
        "host, IPv4 and IPv6; a port alone is every IPv4 address.",
        '"[::]:8866"',
    ),
    Setting(
        "docker_socket",
        Kind("absolute path, `unix://` before it allowed", values.read_socket),
        "The Docker Engine's unix socket.",
        '"unix:///run/docker.sock"',
    ),
    Setting(
        "container_prefix",
        Kind("text, may be empty", values.read_prefix),
        "What precedes a deployment's name in the names of its container and its image, so that "
        "ED's are told from others. The API uses names without it.",
        '"shop_"',
    ),
    Setting("tls_key", PATH, "The server's private key, PEM.", '"/srv/tls/host.key"'),
    Setting(
        "tls_certs",
        PATH,
        "The server's certificate and the ones between it and its CA, PEM.",
        '"/srv/tls/host.crt"',
    ),
    Setting(
        "mutual_tls_ca_certs",
        PATH,
        "The CAs whose client certificates are let in, PEM; they need not be the server's. The "
        "spelling `mututal_tls_ca_certs` is read too.",
        '"/srv/tls/people.crt"',
    ),
    Setting(
        "mutual_tls_crl",
        Kind('absolute path, or `""` for none', values.read_optional_path, write_optional),
        "The revocation lists of those CAs, PEM. Empty: no revocation is checked.",
        '""',
    ),
    Setting(
        "default_role",
        Kind("`viewer`, `deployer` or `admin`", values.optional(values.one_of(Role))),
        "The role of a client whose valid certificate names none, as one from a foreign CA does. "
        "Unset: such a client is refused.",
        '"deployer"',
    ),
    Setting(
        "state_dir",
        PATH,
        "Where releases, jobs and the audit trail are kept.",
        '"/srv/edd"',
    ),
    Setting(
        "socket",
        Kind("absolute path", values.read_place),
        "The unix socket for `edd` on the host itself.",
        '"/run/ed.sock"',
    ),
    Setting(
        "socket_group",
        Kind("name of a group", values.read_group),
        "Whose members, beside root, may use that socket, with an administrator's rights.",
        '"wheel"',
    ),
    Setting(
        "max_archive",
        SIZE,
        "The largest image archive accepted.",
        '"4 GiB"',
    ),
    Setting(
        "min_free",
        SIZE,
        "Disk space a delivery must leave free; one that would not is refused before it is read.",
        '"1 GiB"',
    ),
    Setting(
        "console_listen",
        Kind('like `listen`, or `""` for nowhere', values.read_optional_address, write_optional),
        "Where browsers without a certificate, as on a phone, find the console. They are let in by "
        "links that `edd session link` makes, each once, for whoever made it, or by a password "
        "that `edd session password` set. Empty: nowhere.",
        '"0.0.0.0:9443"',
    ),
    Setting(
        "gateway",
        Kind("`on`, `read-only` or `off`", values.one_of(Opening), quote),
        "How far the Docker Engine is open to those with a certificate, under `/docker/`: to each "
        "as the role says, to all for reading only, or to nobody.",
        '"read-only"',
    ),
    Setting(
        "gateway_deny",
        Kind('list of texts `"ROLE METHOD PATH"`', read_denials, write_denials),
        "What the engine is not asked under `/docker/`, beside what the roles forbid. `*` is every "
        "role, every method, and one segment of a path; `**` is any number of segments. Paths are "
        "without the API version, and have nothing encoded. A name there means that name only: not "
        "the id or digest of the same thing, nor a longer name of the same image. What denies POST "
        "to `/build` denies BuildKit's `/session` and `/grpc`, too.",
        '["deployer POST /containers/create", "* * /swarm/**"]',
    ),
)

DEPLOYMENT_SETTINGS = (
    Setting(
        "name",
        Kind("name", values.read_name, quote),
        "What it is called in URLs and commands: lower-case letters and digits, with hyphens or "
        "underscores between them.",
        '"website"',
    ),
    Setting(
        "ports",
        Kind(
            'list of `"[HOST:]PORT[/udp]"`, a port or a range `FIRST-LAST`',
            values.texts(parse_published),
            values.write_texts,
        ),
        "Ports of the container that are reached through the host, as far as `access` says. "
        "Without a port of the host it is the same one.",
        '["8080:80", "53/udp"]',
    ),
    Setting(
        "access",
        Kind("`private` or `public`", values.one_of(Access), quote),
        "From where `ports` are reached: from the host itself and its local networks (10.0.0.0/8, "
        "172.16.0.0/12, 192.168.0.0/16, fc00::/7), or from everywhere.",
        '"public"',
    ),
    Setting(
        "network",
        Kind("`bridge` or `host`", values.one_of(Network), quote),
        "A network of Docker's, or the host's own. On that nothing is published: what the "
        "container listens on is reached as the host's firewall says.",
        '"host"',
    ),
    Setting(
        "mounts",
        Kind('list of `"[SOURCE:]TARGET[:ro]"`', values.texts(parse_mount), values.write_texts),
        "Folders of the container that outlive it. SOURCE is an absolute path of the host, which "
        "must exist, or the name of a volume; without it the deployment has a volume of its own. "
        "`ro` lets the container only read.",
        '["/srv/website:/www:ro", "/var/uploads"]',
    ),
    Setting(
        "memory",
        Kind('bytes, or text such as `"512 MiB"`', values.optional(values.read_memory), write_size),
        "The most memory its container may use, from 6 MiB.",
        '"512 MiB"',
    ),
    Setting(
        "cpus",
        Kind("number", values.optional(values.read_processors), write_number),
        "How many processors its container may use at most; it may be a part of one.",
        "1.5",
    ),
    Setting(
        "args",
        Kind(
            "text, split as a shell would, or a list of words",
            values.read_words,
            lambda words: quote(shlex.join(words)),
        ),
        "Options of `docker run` for its container, beside those above; what both say is refused. "
        "ED adds `-d -it`, the name and the image, and "
        "refuses what contradicts them: `--name`, `--rm`, `--pull`, `--attach`, …",
        '"-p 80:80 --restart unless-stopped"',
    ),
    Setting(
        "keep",
        Kind("whole number from 1", values.whole_number(1, 1000), str),
        "How many releases stay on the host, the running one included, for a rollback to return "
        "to.",
        "3",
    ),
    Setting(
        "health_timeout",
        Kind(SECONDS, values.duration(1, 86_400), write_number),
        "How long a new container may take to become healthy before the old one serves again.",
        '"5m"',
    ),
    Setting(
        "stable",
        Kind(SECONDS, values.duration(0, 3600), write_number),
        "How long a container without a HEALTHCHECK must run without a restart to count as "
        "healthy.",
        '"30s"',
    ),
    Setting(
        "start_first",
        SWITCH,
        "Start the new container before the old one stops, where both can run at once: no fixed "
        "host port, host network, fixed address, device or writable volume.",
        "true",
    ),
    Setting(
        "enabled",
        SWITCH,
        "Whether it may run. If not, its container is stopped when the configuration is read, and "
        "kept down; once it may again, it is started.",
        "false",
    ),
)

ALIASES = {"mututal_tls_ca_certs": "mutual_tls_ca_certs"}
"""Spellings that earlier documents gave, and what they mean."""

NEEDS_RESTART = frozenset(
    {
        *("listen", "console_listen", "docker_socket", "container_prefix", "state_dir"),
        *("socket", "socket_group"),
    }
)
"""Settings that a reload cannot change; `edd serve` must start again to take them."""

REQUIRED = msgspec.NODEFAULT


def defaults(struct: type[Config] | type[Deployment]) -> dict[str, Any]:
    """Return the default of every field, `REQUIRED` where there is none."""
    return {field.name: field.default for field in msgspec.structs.fields(struct)}
