"""The systemd unit: the right command, and nothing that systemd objects to."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edd.errors import ConfigError
from edd.setup.service import UNIT, installed_command, unit_text, unreachable_part

COMMAND = Path("/usr/bin/true")


def test_the_command_is_absolute_and_the_default_configuration_goes_unsaid() -> None:
    assert "\nExecStart=/usr/bin/true serve\n" in unit_text(COMMAND)


def test_another_directory_is_named() -> None:
    text = unit_text(COMMAND, Path("/srv/my host/100%"))
    assert '\nExecStart=/usr/bin/true serve --config "/srv/my host/100%%/config.toml"\n' in text


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
        "ExecReload=/bin/kill -HUP $MAINPID",
        "Environment=MALLOC_MMAP_THRESHOLD_=1048576",
        "Environment=MALLOC_TRIM_THRESHOLD_=4194304",
        "CapabilityBoundingSet=",
    ],
)
def test_the_service_is_hardened_and_has_its_directories(line: str) -> None:
    assert line in unit_text(COMMAND).splitlines()


def test_a_port_below_1024_brings_the_one_capability_it_needs() -> None:
    lines = unit_text(COMMAND, port=443).splitlines()
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE" in lines


def test_no_placeholder_is_left() -> None:
    assert "@COMMAND@" not in unit_text(COMMAND)
    assert "@CAPABILITIES@" not in unit_text(COMMAND)


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


def test_a_directory_closed_to_other_users_is_found(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    command = closed / "edd"
    command.touch(0o755)
    tmp_path.chmod(0o755)
    found = unreachable_part(command)
    assert found is not None
    assert closed.is_relative_to(found)
