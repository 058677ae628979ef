"""The options of `docker run`, from Engine 19.03 to 29: which exist and which take a value.

Source: docker/cli, cli/command/container/opts.go and run.go, hidden and removed options included.
"""

SHORT = {
    "a": "attach",
    "c": "cpu-shares",
    "d": "detach",
    "e": "env",
    "h": "hostname",
    "i": "interactive",
    "l": "label",
    "m": "memory",
    "p": "publish",
    "P": "publish-all",
    "q": "quiet",
    "t": "tty",
    "u": "user",
    "v": "volume",
    "w": "workdir",
}

_BOOLEAN = """
    detach disable-content-trust help init interactive no-healthcheck oom-kill-disable privileged
    publish-all quiet read-only rm sig-proxy tty use-api-socket"""

_VALUED = """
    add-host annotation attach blkio-weight blkio-weight-device cap-add cap-drop cgroup-parent
    cgroupns cidfile cpu-count cpu-percent cpu-period cpu-quota cpu-rt-period cpu-rt-runtime
    cpu-shares cpus cpuset-cpus cpuset-mems detach-keys device device-cgroup-rule device-read-bps
    device-read-iops device-write-bps device-write-iops dns dns-opt dns-option dns-search domainname
    entrypoint env env-file expose gpus group-add health-cmd health-interval health-retries
    health-start-interval health-start-period health-timeout hostname io-maxbandwidth io-maxiops ip
    ip6 ipc isolation kernel-memory label label-file link link-local-ip log-driver log-opt
    mac-address memory memory-reservation memory-swap memory-swappiness mount name net net-alias
    network network-alias oom-score-adj pid pids-limit platform publish pull restart runtime
    security-opt shm-size stop-signal stop-timeout storage-opt sysctl tmpfs ulimit user userns uts
    volume volume-driver volumes-from workdir"""

BOOLEAN = frozenset(_BOOLEAN.split())
"""A boolean option never takes the next word as its value, only ``--option=false``."""

VALUED = frozenset(_VALUED.split())
"""All other options: each takes a value."""

ALIASES = {"net": "network", "net-alias": "network-alias", "dns-opt": "dns-option"}
"""Old names the docker CLI still takes, and what they are called now."""

ALWAYS = frozenset({"detach", "interactive", "tty"})
"""ED adds these itself (`docker run -d -it`), so a copy among the arguments says nothing new."""

REFUSED = {
    "attach": "ED starts containers detached, and Docker refuses both at once",
    "cidfile": "the file would exist at the next delivery, and Docker refuses to start then",
    "detach-keys": "ED never attaches to the container",
    "help": "it would print a text instead of starting the container",
    "name": "ED names the container itself: container_prefix and the deployment's name",
    "platform": "the delivered image decides the platform",
    "pull": "the image comes with a delivery; nothing is pulled when a container starts",
    "quiet": "nothing is pulled when a container starts, so there is nothing to silence",
    "rm": "the stopped container must stay, so that it can serve again if the new one fails",
    "sig-proxy": "ED never attaches to the container",
}
"""Options that contradict how ED runs containers, with the reason for a person."""
