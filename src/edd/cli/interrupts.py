"""SIGTERM, and the SIGHUP of a terminal that is closed, end a command as Ctrl-C does.

So what it has begun is tidied up first, and its exit code tells which it was.
"""

import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from edd.cli.endings import silence
from edd.cli.output import Settings

SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def heard(chosen: Settings) -> Iterator[None]:
    """Hear these signals while entered, but none that is ignored: `nohup` means it.

    The first is noted in ``chosen``. Those after it change nothing, since the kernel and a shell
    both send SIGHUP; Ctrl-C still breaks off the tidying up.
    """

    def end(number: int, frame: FrameType | None) -> None:
        if chosen.ended_by is not None:
            return
        chosen.ended_by = signal.Signals(number)
        silence(*filter(_hung_up, (sys.stdout, sys.stderr)))
        ctrl_c = signal.getsignal(signal.SIGINT)
        if not callable(ctrl_c):  # a shell's background job ignores Ctrl-C
            raise KeyboardInterrupt
        ctrl_c(signal.SIGINT, frame)  # asyncio's own cancels what runs in its loop

    mine = [number for number in SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    for number in mine:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def leave_alone() -> None:
    """Hear them no longer: the command that runs has handlers of its own."""
    for number in SIGNALS:
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)


def _hung_up(stream: TextIO) -> bool:
    """Tell whether nobody is left to read a stream; to write to it would fail."""
    watch = select.poll()
    try:
        watch.register(stream.fileno(), 0)
    except (AttributeError, OSError, ValueError):
        return False
    return bool(watch.poll(0))
