"""What the reader of the demo sees: headings, the commands that run, and what they print."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from demo.place import EDD, PROJECT

BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def heading(text: str) -> None:
    """Begin a chapter."""
    print(f"\n{BOLD}== {text}{PLAIN}", flush=True)


def say(text: str) -> None:
    """Print a remark."""
    print(text, flush=True)


def show(command: str) -> None:
    """Print a command as a shell would show it."""
    print(f"{BOLD}$ {command}{PLAIN}", flush=True)


def run(*words: str, fails: bool = False) -> None:
    """Show a command and run it before the reader's eyes; ``fails`` tells that it must fail."""
    show(shlex.join(words))
    code = subprocess.run(words, cwd=PROJECT, check=False).returncode
    if bool(code) != fails:
        expected = "should have failed" if fails else f"failed with exit code {code}"
        raise SystemExit(f"error: {shlex.join(words)} {expected}")


def edd(*words: str, fails: bool = False) -> None:
    """Show and run `edd`, as the demo's workstation has it."""
    run(str(EDD.relative_to(PROJECT)), *words, fails=fails)


def quiet(*words: str, check: bool = True) -> str:
    """Run a command unseen and return what it printed; a failure of it ends the demo."""
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=False)
    if check and done.returncode:
        raise SystemExit(f"error: {shlex.join(words)}\n{done.stderr.strip()}")
    return done.stdout.strip()


def begin(words: list[str], log: Path) -> int:
    """Start a process that outlives the demo, writing to ``log``; return its id."""
    with log.open("ab") as stream:
        return subprocess.Popen(
            words,
            cwd=PROJECT,
            env=os.environ,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
        ).pid
