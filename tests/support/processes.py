"""Find and end what a test run started, also when that run died before it could tidy up."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

ENGINE_PROGRAMS = ("dockerd", "containerd", "runc")


def wait_until(
    true: Callable[[], bool], seconds: float, what: str, detail: Callable[[], str] | None = None
) -> None:
    """Return as soon as ``true()``; after ``seconds`` fail, naming ``what`` and ``detail()``."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {seconds} s\n{detail() if detail else ''}")
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Tell whether ``pid`` runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def belonging_to(root: Path) -> set[int]:
    """Return the engine's processes that were given paths in ``root``, and those in its cgroup."""
    return {pid for pid in _pids() if pid != os.getpid() and _mentions(pid, root) and alive(pid)}


def end(pids: set[int], grace: float = 0.0) -> None:
    """End each of ``pids``: SIGTERM with ``grace`` seconds to follow it, then SIGKILL."""
    if grace:
        _signal(pids, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            wait_until(lambda: not any(map(alive, pids)), grace, "processes end")
    _signal({pid for pid in pids if alive(pid)}, signal.SIGKILL)
    wait_until(lambda: not any(map(alive, pids)), 10, f"end of {sorted(pids)}")


def sweep(root: Path) -> None:
    """Leave nothing of ``root``: its processes, mounts, cgroups and files."""
    for _ in range(3):
        if not (pids := belonging_to(root)):
            break
        end(pids)
    unmount_below(root)
    for group in Path("/sys/fs/cgroup").glob(f"*/{root.name}"):
        _remove_cgroup(group)
    _remove_cgroup(Path("/sys/fs/cgroup") / root.name)
    shutil.rmtree(root, ignore_errors=True)


def unmount_below(root: Path) -> None:
    """Unmount what is mounted at or below ``root``, the innermost first."""
    points = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
    mine = [point for point in points if Path(point).is_relative_to(root)]
    for point in sorted(mine, key=len, reverse=True):
        subprocess.run(["umount", "--lazy", point], check=False, capture_output=True)


def _pids() -> list[int]:
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]  # noqa: PTH208


def _mentions(pid: int, root: Path) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        group = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return False
    of_engine = Path(command[0].decode(errors="replace")).name.startswith(ENGINE_PROGRAMS)
    given_paths = any(f"{root}/".encode() in word for word in command[1:])
    return (of_engine and given_paths) or f"/{root.name}/" in group


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _remove_cgroup(group: Path) -> None:
    for folder, _, _ in os.walk(group, topdown=False):
        with contextlib.suppress(OSError):
            Path(folder).rmdir()
