"""What a viewer does not read."""

from typing import Any

import pytest

from edd.planning.redaction import LONGEST_LABEL, redacted, redacted_event

SECRET = "s3cret"


def hidden(answer: Any) -> bool:
    return SECRET not in repr(redacted(answer))


@pytest.mark.parametrize(
    "answer",
    [
        {"Config": {"Env": [f"TOKEN={SECRET}"]}},
        {"Config": {"Cmd": ["serve", f"--password={SECRET}"], "Entrypoint": [SECRET]}},
        {"Path": "serve", "Args": [f"--password={SECRET}"]},
        [{"Id": "1", "Command": f"serve --password={SECRET}", "Labels": {"auth": SECRET}}],
        {"Config": {"Labels": {"traefik.http.middlewares.x.basicauth.users": SECRET}}},
        {"Config": {"Healthcheck": {"Test": ["CMD", "curl", SECRET]}}},
        {"State": {"Health": {"Status": "healthy", "Log": [{"Output": SECRET}]}}},
        {"HostConfig": {"LogConfig": {"Type": "splunk", "Config": {"splunk-token": SECRET}}}},
        {"Mounts": [{"VolumeOptions": {"DriverConfig": {"Options": {"o": SECRET}}}}]},
        {"Volumes": [{"Name": "x", "Options": {"o": f"username=a,password={SECRET}"}}]},
        [{"Id": "x", "CreatedBy": f"|1 TOKEN={SECRET} /bin/sh -c make", "Comment": SECRET}],
        {"BuildCache": [{"ID": "x", "Description": f"RUN TOKEN={SECRET} make"}]},
        {"HttpProxy": f"http://a:{SECRET}@proxy", "HTTPSProxy": f"http://a:{SECRET}@proxy"},
        {"ContainerConfig": {"Env": [SECRET], "Cmd": [SECRET]}},
        {"config": {"env": [SECRET]}},
        {"A": [{"B": [[{"ENV": {"x": SECRET}}]]}]},
        {"NetworkSettings": {"Networks": {"x": {"DriverOpts": {"key": SECRET}}}}},
        {"Labels": [SECRET]},
        {"State": {"Status": "created", "Error": f"mount: o=username=a,password={SECRET}"}},
        {"Author": SECRET},
        {"Path": f"serve --password={SECRET}", "Args": []},
        {"path": f"serve\t--password={SECRET}", "ARGS": None},
        {"Labels": {f"com.docker.compose.{SECRET * 200}": ""}},
    ],
)  # fmt: skip
def test_no_secret_is_left(answer: Any) -> None:
    assert hidden(answer)


def test_what_tells_a_viewer_how_things_are_stays() -> None:
    answer = {
        "Id": "1",
        "Name": "/web",
        "State": {"Status": "running", "Health": {"Status": "healthy", "Log": []}},
        "Image": "web:1",
        "Ports": [{"PublicPort": 80}],
        "Labels": {"com.docker.compose.project": "shop", "edd.deployment": "website"},
        "HostConfig": {"NetworkMode": "default", "LogConfig": {"Type": "json-file", "Config": {}}},
        "Command": "/bin/busybox",
    }
    assert redacted(answer) == answer


def test_a_path_of_what_is_not_run_stays() -> None:
    answer = {"Runtimes": {"runc": {"path": "/opt/my run/runc"}}}
    assert redacted(answer) == answer


def test_a_long_label_is_cut() -> None:
    name = "org.opencontainers.image.title"
    assert redacted({"Labels": {name: "x" * 10_000}}) == {"Labels": {name: "x" * LONGEST_LABEL}}


def test_a_field_keeps_its_type() -> None:
    answer = {"Env": ["a"], "Options": {"a": "b"}, "Comment": "c", "Entrypoint": None, "Cmd": 3}
    shown: dict[str, Any] = {
        "Env": [],
        "Options": {},
        "Comment": "",
        "Entrypoint": None,
        "Cmd": None,
    }
    assert redacted(answer) == shown


def test_an_event_tells_what_happened_and_neither_labels_nor_commands() -> None:
    event = {
        "status": f"exec_create: sh -c {SECRET}",
        "id": "1",
        "from": "web:1",
        "Type": "container",
        "Action": f"exec_create: sh -c {SECRET}",
        "Actor": {"ID": "1", "Attributes": {"name": "web", "execID": "2", "auth": SECRET}},
        "scope": "local",
        "time": 1,
        "Other": SECRET,
    }
    assert redacted_event(event) == {
        "status": "exec_create",
        "id": "1",
        "from": "web:1",
        "Type": "container",
        "Action": "exec_create",
        "Actor": {"ID": "1", "Attributes": {"name": "web", "execID": "2"}},
        "scope": "local",
        "time": 1,
    }


def test_a_health_event_says_how_it_is() -> None:
    assert redacted_event({"Action": "health_status: healthy"})["Action"].endswith("healthy")


@pytest.mark.parametrize("event", [[SECRET], SECRET, {"Actor": SECRET}, {"Actor": [SECRET]}])
def test_what_is_no_event_is_not_shown(event: Any) -> None:
    assert SECRET not in repr(redacted_event(event))
