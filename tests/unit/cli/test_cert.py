"""`edd cert`, `edd init` and `edd host add`: nothing is issued that cannot be handed out."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Edd
from tests.unit.client.talking import TalkingHost

HOST = ("--dir", "host")


@pytest.fixture
def prepared(edd: Edd) -> Edd:
    """A command line in a folder with a host's authority in ``host``."""
    made = edd("init", *HOST, "--no-system", "--name", "localhost")
    assert made.code == 0, made.err
    return edd


def issued(edd: Edd) -> list[Any]:
    return [entry["name"] for entry in edd("cert", "list", *HOST, "-o", "json").json]


@pytest.mark.parametrize(
    "place",
    [
        ("--out", "missing/x.json"),
        ("--out", "/proc/x.json"),
        ("--pem", "/proc/pem"),
        ("--out", "x.json", "--pem", "host/config.toml/pem"),
    ],
    ids=" ".join,
)
def test_nothing_is_issued_when_it_could_not_be_written(
    prepared: Edd, tmp_path: Path, place: tuple[str, ...]
) -> None:
    before = issued(prepared)

    ended = prepared("cert", "issue", "lost", *HOST, *place)

    assert ended.code in (2, 4)
    assert "cannot be written" in ended.err
    assert "kept:  Nothing was changed." in ended.err
    assert issued(prepared) == before
    assert not (tmp_path / "x.json").exists()


def test_a_bundle_and_pem_files_are_handed_out_together(prepared: Edd, tmp_path: Path) -> None:
    ended = prepared("cert", "issue", "ci", *HOST, "--out", "ci.json", "--pem", "keys/ci")

    assert ended.code == 0, ended.err
    assert (tmp_path / "ci.json").exists()
    found = sorted(path.name for path in (tmp_path / "keys" / "ci").iterdir())
    assert found == ["ca.crt", "client.crt", "client.key"]


def test_a_deployment_that_is_not_configured_is_warned_of(prepared: Edd, tmp_path: Path) -> None:
    (tmp_path / "host" / "config.toml").write_text('[[deployments]]\nname = "website"\n')

    ended = prepared("cert", "issue", "a", *HOST, "--deployment", "nope", "--deployment", "website")

    assert ended.code == 0
    assert ended.err == "warning: the configuration names no deployment nope yet.\n"


@pytest.mark.parametrize(
    "words",
    [
        ("cert", "issue", "a l", *HOST),
        ("cert", "issue", "al", "--days", "0", *HOST),
        ("cert", "issue", "al", "--at", "http://x", *HOST),
        ("cert", "issue", "al", "--deployment", "A B", *HOST),
        ("cert", "revoke", "nope", *HOST),
        ("cert", "renew", "nope", *HOST),
        ("init", "--name", "a b", *HOST),
        ("init", "--address", "nope", *HOST),
        ("host", "add", "local", "host/admin.json"),
        ("host", "add", "a b", "host/admin.json"),
        ("host", "use", "nope"),
        ("-H", "nowhere", "ps"),
    ],
    ids=" ".join,
)
def test_a_mistake_in_the_command_line_ends_with_2(prepared: Edd, words: tuple[str, ...]) -> None:
    before = issued(prepared)

    ended = prepared(*words)

    assert ended.code == 2, ended.err
    assert issued(prepared) == before


def test_a_host_that_is_added_again_is_said_to_be_replaced(prepared: Edd) -> None:
    first = prepared("host", "add", "web", "host/admin.json")
    again = prepared("host", "add", "web", "host/admin.json")

    assert first.out.startswith("Added web ")
    assert first.out.endswith("\nIt is in use.\n")
    assert again.out.startswith("Replaced web ")


def test_the_host_in_use_is_not_said_to_be_meant_where_a_daemon_runs(
    prepared: Edd, host: TalkingHost
) -> None:
    words = "is in use, but this machine's own daemon goes first here: name the other with -H web"

    assert words in prepared("host", "add", "web", "host/admin.json").out
    assert words in prepared("host", "use", "web").out
    assert words in prepared("host", "list").err


def test_a_bundle_that_is_not_there_is_no_matter_for_the_administrator(prepared: Edd) -> None:
    ended = prepared("host", "add", "web", "none.json")

    assert ended.code == 3
    assert "There is no file none.json." in ended.err


def test_a_second_revocation_says_that_there_was_nothing_left(prepared: Edd) -> None:
    prepared("cert", "issue", "al", *HOST)

    assert "Revoked 1 certificate of al." in prepared("cert", "revoke", "al", *HOST).out
    again = prepared("cert", "revoke", "al", *HOST).out
    assert again == "Every certificate of al was revoked before.\n"
