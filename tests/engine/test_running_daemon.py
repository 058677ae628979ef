"""The tests' own daemon answers by every way the other tests use."""

from tests.support.daemon import Daemon


def test_a_daemon_answers_on_its_socket_over_tls_and_to_the_command_line(daemon: Daemon) -> None:
    assert daemon.get("/v1/deployments")[0]["name"] == "website"
    assert daemon.curl("/v1/deployments")[0] == 200
    assert "website" in daemon.cli("ps").stdout


def test_a_killed_daemon_starts_again(daemon: Daemon) -> None:
    daemon.kill9()
    assert not daemon.answers()
    daemon.start()
    assert daemon.answers()
    assert daemon.stop() == 0
