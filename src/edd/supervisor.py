"""What the daemon says to a systemd that started it; without one, nothing is said."""

import logging
import os
import socket
import sys
from contextlib import suppress

LOG_FORM = "%(levelname)s %(name)s %(message)s"
PATIENCE = 5.0
"""Seconds; a boot fills the manager's queue for a moment."""

_SYSLOG = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))


def tell(state: str) -> None:
    """Send ``state`` (READY=1, STOPPING=1) to who waits for it, as in sd_notify(3).

    A service manager that does not listen is no reason not to serve; one that is busy is waited
    for, since it ends what has not said in time that it is ready.
    """
    name = os.environ.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = f"\0{name[1:]}" if name.startswith("@") else name
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.settimeout(PATIENCE)
        channel.sendto(state.encode(), address)


def log_formatter() -> logging.Formatter:
    """Return lines with a priority for the journal, which has times of its own, else with a time.

    A shell in a desktop has JOURNAL_STREAM too: what counts is that standard error is that stream.
    """
    with suppress(OSError, ValueError):
        stream = os.fstat(sys.stderr.fileno())
        if os.environ.get("JOURNAL_STREAM") == f"{stream.st_dev}:{stream.st_ino}":
            return JournalFormatter(LOG_FORM)
    return logging.Formatter(f"%(asctime)s {LOG_FORM}")


class JournalFormatter(logging.Formatter):
    """Begins every line with its priority, as in sd-daemon(3), so that `journalctl -p` knows it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record; a traceback's lines are entries of the journal of their own."""
        priority = next((number for level, number in _SYSLOG if record.levelno >= level), 7)
        return "\n".join(f"<{priority}>{line}" for line in super().format(record).splitlines())
