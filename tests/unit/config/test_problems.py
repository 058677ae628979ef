"""Everything wrong with a configuration is named at once, each with its path."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.config.problems import MOST, Problem, examine
from edd.model.deployment import RESERVED


def problems(raw: object) -> dict[str, str]:
    return {each.path: each.problem for each in examine(raw).problems}


def with_deployment(**values: Any) -> dict[str, Any]:
    return {"deployments": [{"name": "website", **values}]}


def test_only_deployments_is_required() -> None:
    assert list(problems({})) == ["deployments"]
    assert problems({"deployments": []}) == {}


def test_a_path_that_no_socket_can_have_is_named() -> None:
    long = "/run/" + "s" * 103
    raw = {"socket": long, "docker_socket": f"unix://{long}", "deployments": []}

    assert set(problems(raw)) == {"docker_socket", "socket"}
    assert problems({"socket": long[:107], "deployments": []}) == {}


def test_everything_wrong_is_named_at_once() -> None:
    raw = {
        "listen": "nowhere",
        "max_archive": "much",
        "deployments": [{"name": "a b"}, {"name": "website", "keep": 0, "args": "--rm"}],
    }

    assert list(problems(raw)) == [
        "listen",
        "max_archive",
        "deployments[0].name",
        "deployments[1].keep",
        "deployments[1].args",
    ]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("dockersocket", "docker_socket"),
        ("docker-socket", "docker_socket"),
        ("TLS_KEY", "tls_key"),
        ("deployment", "deployments"),
        ("colour", ""),
    ],
)
def test_an_unknown_key_comes_with_the_one_that_was_perhaps_meant(key: str, meant: str) -> None:
    (problem,) = examine({key: 1, "deployments": []}).problems
    assert problem == Problem(key, "is not a setting", meant)


def test_an_unknown_key_of_a_deployment_is_named_with_its_place() -> None:
    (problem,) = examine(with_deployment(helth_timeout=3)).problems

    assert str(problem) == (
        "deployments[0].helth_timeout: is not a setting (did you mean health_timeout?)"
    )


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("listen", "0.0.0.0"),
        ("listen", "0.0.0.0:65536"),
        ("listen", "::1:8866"),
        ("listen", True),
        ("docker_socket", "tcp://127.0.0.1:2375"),
        ("docker_socket", "run/docker.sock"),
        ("container_prefix", "Shop_"),
        ("container_prefix", "a/"),
        ("container_prefix", "_"),
        ("tls_key", "server.key"),
        ("tls_key", 5),
        ("tls_key", "/a\0b"),
        ("tls_key", "/a\ud800b"),
        ("default_role", "root"),
        ("default_role", 1),
        ("socket_group", "a group"),
        ("max_archive", 0),
        ("max_archive", True),
        ("max_archive", "20 GiX"),
        ("max_archive", "-1 GiB"),
        ("max_archive", 10**30),
        ("min_free", 1.5),
        ("deployments", {"website": {}}),
        ("deployments", "website"),
        ("deployments", None),
    ],
)
def test_a_value_that_does_not_fit_is_named(key: str, value: object) -> None:
    assert list(problems({"deployments": [], key: value})) == [key]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("keep", 0),
        ("keep", 2.0),
        ("keep", True),
        ("health_timeout", 0),
        ("health_timeout", "2 fortnights"),
        ("health_timeout", float("nan")),
        ("health_timeout", float("inf")),
        ("stable", -1),
        ("stable", 200),
        ("start_first", "yes"),
        ("start_first", 1),
        ("args", 5),
        ("args", ["-p", 80]),
        ("args", "-e 'a"),
        ("args", "nginx"),
        ("args", ["-e", "A=\ud800"]),
        ("args", "--name x"),
        ("name", 5),
    ],
)
def test_a_value_of_a_deployment_that_does_not_fit_is_named(key: str, value: object) -> None:
    assert list(problems(with_deployment(**{key: value}))) == [f"deployments[0].{key}"]


@pytest.mark.parametrize(
    "name", ["", "Website", "a b", "-a", "a-", "a.b", "ä", "a/b", "a\n", *sorted(RESERVED)]
)
def test_an_invalid_or_reserved_name_is_refused(name: str) -> None:
    assert list(problems(with_deployment(name=name))) == ["deployments[0].name"]


@pytest.mark.parametrize(("prefix", "name"), [("", "a"), ("ed_", "a" * 126), ("ed_", "a___b"),
    ("ed_", "a_-b"), ("", "0123456789abcdef" * 4)])  # fmt: skip
def test_prefix_and_name_must_make_a_container_and_an_image_name(prefix: str, name: str) -> None:
    raw = {"container_prefix": prefix, "deployments": [{"name": name}]}

    assert list(problems(raw)) == ["deployments[0].name"]


@pytest.mark.parametrize("prefix", ["", "ed_", "ed-", "ed.", "ed__", "shop"])
def test_a_prefix_may_be_empty_or_end_in_a_separator(prefix: str) -> None:
    assert problems({"container_prefix": prefix, "deployments": [{"name": "web-site_1"}]}) == {}


def test_a_name_that_is_used_twice_is_named_with_the_first() -> None:
    raw = {"deployments": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}

    assert problems(raw) == {"deployments[2].name": "'a' is taken by deployments[0]"}


def test_a_deployment_needs_a_name() -> None:
    assert problems({"deployments": [{}, 5]}) == {
        "deployments[0].name": "is missing",
        "deployments[1]": "must be a table with a name, not a number",
    }


def test_a_container_could_never_be_stable_after_its_timeout() -> None:
    assert "deployments[0].stable" in problems(with_deployment(stable=10, health_timeout=5))


def test_both_spellings_of_the_client_cas_may_stand_if_they_agree() -> None:
    raw = {"mutual_tls_ca_certs": "/a", "mututal_tls_ca_certs": "/a", "deployments": []}

    assert problems(raw) == {}
    assert list(problems(raw | {"mututal_tls_ca_certs": "/b"})) == ["mututal_tls_ca_certs"]


def test_the_problem_of_a_misspelt_key_is_told_for_the_right_one() -> None:
    assert list(problems({"mututal_tls_ca_certs": 5, "deployments": []})) == ["mutual_tls_ca_certs"]


def test_a_key_that_cannot_be_printed_is_shown_escaped() -> None:
    (problem,) = examine({"a\n\ud800": 1, "deployments": []}).problems

    assert problem.path == r"a\n\ud800"


def test_an_endless_list_of_problems_is_cut() -> None:
    raw = {f"key{number}": 1 for number in range(50_000)}

    assert len(examine(raw).problems) == MOST


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
keys = st.sampled_from(["listen", "docker_socket", "container_prefix", "tls_key", "mutual_tls_crl",
    "default_role", "max_archive", "socket_group", "deployments"])  # fmt: skip
deployment_keys = st.sampled_from(
    ["name", "args", "keep", "stable", "health_timeout", "start_first"]
)
deployments = st.lists(st.dictionaries(deployment_keys, json_like, max_size=4), max_size=3)


@given(st.dictionaries(keys, json_like | deployments) | json_like)
def test_whatever_is_decoded_becomes_a_configuration_or_problems(raw: object) -> None:
    examined = examine(raw)

    assert (examined.config is None) == bool(examined.problems)
