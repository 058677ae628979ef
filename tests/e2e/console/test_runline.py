"""Command lines and forms: each case is put to the page's own modules, in the browser."""

import json
import random
import shlex
import string
import subprocess
from typing import Any

import pytest

from edd.model.docker_run import ALIASES, BOOLEAN, SHORT, VALUED
from edd.planning.creation import why_not
from tests.e2e.console.conftest import Ask, BodyOf

TEXTS = (
    "",
    "  a  b ",
    "sh -c 'echo \"$HOME\"; sleep 1'",
    'a"b c"d',
    "''",
    '"" x ""',
    r"a\ b \"c\" \\",
    r'"\$x \\ \" \a"',
    "it\\'s 'a \"quoted\" word'",
    "one\ttwo \\\n three",
    "--flag=\"two words\" -e 'A=b c'",
    "ünïcode 'ähm ☃'",
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_command_is_split_as_a_shell_splits_it(ask: Ask, text: str) -> None:
    script = f"set -f; for word in {text}; do printf '%s\\0' \"$word\"; done"
    shell = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)

    assert ask("words", "split", text)["words"] == shell.stdout.split("\0")[:-1]


def test_any_words_come_back_from_the_text_that_is_made_of_them(ask: Ask) -> None:
    letters = [*" '\"\\\n\t$`|;&<>()*?#~=%-é\u202e", *string.ascii_letters[:8]]
    chance = random.Random(4)
    for _ in range(300):
        words = ["".join(chance.choices(letters, k=chance.randint(0, 9))) for _ in range(4)]
        text = ask("words", "join", words)
        assert ask("words", "split", text)["words"] == words
        assert shlex.split(text) == words


@pytest.mark.parametrize("text", ["'open", '"open', "ends \\", 'a "b\\"'])
def test_what_a_shell_would_wait_for_is_a_problem(ask: Ask, text: str) -> None:
    assert ask("words", "split", text)["problem"]


def test_what_a_shell_would_replace_is_told(ask: Ask) -> None:
    found = ask("words", "split", "echo $HOME ${A:-b} $(id) `id` ~/x '$no' \\$no | cat")

    assert set(found["doubts"]) == {"$HOME", "${A:-b}", "$(id)", "`id`", "~", "|"}


def test_every_option_of_docker_run_is_known_with_its_kind(ask: Ask) -> None:
    assert set(ask("create/options", "VALUED")) == VALUED
    assert set(ask("create/options", "BOOLEAN")) == BOOLEAN
    assert len(VALUED | BOOLEAN) > 100
    for name, given in (("SHORT", SHORT), ("ALIASES", ALIASES)):
        assert set(ask("create/options", name, "keys") or []) <= set(given)


