"""What a viewer does not read."""

from typing import Any

import pytest

from edd.planning.redaction import redacted

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
