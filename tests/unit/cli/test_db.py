"""`edd db` against recorded output of SME Server's own `db` (smeserver-lib 11.0.0-24)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from edd.setup.records import place_of
from tests.unit.cli.conftest import Edd

PROGRAM = Path(sys.executable).with_name("edd")
RECORDED = json.loads(Path(__file__).with_name("recorded").joinpath("esmith-db.json").read_text())


def db(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [PROGRAM, "db", *words],
        env=os.environ | {"DBPATH": str(folder)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def kept(path: Path) -> str | None:
    """Return a database without its comments."""
    if not path.exists():
        return None
    lines = path.read_text().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("#"))


def test_every_command_prints_ends_and_writes_as_recorded(
    tmp_path: Path, edd: Edd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBPATH", str(tmp_path))
    assert len(RECORDED) > 80
    for step in RECORDED:
        done = edd("db", *step["words"])
        seen = {"words": step["words"], "out": done.out, "code": done.code}
        assert seen | {"file": kept(tmp_path / "t")} == step, done.err


def test_a_file_written_by_hand_keeps_what_nobody_changes(tmp_path: Path) -> None:
    file = tmp_path / "t"
    file.write_text("# comment\n\nzeta=service|b|2|a|1\nodd=service|a|1|b\nalpha=plain\n")
    file.chmod(0o660)

    assert db(tmp_path, "t", "getprop", "odd", "b").stdout == "\n"
    assert db(tmp_path, "t", "setprop", "zeta", "c", "3").returncode == 0

    assert kept(file) == "alpha=plain\nodd=service|a|1|b\nzeta=service|a|1|b|2|c|3\n"
    assert file.stat().st_mode & 0o777 == 0o660


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to a group")
def test_the_daemon_can_read_a_database_that_root_made(
    tmp_path: Path, edd: Edd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DBPATH", str(tmp_path))
    monkeypatch.setattr("edd.setup.account.group_id", lambda: 12345)

    assert edd("db", "t", "set", "site", "service").code == 0
    status = (tmp_path / "t").stat()
    assert (status.st_gid, status.st_mode & 0o777) == (12345, 0o640)

    os.chown(tmp_path / "t", 0, 54321)
    edd("db", "t", "set", "other", "service")
    assert (tmp_path / "t").stat().st_gid == 54321


def test_a_database_lies_where_sme_server_has_them_or_beside_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DBPATH", raising=False)
    monkeypatch.setattr("edd.config.records.SME_FOLDER", tmp_path / "sme")

    assert place_of("t") == Path("/etc/edd/db/t")
    (tmp_path / "sme").mkdir()
    assert place_of("t") == tmp_path / "sme" / "t"


def test_a_bar_in_a_value_comes_back(tmp_path: Path) -> None:
    db(tmp_path, "t", "set", "site", "service", "note", "a|b", "lines", "one\ntwo")

    assert kept(tmp_path / "t") == "site=service|lines|one\\ntwo|note|a\\|b\n"
    assert db(tmp_path, "t", "getprop", "site", "note").stdout == "a|b\n"
    assert db(tmp_path, "t", "getprop", "site", "lines").stdout == "one\ntwo\n"


@pytest.mark.parametrize(
    "words",
    [
        ("set", "a=b", "service"),
        ("set", "a|b", "service"),
        ("set", "new\nline", "service"),
        ("set", " site", "service"),
        ("set", "#site", "service"),
        ("set", "site", "ser|vice"),
        ("set", "site", "service", "no|te", "x"),
        ("set", "site", "service", "path", "c:\\new"),
        ("set", "site", "service", "path", "c:\\"),
        ("setprop", "ghost", "a", "1"),
    ],
)
def test_what_would_be_lost_is_refused_and_nothing_changes(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    db(tmp_path, "t", "set", "other", "service")

    done = db(tmp_path, "t", *words)

    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert kept(tmp_path / "t") == "other=service\n"


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    each = [
        subprocess.Popen(
            [PROGRAM, "db", "t", "set", f"site{number}", "service"],
            env=os.environ | {"DBPATH": str(tmp_path)},
        )
        for number in range(8)
    ]
    assert [one.wait(30) for one in each] == [0] * 8
    assert len(db(tmp_path, "t", "keys").stdout.split()) == 8


def test_a_folder_that_may_not_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    done = db(tmp_path / "file", "t", "set", "site", "service")

    assert done.returncode != 0
    assert "cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
