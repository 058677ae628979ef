"""`edd config check` and `show` as they are typed."""

import json
from pathlib import Path

import pytest

from edd.cli.main import run
from edd.config import parse_config

GOOD = 'mutual_tls_crl = ""\n[[deployments]]\nname = "website"\nargs = "-p 80:80"\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(GOOD)
    return path


def test_a_right_configuration_is_summed_up_in_one_line(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["config", "check", str(file)])

    printed = capsys.readouterr()
    assert code == 0
    assert printed.out.startswith(f"{file} is right: listens on 0.0.0.0:8866, 1 deployment, ")
    assert printed.out.count("\n") == 1


def test_a_file_that_is_named_but_missing_is_a_warning(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(f'tls_key = "{file.parent}/none.key"\n' + GOOD)

    code = run(["config", "check", str(file)])

    assert code == 0
    assert f"warning: tls_key: {file.parent}/none.key does not exist" in capsys.readouterr().err


def test_two_deployments_with_one_port_are_a_warning(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(GOOD + '[[deployments]]\nname = "other"\nargs = "-p 80:8080"\n')

    code = run(["config", "check", str(file), "-o", "json"])

    assert code == 0
    assert "other and website both publish" in json.loads(capsys.readouterr().out)["warnings"][-1]


def test_a_wrong_configuration_ends_with_code_2_and_all_its_problems(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text('listn = 1\n[[deployments]]\nname = "info"\n')

    code = run(["config", "check", str(file)])

    printed = capsys.readouterr().err
    assert code == 2
    assert printed.count("listn") == 1
    assert "edd config check" not in printed
    assert "listn: is not a setting (did you mean listen?)" in printed
    assert "deployments[0].name: 'info' is reserved" in printed


def test_a_wrong_configuration_as_json_lists_its_problems(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text("listn = 1\n")

    code = run(["config", "check", str(file), "-o", "json"])

    document = json.loads(capsys.readouterr().out)
    assert code == 2
    assert [each["path"] for each in document["problems"]] == ["listn", "deployments"]


def test_what_is_shown_is_a_configuration_itself(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["config", "show", str(file)])

    assert code == 0
    assert parse_config(capsys.readouterr().out) == parse_config(GOOD)


def test_what_is_shown_as_json_is_a_configuration_too(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["config", "show", str(file), "-o", "json"])

    assert code == 0
    assert parse_config(capsys.readouterr().out) == parse_config(GOOD)