HOST = "HostConfig"
LINES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("-dit x", {"OpenStdin": True, "Tty": True}),
    ("-itP x", {"OpenStdin": True, "Tty": True, HOST: {"PublishAllPorts": True}}),
    ("--tty=false x", {}),
    (
        "-p80:80 -p=81:81 --publish=82:82 -p 83:83 x",
        {
            "ExposedPorts": {f"{port}/tcp": {} for port in (80, 81, 82, 83)},
            HOST: {
                "PortBindings": {
                    f"{port}/tcp": [{"HostIp": "", "HostPort": str(port)}]
                    for port in (80, 81, 82, 83)
                }
            },
        },
    ),
    (
        "-p 127.0.0.1::80 -p [::1]:53:53/udp -p 8000-8010:90 x",
        {
            "ExposedPorts": {"80/tcp": {}, "53/udp": {}, "90/tcp": {}},
            HOST: {
                "PortBindings": {
                    "80/tcp": [{"HostIp": "127.0.0.1", "HostPort": ""}],
                    "53/udp": [{"HostIp": "::1", "HostPort": "53"}],
                    "90/tcp": [{"HostIp": "", "HostPort": "8000-8010"}],
                }
            },
        },
    ),
    ("x sh -c 'a  b' -d", {"Cmd": ["sh", "-c", "a  b", "-d"]}),
    ("--entrypoint '' x", {"Entrypoint": [""]}),
    ("--entrypoint 'a b' x", {"Entrypoint": ["a b"]}),
    ("-e A=1 --env 'B=x=y z' x", {"Env": ["A=1", "B=x=y z"]}),
    ("-l a -l b=c=d x", {"Labels": {"a": "", "b": "c=d"}}),
    ("-v /a x", {"Volumes": {"/a": {}}}),
    ("-v /a:/b:ro,z -v c:/d x", {HOST: {"Binds": ["/a:/b:ro,z", "c:/d"]}}),
    (
        "--restart on-failure:3 x",
        {HOST: {"RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 3}}},
    ),
    ("-m 1g --cpus .5 x", {HOST: {"Memory": 1 << 30, "NanoCpus": 500_000_000}}),
    (
        "--health-cmd 'a || exit 1' --health-interval 1m30s --health-start-interval 500ms x",
        {
            "Healthcheck": {
                "Test": ["CMD-SHELL", "a || exit 1"],
                "Interval": 90_000_000_000,
                "StartInterval": 500_000_000,
            }
        },
    ),
    ("--no-healthcheck x", {"Healthcheck": {"Test": ["NONE"]}}),
    (
        "--net n --net-alias a --network-alias b x",
        {
            HOST: {"NetworkMode": "n"},
            "NetworkingConfig": {"EndpointsConfig": {"n": {"Aliases": ["a", "b"]}}},
        },
    ),
    (
        "--network name=n,alias=a,ip=10.0.0.2,driver-opt=k=v --network m x",
        {
            HOST: {"NetworkMode": "n"},
            "NetworkingConfig": {
                "EndpointsConfig": {
                    "n": {
                        "Aliases": ["a"],
                        "IPAMConfig": {"IPv4Address": "10.0.0.2"},
                        "DriverOpts": {"k": "v"},
                    },
                    "m": {},
                }
            },
        },
    ),
    (
        "--gpus all x",
        {
            HOST: {
                "DeviceRequests": [
                    {"Driver": "", "Count": -1, "Capabilities": [["gpu"]], "Options": {}}
                ]
            }
        },
    ),
    (
        "--gpus '\"device=0,1\",capabilities=utility' x",
        {
            HOST: {
                "DeviceRequests": [
                    {
                        "Driver": "",
                        "Count": 0,
                        "DeviceIDs": ["0", "1"],
                        "Capabilities": [["utility", "gpu"]],
                        "Options": {},
                    }
                ]
            }
        },
    ),
    (
        "--device v.com/c=n x",
        {HOST: {"DeviceRequests": [{"Driver": "cdi", "DeviceIDs": ["v.com/c=n"]}]}},
    ),
    ("--security-opt systempaths=unconfined x", {HOST: {"MaskedPaths": [], "ReadonlyPaths": []}}),
    ("--init=false x", {HOST: {"Init": False}}),
    ("--stop-timeout 0 --memory-swappiness 0 x", {"StopTimeout": 0, HOST: {"MemorySwappiness": 0}}),
    ("--add-host a=1.2.3.4 --add-host b:[::1] x", {HOST: {"ExtraHosts": ["a:1.2.3.4", "b:::1"]}}),
    (
        "--expose 3000-3002 --expose 53/udp x",
        {"ExposedPorts": {"3000/tcp": {}, "3001/tcp": {}, "3002/tcp": {}, "53/udp": {}}},
    ),
)


@pytest.mark.parametrize(("words", "means"), LINES)
def test_a_line_means_what_docker_means_by_it(
    body_of: BodyOf, words: str, means: dict[str, Any]
) -> None:
    assert body_of(f"docker run {words}") == {"Image": "x", HOST: {}} | means


@pytest.mark.parametrize(
    "line",
    [
        "docker run \\\n  --name a \\\n  -p 1:1 \\\n  x y",
        "docker run \\\r\n --name a\\  \n -p 1:1 x y",
        "docker run\n --name a\n -p 1:1 x y",
        "sudo docker container run --name=a --publish=1:1 x y",
        "$ docker create --name a -p 1:1 -- x y",
    ],
)
def test_a_line_may_be_written_as_people_write_it(ask: Ask, line: str) -> None:
    found = ask("create/runline", "formOfLine", line)

    assert (found["problem"], found["notes"]) == ("", [])
    form = found["form"]
    assert (form["name"], form["image"], form["command"]) == ("a", "x", "y")
    assert form["ports"] == [{"ip": "", "host": "1", "container": "1", "protocol": "tcp"}]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("docker run --env-file .env x", ["--env-file .env", "paste its lines"]),
        ("docker run --label-file l x", ["--label-file l"]),
        ("docker run --cidfile /c x", ["--cidfile /c"]),
        ("docker run -a stdin --sig-proxy x", ["--attach stdin", "--sig-proxy"]),
        ("docker run --isolation hyperv x", ["--isolation hyperv", "Windows"]),
        ("docker run --frobnicate=1 x", ["--frobnicate=1"]),
        ("docker run -Z x", ["-Z"]),
        ("docker run -e TOKEN x", ["TOKEN"]),
        ("docker run -v $PWD:/app x", ["$PWD"]),
        ("docker run --security-opt seccomp=/p.json x", ["seccomp=/p.json"]),
        ("docker run x && rm -rf /", ["&& rm -rf /"]),
        ("docker run x\ncurl http://example.org", ["curl http://example.org"]),
        ("docker run x # why", ["# why"]),
        ("docker -H tcp://a:1 run x", ["-H tcp://a:1"]),
        ("A=1 docker run x", ["A=1"]),
    ],
)
def test_what_is_not_taken_over_is_named(ask: Ask, line: str, told: list[str]) -> None:
    found = ask("create/runline", "formOfLine", line)

    assert found["problem"] == "" or "depends on where" in found["problem"]
    for words in told:
        assert words in " ".join(found["notes"])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "no docker run"),
        ("podman ps", "no docker run"),
        ("docker run", "no image"),
        ("docker run -p", "-p needs a value"),
        ("docker run --init=maybe x", "true or false"),
        ("docker run 'x", "no partner"),
        ("docker run \u2013name a x", "a dash that is none"),
        ("docker run --pull sometimes x", "none of always, missing, never"),
        ("docker run -p target=80,colour=red x", "colour"),
    ],
)
def test_a_line_that_is_none_says_why(ask: Ask, line: str, told: str) -> None:
    found = ask("create/runline", "formOfLine", line)

    assert told in found["problem"]
    assert found["form"] is None


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("-p 99999:80", "ports"),
        ("-p 80:80/icmp", "ports"),
        ("-p 80-82:80-81", "ports"),
        ("-v ./here:/a", "mounts"),
        ("-v a:b", "mounts"),
        ("--mount type=bind,src=/a", "mounts"),
        ("--mount type=bind,src=/a,dst=/b,tmpfs-size=1", "mounts"),
        ("--mount type=tmpfs,dst=/b,tmpfs-mode=99", "mounts"),
        ("-m lots", "memory"),
        ("-m 1k", "memory"),
        ("-m 1g --memory-swap 512m", "memory-swap"),
        ("--cpus many", "cpus"),
        ("--cpus 64", "cpus"),
        ("--blkio-weight 2000", "blkio-weight"),
        ("--ulimit nofile", "ulimit"),
        ("--device dev", "device"),
        ("--health-interval soon", "health-interval"),
        ("--health-cmd a --no-healthcheck", "no-healthcheck"),
        ("--restart sometimes", "restart"),
        ("--restart always:3", "restart"),
        ("--rm --restart always", "rm"),
        ("--sysctl a", "sysctl"),
        ("--network a --network a", "networks"),
        ("--network host --network a", "networks"),
        ("--name =", "name"),
        ("--name taken", "name"),
        ("--gpus colour=red", "gpus"),
    ],
)
def test_what_cannot_be_is_told_before_it_is_sent(ask: Ask, line: str, part: str) -> None:
    form = ask("create/runline", "formOfLine", f"docker run {line} x")["form"]

    assert part in ask("create/problems", "problemsOf", form, {"names": ["taken"], "cpus": 8})


