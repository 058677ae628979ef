"""What systemd hears of the daemon: that it listens, that it ends, and how grave a line is."""

import logging
import os
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from edd.supervisor import JournalFormatter, log_formatter, tell


@pytest.fixture
def manager(tmp_path: Path) -> "socket.socket":
    """A service manager that waits for word."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.settimeout(5)
    channel.bind(str(tmp_path / "notify"))
    return channel


def record(level: int, words: str = "it-happened") -> logging.LogRecord:
    return logging.LogRecord("edd.daemon", level, "", 0, words, None, None)


def test_the_manager_hears_the_state(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    with manager:
        tell("READY=1")
        assert manager.recv(100) == b"READY=1"


def test_a_manager_that_is_busy_is_waited_for(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", manager.getsockname())
    others = 0
    with manager, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as other:
        other.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                other.sendto(b"another", manager.getsockname())
                others += 1
        hearing = threading.Timer(0.2, lambda: [manager.recv(100) for _ in range(others)])
        hearing.start()
        tell("READY=1")
        hearing.join()
        assert manager.recv(100) == b"READY=1"


def test_an_abstract_address_is_one_that_begins_with_at(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"edd-notify-{os.getpid()}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(5)
        channel.bind(f"\0{name}")
        tell("STOPPING=1")
        assert channel.recv(100) == b"STOPPING=1"


@pytest.mark.parametrize("address", ["", "/nobody/here", "vsock:2:1"])
def test_a_manager_that_cannot_be_told_is_no_error(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    tell("READY=1")


@pytest.mark.parametrize(
    ("level", "priority"),
    [
        (logging.CRITICAL, 3),
        (logging.ERROR, 3),
        (logging.WARNING, 4),
        (logging.INFO, 6),
        (logging.DEBUG, 7),
    ],
)
def test_a_line_for_the_journal_begins_with_its_priority(level: int, priority: int) -> None:
    assert JournalFormatter("%(message)s").format(record(level)) == f"<{priority}>it-happened"


def test_every_line_of_an_entry_has_the_priority() -> None:
    entry = JournalFormatter("%(message)s").format(record(logging.ERROR, "one\ntwo"))
    assert entry == "<3>one\n<3>two"


def test_only_the_stream_that_the_journal_reads_gets_its_form(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "journal").open("w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        there = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino}")
        assert log_formatter().format(record(logging.INFO)) == "<6>INFO edd.daemon it-happened"
        monkeypatch.setenv("JOURNAL_STREAM", f"{there.st_dev}:{there.st_ino + 1}")
        assert log_formatter().format(record(logging.INFO)).endswith(" INFO edd.daemon it-happened")
