"""A command that is timed, with the most memory it ever had."""

import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

EVERY = 0.01


@dataclass(frozen=True)
class Watched:
    """What a command took: seconds, MiB at its peak; and what it printed."""

    seconds: float
    peak: float
    output: str


def watch(
    command: Sequence[str | Path], environment: Mapping[str, str], timeout: float = 580
) -> Watched:
    """Run a command to its end. Raises RuntimeError when it fails."""
    began = time.monotonic()
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    peaks = [0]
    looking = threading.Thread(target=_look, args=(process, peaks))
    looking.start()
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    finally:
        seconds = time.monotonic() - began
        looking.join()
    if process.returncode:
        raise RuntimeError(f"{command[0]}: exit {process.returncode}\n{output}{errors}")
    return Watched(seconds, max(peaks) / 1024, output)


def _look(process: subprocess.Popen[str], peaks: list[int]) -> None:
    """Note the peak of the process while it runs; it is gone with it."""
    while process.poll() is None:
        peaks.append(peak_of(process.pid))
        time.sleep(EVERY)


def peak_of(pid: int) -> int:
    """Return the most resident memory of a process so far, in KiB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    fields = status.partition("VmHWM:")[2].split()
    return int(fields[0]) if fields else 0
