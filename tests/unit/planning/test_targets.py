"""A path means one thing only, to the policy and to the engine."""

import pytest

from edd.errors import InvalidRequestError
from edd.planning.targets import Target, target_of

PINNED = "a%40sha256:0"

ODD = [
    "",
    "/",
    "/docker",
    "/dockers/containers/json",
    "/%64ocker/containers/json",
    "https://host/docker/containers/json",
    "http://unix/docker/containers/json",
    "//docker/containers/json",
    "*",
    "/docker//containers/json",
    "/docker/containers//json",
    "/docker/containers/json//",
    "/docker/v1.41//containers/json",
    "/docker/../v1/info",
    "/docker/containers/../v1.41/exec",
    "/docker/containers/./json",
    "/docker/containers/.../json",
    "/docker/containers/%2e%2e/json",
    "/docker/containers/.%2e/json",
    "/docker/containers/%2E/json",
    "/docker/containers/x%2fjson",
    "/docker/containers%2Fjson",
    "/docker/containers/x%5cjson",
    "/docker/networks/x%C2%85",
    "/docker/networks/%E2%80%AEx",
    "/docker/containers/x%00/json",
    "/docker/containers/x%0d%0a/json",
    "/docker/containers/x%252fjson",
    "/docker/containers/%6ason",
    "/docker/container%73/json",
    "/docker/containers/x%zz/json",
    "/docker/containers/x%/json",
    "/docker/containers/x\\json",
    "/docker/containers/x y/json",
    "/docker/containers/x\x01/json",
    "/docker/containers/caf\u00e9/json",
    "/docker/containers/json#?x",
    "/docker/v1.41/v1.41/info",
    "/docker/v1.41.0/containers/x/exec",
    "/docker/v01.41/info",
    "/docker/v1..41/info",
    "/docker/v1/info",
    "/docker/v2/info",
    "/docker/v1.41",
    "/docker/v1.41/",
    "/session?x",
    "/grpc/",
    "/v1.41/session",
    "/docker/containers/json?x#y",
    "/docker/containers/json?x\r\nHost: y",
    "/docker/containers/json?caf\u00e9",
]


@pytest.mark.parametrize("requested", ODD)
def test_a_path_that_could_mean_two_things_is_none(requested: str) -> None:
    with pytest.raises(InvalidRequestError):
        target_of(requested)


@pytest.mark.parametrize(
    ("requested", "raw", "path"),
    [
        ("/docker/_ping", "/_ping", "/_ping"),
        ("/docker/v1.41/containers/json", "/v1.41/containers/json", "/containers/json"),
        ("/docker/v1.52/info?x=/../y", "/v1.52/info?x=/../y", "/info"),
        ("/docker/images/a/b:c/json", "/images/a/b:c/json", "/images/a/b:c/json"),
        ("/docker/images/a%40sha256:0/json", "/images/a%40sha256:0/json", f"/images/{PINNED}/json"),
        ("/docker/networks/my%20net", "/networks/my%20net", "/networks/my%20net"),
        ("/docker/networks/", "/networks/", "/networks/"),
        ("/docker/info?", "/info?", "/info"),
        ("/docker/v1.x/info", "/v1.x/info", "/v1.x/info"),
        ("/session", "/session", "/session"),
        ("/grpc", "/grpc", "/grpc"),
    ],
)  # fmt: skip
def test_the_engine_gets_the_bytes_behind_the_prefix(requested: str, raw: str, path: str) -> None:
    assert target_of(requested) == Target(raw, path)


@pytest.mark.parametrize(
    ("requested", "meaning"),
    [
        ("/docker/v1.41/images/web%3A1/push", "/images/web:1/push"),
        ("/docker/images/a%40sha256%3a0/json", "/images/a@sha256:0/json"),
        ("/docker/networks/my%20net", "/networks/my net"),
        ("/docker/networks/caf%C3%A9?x=%41", "/networks/caf\u00e9"),
    ],
)
def test_a_path_is_judged_as_the_engine_decodes_it(requested: str, meaning: str) -> None:
    assert target_of(requested).meaning == meaning