KEPT = {
    "Image": "x",
    "Hostname": "h",
    "Cmd": ["a b", "", "c"],
    "Entrypoint": ["/e", "two"],
    "Env": ["A=1\n2", "GONE", "E="],
    "Labels": {"a": "b\nc", "": "odd"},
    "Healthcheck": {"Test": ["CMD", "x", "y z"], "Retries": 2, "Interval": 1_500_000_000},
    "ExposedPorts": {"80/tcp": {}, "81/tcp": {}},
    "Volumes": {"/v": {}},
    "StopTimeout": 0,
    "StdinOnce": True,
    "Shell": ["/bin/sh", "-c"],
    "OnBuild": ["RUN x"],
    "FutureThing": {"deep": [1, {"er": 2}]},
    HOST: {
        "Binds": ["/a:/b", "v:/c:ro"],
        "Mounts": [
            {
                "Type": "volume",
                "Source": "s",
                "Target": "/t",
                "VolumeOptions": {
                    "Labels": {"k": "v"},
                    "DriverConfig": {"Name": "local", "Options": {"o": "addr=1,rw", "type": "nfs"}},
                },
            },
            {"Type": "cluster", "Source": "c", "Target": "/u", "ClusterOptions": {"a": 1}},
            {
                "Type": "bind",
                "Source": "/x",
                "Target": "/y",
                "ReadOnly": True,
                "BindOptions": {"Propagation": "rslave", "ReadOnlyNonRecursive": True},
            },
        ],
        "Tmpfs": {"/run": "size=1m,mode=700"},
        "PortBindings": {
            "80/tcp": [{"HostIp": "", "HostPort": "8080"}, {"HostIp": "::1", "HostPort": "9090"}]
        },
        "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 4},
        "Memory": 123_456_789,
        "MemorySwap": -1,
        "NanoCpus": 1_250_000_000,
        "Init": False,
        "Sysctls": {"net.a": "1 2"},
        "LogConfig": {"Type": "syslog", "Config": {"tag": "a=b"}},
        "Ulimits": [{"Name": "nofile", "Soft": 1, "Hard": 2}],
        "Devices": [
            {"PathOnHost": "/dev/a", "PathInContainer": "/dev/b", "CgroupPermissions": "r"}
        ],
        "DeviceRequests": [
            {
                "Driver": "nvidia",
                "Count": 2,
                "DeviceIDs": None,
                "Capabilities": [["gpu"]],
                "Options": {},
            },
            {
                "Driver": "other",
                "Count": 0,
                "DeviceIDs": ["z"],
                "Capabilities": [["a"], ["b"]],
                "Options": {"x": "y"},
            },
        ],
        "SecurityOpt": ["no-new-privileges", 'seccomp={\n"a": 1}'],
        "MaskedPaths": [],
        "ReadonlyPaths": [],
        "NetworkMode": "front",
        "FutureHost": "kept",
    },
    "NetworkingConfig": {
        "EndpointsConfig": {
            "front": {
                "Aliases": ["a"],
                "IPAMConfig": {"IPv4Address": "10.0.0.2"},
                "DriverOpts": {"k": "v"},
                "Future": True,
            },
            "back": {},
        }
    },
}


