"""`edd exec`, `cp` and `stats`: docker's commands by a deployment's name, over mutual TLS."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edd.model.caller import Role
from tests.support.daemon import EDD, Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive
from tests.support.processes import wait_until

BOX = "/bin/busybox"


@pytest.fixture(scope="module")
def host(engine: TestEngine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    """A host with a website, and a deployment that nothing was delivered to."""
    engine.clean()
    root = tmp_path_factory.mktemp("commands")
    places = [Place("website", stable=0.0), Place("empty", "")]
    with Daemon(root / "edd", engine.socket, places) as daemon:
        archive = write_archive(root / "web.tar", website_image("website:1", "hello"))
        daemon.cli("push", str(archive), "website")
        yield daemon
    engine.clean()


def edd(host: Daemon, *words: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """Run a command whose output may be anything."""
    command: list[str | Path] = [EDD, "-H", "admin", *words]
    return subprocess.run(
        command, env=host.environment, input=given, capture_output=True, timeout=60, check=False
    )


def test_a_command_runs_in_the_container_and_its_exit_code_is_ours(host: Daemon) -> None:
    done = edd(host, "exec", "website", BOX, "sh", "-c", "echo out; echo err >&2; exit 9")
    assert (done.returncode, done.stdout, done.stderr) == (9, b"out\n", b"err\n")


def test_options_before_the_deployment_are_ours_and_behind_it_the_commands(host: Daemon) -> None:
    words = ["-e", "COLOUR=red", "-w", "/bin", "-u", "12", "website", BOX, "sh", "-c"]
    done = edd(host, "exec", *words, "busybox pwd; busybox id -u; echo $COLOUR")
    assert done.stdout == b"/bin\n12\nred\n"
    assert edd(host, "exec", "website", BOX, "echo", "-n", "--", "-H").stdout == b"-- -H"


def test_standard_input_passes_whole(host: Daemon) -> None:
    sent = os.urandom(3 << 20)
    assert edd(host, "exec", "-i", "website", BOX, "cat", given=sent).stdout == sent


def test_a_terminal_is_given_where_one_is_asked_for(host: Daemon) -> None:
    ours, theirs = pty.openpty()
    words: list[str | Path] = [EDD, "-H", "admin", "exec", "-it", "website", BOX, "tty"]
    done = subprocess.run(words, env=host.environment, stdin=theirs, stdout=theirs, timeout=60)  # noqa: PLW1510
    os.close(theirs)
    assert (done.returncode, b"/dev/pts/" in os.read(ours, 1000)) == (0, True)
    os.close(ours)


def test_two_dashes_before_the_command_are_not_the_command(host: Daemon) -> None:
    assert edd(host, "exec", "website", "--", BOX, "echo", "it").stdout == b"it\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_ended_leaves_no_key_behind(
    host: Daemon, tmp_path: Path, number: signal.Signals
) -> None:
    words: list[str | Path] = [EDD, "-H", "admin", "exec", "website", BOX, "sleep", "100"]
    environment = host.environment | {"TMPDIR": str(tmp_path)}
    with subprocess.Popen(words, env=environment) as process:
        wait_until(lambda: any(tmp_path.glob("*/key.pem")), 20, "docker is run")
        time.sleep(0.5)
        process.send_signal(number)
        process.wait(20)
    assert list(tmp_path.iterdir()) == []


def test_files_go_in_and_come_out(host: Daemon, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("new page")
    assert edd(host, "cp", str(page), "website:/www/page.html").returncode == 0
    assert edd(host, "cp", "website:/www/page.html", str(tmp_path / "back")).returncode == 0
    assert (tmp_path / "back").read_text() == "new page"
    packed = edd(host, "cp", "website:/www/page.html", "-").stdout
    assert b"new page" in packed


def test_statistics_name_the_container(host: Daemon) -> None:
    for words in (("stats", "--once"), ("stats", "--once", "website")):
        done = edd(host, *words)
        assert done.returncode == 0, done.stderr
        assert b"ed_website" in done.stdout
        assert b"ed_empty" not in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("exec", "nowhere", "id"), 3, b"nowhere"),
        (("exec", "empty", "id"), 3, b"empty has no container"),
        (("stats", "empty"), 3, b"empty has no container"),
        (("cp", "empty:/x", "."), 3, b"empty has no container"),
        (("cp", "here", "there"), 2, b"DEPLOYMENT:PATH"),
        (("cp", "website:/a", "website:/b"), 2, b"DEPLOYMENT:PATH"),
        (("exec", "website"), 2, b"COMMAND"),
        (("exec", "website", "--"), 2, b"COMMAND"),
    ],
)
def test_mistakes_are_told(host: Daemon, words: tuple[str, ...], code: int, told: bytes) -> None:
    done = edd(host, *words)
    assert done.returncode == code, done.stderr
    assert told in done.stderr
    assert b"Traceback" not in done.stderr


def test_a_viewer_is_told_that_the_role_is_too_small(host: Daemon) -> None:
    host.client("looker", Role.VIEWER)
    done = host.cli("exec", "website", BOX, "id", host="looker", check=False)
    assert done.returncode == 1
    assert "needs the role admin" in done.stderr


def test_on_the_host_itself_docker_needs_no_certificate(host: Daemon, engine: TestEngine) -> None:
    own = {"EDD_SOCKET": str(host.socket), "DOCKER_HOST": engine.url}
    words: list[str | Path] = [EDD, "-H", "local", "exec", "website", BOX, "echo", "here"]
    done = subprocess.run(
        words, env=host.environment | own, capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (0, b"here\n")
