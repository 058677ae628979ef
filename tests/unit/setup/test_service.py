"""The systemd unit: the right command, and nothing that systemd objects to."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edd.daemon import JOB_GRACE, REQUEST_GRACE
from edd.errors import ConfigError
from edd.setup.service import UNIT, installed_command, obstacle, unit_text

COMMAND = Path("/usr/bin/true")
USR = Path("/usr")


def test_the_command_is_absolute_and_the_default_configuration_goes_unsaid() -> None:
    assert "\nExecStart=/usr/bin/true serve\n" in unit_text(COMMAND)


def test_another_directory_is_named() -> None:
    text = unit_text(COMMAND, Path("/srv/my host/100%"))
    named = '"/srv/my host/100%%/config.toml"'
    assert f"\nExecStart=/usr/bin/true serve --config {named}\n" in text
    assert f"\nExecReload=/usr/bin/true config check {named}\n" in text


@pytest.mark.parametrize("letter", ['"', "'", "\\", "\n"])
def test_a_path_that_a_unit_cannot_express_is_refused(letter: str) -> None:
    with pytest.raises(ConfigError):
        unit_text(Path(f"/opt/a{letter}b"))


@pytest.mark.parametrize(
    "line",
    [
        "Alias=ed-daemon.service",
        "User=edd",
        "SupplementaryGroups=docker",
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "StateDirectory=edd",
        "RuntimeDirectory=edd",
        "ConfigurationDirectory=edd",
        "Restart=on-failure",
        "Environment=MALLOC_MMAP_THRESHOLD_=1048576",
        "Environment=MALLOC_TRIM_THRESHOLD_=4194304",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
        "MemoryDenyWriteExecute=yes",
        "ProcSubset=pid",
    ],
)
def test_the_service_is_hardened_and_has_its_directories(line: str) -> None:
    assert line in unit_text(COMMAND).splitlines()


@pytest.mark.parametrize("kind", ["CapabilityBoundingSet", "AmbientCapabilities"])
def test_any_port_can_be_chosen_later_and_no_other_power_is_there(kind: str) -> None:
    lines = [line for line in unit_text(COMMAND).splitlines() if line.startswith(kind)]
    assert lines == [f"{kind}=CAP_NET_BIND_SERVICE"]


def test_started_means_that_it_listens() -> None:
    assert {"Type=notify", "TimeoutStartSec=15min"} <= set(unit_text(COMMAND).splitlines())


def test_a_reload_checks_the_configuration_before_the_daemon_is_asked() -> None:
    lines = [line for line in unit_text(COMMAND).splitlines() if line.startswith("ExecReload=")]
    assert lines == [
        "ExecReload=/usr/bin/true config check",
        "ExecReload=/bin/kill -HUP $MAINPID",
    ]


def test_systemd_never_gives_up_and_waits_for_the_graces_of_a_stop() -> None:
    text = unit_text(COMMAND)
    assert text.index("\nStartLimitIntervalSec=0\n") < text.index("\n[Service]\n")
    found = re.search(r"^TimeoutStopSec=(\d+)s$", text, re.MULTILINE)
    assert found is not None
    assert int(found[1]) > REQUEST_GRACE + JOB_GRACE


def test_no_placeholder_is_left() -> None:
    assert not re.search(r"@[A-Z]", unit_text(COMMAND))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")
def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT
    unit.write_text(unit_text(COMMAND, tmp_path / "edd"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in done.stderr.splitlines() if UNIT in line]
    assert (done.returncode, ours) == (0, [])


def test_the_installed_command_is_found_beside_the_interpreter() -> None:
    assert installed_command() == Path(sys.executable).parent / "edd"


def test_a_command_in_a_directory_closed_to_other_users_is_told(tmp_path: Path) -> None:
    command = tmp_path / "edd"
    command.touch(0o755)
    tmp_path.chmod(0o700)
    told = obstacle(command, COMMAND, (USR, USR))
    assert "is closed to it" in told
    assert "/opt/edd" in told


def test_an_interpreter_in_a_directory_closed_to_other_users_is_told_by_its_name(
    tmp_path: Path,
) -> None:
    python = tmp_path / "python3"
    python.touch(0o755)
    tmp_path.chmod(0o700)
    told = obstacle(COMMAND, python, (USR, tmp_path))
    assert f"its Python is {python}" in told
    assert "/usr/bin/python3 -m venv --clear /usr" in told


def test_nothing_stands_in_the_way_of_what_all_users_can_run() -> None:
    assert obstacle(COMMAND, COMMAND, (USR, USR)) == ""