def test_a_form_loses_nothing_of_a_creation(ask: Ask) -> None:
    form = ask("create/containerform", "formOf", KEPT)

    assert ordered(ask("create/containerform", "bodyOf", form)) == ordered(KEPT)
    assert set(json.loads(form["rest"])) == {
        *("StdinOnce", "Shell", "OnBuild", "FutureThing", HOST, "NetworkingConfig"),
    }


def ordered(value: Any) -> Any:
    """Return ``value`` without what says nothing, its lists in an order of their own."""
    if isinstance(value, dict):
        return {key: ordered(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return sorted((ordered(each) for each in value), key=json.dumps)
    return value


EXAMPLES = {
    "text": "a", "choice": "host", "integer": "5", "bytes": "64m", "span": "5s", "cpus": "1",
    "words": "a 'b c'", "restart": "always", "lines": "a\nb", "hosts": "a:1.2.3.4",
    "ulimits": "nofile=1:2", "devices": "/dev/null", "rates": "/dev/a:1m", "counts": "/dev/a:5",
    "weights": "/dev/a:50", "gpus": "all", "cdi": "v.com/c=n", "table": "a=b", "expose": "80",
    "shell": "a || b", "program": "a 'b c'", "switch": True, "nothing": True,
}  # fmt: skip


def test_every_field_comes_back_and_is_an_administrators_where_the_host_says_so(ask: Ask) -> None:
    fields = ask("create/fields", "FIELDS")
    assert len(fields) > 65
    for field in fields:
        form = ask("create/containerform", "blank") | {"image": "x", "pull": "never"}
        form[field["name"]] = EXAMPLES[field["kind"]]
        if field["name"] == "log-opt":
            form["log-driver"] = "local"
        if field["kind"] == "bytes":
            form["memory"] = form["memory"] or "32m"
        body = ask("create/containerform", "bodyOf", form)
        again = ask("create/containerform", "formOf", body)
        assert ask("create/containerform", "bodyOf", again) == body, field
        assert again["rest"] == "", field
        problems = ask("create/problems", "problemsOf", form, {"admin": False})
        assert bool(why_not(json.dumps(body).encode())) == bool(problems), (field, problems)


@pytest.mark.parametrize(
    ("line", "lets"),
    [
        ("--name ab -p 80:80 -e A=1 -v /own --tmpfs /run -m 64m --restart always", True),
        ("--network front", True),
        ("--network front --hostname db", False),
        ("--hostname db", True),
        ("--network front --network-alias db", False),
        ("--network host", False),
        ("--network none", True),
        ("--network abc123", False),
        ("--network container:x", False),
        ("-v /:/host", False),
        ("-v data:/data", False),
        ("--mount type=volume,src=v,dst=/v", False),
        ("--ipc private", True),
        ("--ipc host", False),
        ("--security-opt no-new-privileges:true", True),
        ("--security-opt seccomp=unconfined", False),
        ("--security-opt systempaths=unconfined", False),
        ("--log-driver syslog", False),
        ("--log-driver json-file --log-opt max-size=1m", True),
        ("--log-opt max-size=1m", False),
        ("--label edd.deployment=website", False),
        ("--label a=b", True),
        ("--mac-address 02:42:ac:11:00:09", False),
        ("--cap-drop ALL --read-only", True),
    ],
)
def test_the_form_lets_a_deployer_what_the_host_lets_one(ask: Ask, line: str, lets: bool) -> None:
    form = ask("create/runline", "formOfLine", f"docker run --pull never {line} x")["form"]
    body = ask("create/containerform", "bodyOf", form)

    assert (why_not(json.dumps(body).encode()) == "") is lets
    assert (ask("create/problems", "problemsOf", form, {"admin": False}) == {}) is lets
