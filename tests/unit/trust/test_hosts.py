"""The hosts a workstation knows, and which one is meant."""

import re
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from edd.errors import CredentialError, InvalidRequestError
from edd.trust.bundle import Bundle, write_bundle
from edd.trust.hosts import HostList

MakeBundle = Callable[..., Bundle]


@pytest.fixture
def hosts(tmp_path: Path) -> HostList:
    return HostList(tmp_path / "config" / "edd")


@pytest.fixture
def bundle(bundle_of: MakeBundle) -> Bundle:
    return bundle_of("alice")


def test_a_host_is_kept_for_its_owner_only(hosts: HostList, bundle: Bundle) -> None:
    hosts.add("web1", bundle)
    directory = hosts.directory / "hosts"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert stat.S_IMODE((directory / "web1.json").stat().st_mode) == 0o600
    assert hosts.load("web1") == bundle


def test_the_first_host_is_in_use_and_the_second_is_not(hosts: HostList, bundle: Bundle) -> None:
    assert hosts.add("web1", bundle) is True
    assert hosts.add("web2", bundle) is False
    assert hosts.current() == "web1"
    assert hosts.names() == ["web1", "web2"]


def test_removing_the_host_in_use_leaves_none_in_use(hosts: HostList, bundle: Bundle) -> None:
    hosts.add("web1", bundle)
    hosts.remove("web1")
    assert hosts.current() is None
    assert hosts.names() == []


@pytest.mark.parametrize("name", ["../x", "", "a/b", ".hidden", "local"])
def test_a_name_that_cannot_be_a_host_is_refused(
    hosts: HostList, bundle: Bundle, name: str
) -> None:
    with pytest.raises((CredentialError, InvalidRequestError)):
        hosts.add(name, bundle)


def test_an_unknown_host_is_answered_with_the_known_ones(hosts: HostList, bundle: Bundle) -> None:
    hosts.add("web1", bundle)
    for act in (hosts.load, hosts.use):
        with pytest.raises(InvalidRequestError, match="web1"):
            act("web2")
    with pytest.raises(InvalidRequestError):
        hosts.remove("web2")


def test_the_option_wins_over_the_environment_and_that_over_the_one_in_use(
    hosts: HostList, bundle: Bundle
) -> None:
    for name in ("used", "named", "asked"):
        hosts.add(name, bundle)
    environment = {"EDD_HOST": "named"}
    meant = [
        hosts.resolve("asked", environment),
        hosts.resolve(None, environment),
        hosts.resolve(None, {}),
    ]
    assert [found and found[0] for found in meant] == ["asked", "named", "used"]


def test_the_only_host_is_meant_when_none_is_in_use(hosts: HostList, bundle: Bundle) -> None:
    hosts.add("web1", bundle)
    hosts.add("web2", bundle)
    hosts.remove("web1")
    assert hosts.resolve(None, {}) == ("web2", bundle)


def test_nothing_is_meant_where_nothing_says_which(hosts: HostList, bundle: Bundle) -> None:
    assert hosts.resolve(None, {}) is None
    for name in ("web1", "web2", "web3"):
        hosts.add(name, bundle)
    hosts.remove("web1")
    assert hosts.resolve(None, {}) is None


def test_a_bundles_path_may_be_named_in_place_of_a_host(
    hosts: HostList, bundle: Bundle, tmp_path: Path
) -> None:
    path = tmp_path / "ci.json"
    write_bundle(path, bundle)
    assert hosts.resolve(None, {"EDD_HOST": str(path)}) == ("ci", bundle)


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("./none.json", "There is no file none.json."),
        ("none.json", "There is no file none.json."),
        ("https://host.example.org:8866", "'https://host.example.org:8866' is a URL"),
        ("host.example.org:8866", "'host.example.org:8866' is an address"),
    ],
)
def test_what_is_neither_a_host_nor_a_bundle_is_said_to_be_so(
    hosts: HostList, wanted: str, says: str
) -> None:
    with pytest.raises(InvalidRequestError, match=re.escape(says)) as caught:
        hosts.resolve(wanted, {})
    assert "edd host list" in caught.value.advice


def test_the_list_follows_xdg_config_home_if_that_is_absolute() -> None:
    home = {"HOME": "/home/a"}
    assert HostList.of_user(home).directory == Path("/home/a/.config/edd")
    assert HostList.of_user(home | {"XDG_CONFIG_HOME": "/x"}).directory == Path("/x/edd")
    relative = HostList.of_user(home | {"XDG_CONFIG_HOME": "x"})
    assert relative.directory == Path("/home/a/.config/edd")
