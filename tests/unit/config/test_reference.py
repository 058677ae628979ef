"""The table of settings, the annotated file and the reference page say the same as the structs."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edd.config import DEFAULTS, Address, Config, annotated_config, complete_config, parse_config
from edd.config.reference import reference_page
from edd.config.settings import DEPLOYMENT_SETTINGS, HOST_SETTINGS, NEEDS_RESTART, Setting
from edd.errors import ConfigError
from edd.model.caller import Role
from edd.model.deployment import Deployment
from edd.model.description import Access, Mount, Network
from edd.model.ports import PublishedPorts


def uncommented(text: str) -> str:
    return re.sub(r"^#(?=\w+ = |\[\[)", "", text, flags=re.MULTILINE)


def fields(struct: Any) -> set[str]:
    return {field.name for field in msgspec.structs.fields(struct)}


def test_every_field_has_its_line_in_the_table() -> None:
    host = {setting.name for setting in HOST_SETTINGS}
    deployment = {setting.name for setting in DEPLOYMENT_SETTINGS}

    assert host | {"deployments"} == fields(Config)
    assert fields(Deployment) == deployment
    assert fields(Config) >= NEEDS_RESTART


@pytest.mark.parametrize(
    "setting", [*HOST_SETTINGS, *DEPLOYMENT_SETTINGS], ids=lambda each: each.name
)
def test_every_example_can_be_read(setting: Setting) -> None:
    setting.kind.read(tomllib.loads(f"value = {setting.example}")["value"])


@pytest.mark.parametrize(
    "setting", [*HOST_SETTINGS, *DEPLOYMENT_SETTINGS], ids=lambda each: each.name
)
def test_every_setting_is_in_the_reference(setting: Setting) -> None:
    assert f"- **`{setting.name}`**: {setting.meaning}" in reference_page()


def test_the_annotated_file_shows_every_setting() -> None:
    text = uncommented(annotated_config(deployments=[{"name": "website"}]))

    assert set(tomllib.loads(text)) == fields(Config)
    assert set(tomllib.loads(text)["deployments"][0]) == fields(Deployment)


def test_the_annotated_file_with_every_line_uncommented_is_a_configuration() -> None:
    text = uncommented(annotated_config(deployments=[{"name": "website", "args": "-p 80:80"}]))

    config = parse_config(text)

    assert (
        msgspec.structs.replace(config, default_role=None, console_listen=None, deployments=())
        == DEFAULTS
    )
    website = Deployment("website", ("-p", "80:80"), memory=512 << 20, cpus=1.5)
    assert config.deployments == (website,)


def test_the_annotated_file_as_it_is_says_nothing_but_the_defaults() -> None:
    assert parse_config(annotated_config()) == DEFAULTS


def test_the_example_in_an_empty_annotated_file_can_replace_the_empty_list() -> None:
    text = uncommented(annotated_config()).replace("deployments = []\n", "")

    assert parse_config(text).deployment("website")


def test_the_annotated_file_says_what_it_is_given_in_either_form() -> None:
    deployments = [Deployment("one", ("-e", "A=b c"), keep=3), {"name": "other", "stable": "9s"}]

    config = parse_config(
        annotated_config(
            listen=Address("::1", 1),
            tls_key=Path('/a "b"'),
            tls_certs="/c",
            mutual_tls_crl=None,
            default_role=Role.VIEWER,
            max_archive="3 GiB",
            deployments=deployments,
        )
    )

    assert config.listen == Address("::1", 1)
    assert (config.tls_key, config.tls_certs) == (Path('/a "b"'), Path("/c"))
    assert config.mutual_tls_crl is None
    assert (config.default_role, config.max_archive) == (Role.VIEWER, 3 << 30)
    assert config.deployments == (deployments[0], Deployment("other", stable=9))


@pytest.mark.parametrize(
    "values",
    [{"colour": 1}, {"listen": "x"}, {"deployments": 5}, {"deployments": [5]},
     {"deployments": [{"name": "info"}]}, {"deployments": [{"keep": 1}]}],
)  # fmt: skip
def test_no_annotated_file_is_written_that_could_not_be_read(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        annotated_config(**values)


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
paths = st.builds(lambda tail: Path("/") / tail.lstrip("/"), words)
ports = st.builds(
    PublishedPorts,
    st.sampled_from(("tcp", "udp")),
    st.integers(1, 60_000),
    st.just(8000),
    st.integers(8000, 8010),
)
mounts = st.builds(
    Mount,
    st.just("/var/data"),
    st.sampled_from(("", "uploads", "/srv/data")),
    st.booleans(),
)
deployments = st.builds(
    Deployment,
    st.from_regex(r"[a-z]{2,9}(-[a-z0-9]{1,3})?", fullmatch=True).filter(
        lambda name: (
            name not in {"deployments", "info", "jobs", "audit", "metrics", "reload", "doctor"}
        )
    ),
    st.lists(words.map(lambda value: f"--env={value}"), max_size=3).map(tuple),
    ports=st.just(()) | st.tuples(ports),
    mounts=st.just(()) | st.tuples(mounts),
    network=st.just(Network.BRIDGE),
    access=st.just(Access.PRIVATE),
    memory=st.none() | st.integers(6 << 20, 1 << 50),
    cpus=st.none() | st.floats(0.01, 10_000),
    keep=st.integers(1, 1000),
    health_timeout=st.floats(5, 86_400),
    stable=st.floats(0, 5),
    start_first=st.booleans(),
    enabled=st.booleans(),
)
configs = st.builds(
    Config,
    tls_key=paths,
    mutual_tls_crl=st.none() | paths,
    default_role=st.none() | st.sampled_from(Role),
    max_archive=st.integers(1, (1 << 63) - 1),
    min_free=st.integers(1, 1 << 62),
    deployments=st.lists(deployments, max_size=3, unique_by=lambda each: each.name).map(tuple),
)


@given(configs)
def test_a_configuration_written_out_in_full_is_read_back_as_it_was(config: Config) -> None:
    assert parse_config(complete_config(config)) == config


@given(configs)
def test_an_annotated_file_is_read_back_as_it_was(config: Config) -> None:
    assert parse_config(annotated_config(**msgspec.structs.asdict(config))) == config
