"""The page that the measurements are written to, each part in a section of its own."""

import os
import platform
import re
import subprocess
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path("docs/reference/benchmarks.md")
HEAD = (
    "# Benchmarks\n\nWritten by `make bench`: medians of rounds that alternate with the peer's.\n"
)
PROGRAMS = ("openssl version", "dockerd --version", "nginx -v", "curl --version", "zstd --version")


def write_section(heading: str, text: str) -> None:
    """Put a section into the page, in the place of the one of that heading."""
    page = PAGE.read_text() if PAGE.exists() else ""
    found = re.findall(r"^## (.*)\n((?:(?!## ).*\n)*)", page, re.MULTILINE)
    sections = dict(found) | {heading: f"{describe_machine()}\n\n{text}"}
    ordered = sorted(sections.items(), reverse=True)
    parts = [f"## {name}\n\n{body.strip()}\n" for name, body in ordered]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join([HEAD, *parts]))


def describe_machine() -> str:
    """Return what the numbers were measured on, and when."""
    said = [first_line(*program.split()).partition(" (")[0] for program in PROGRAMS]
    versions = [f"Python {platform.python_version()}", *said]
    machine = f"{os.cpu_count()} processors ({processor()}), Linux {platform.release()}"
    return f"{datetime.now(UTC).date()}, {machine}. {'; '.join(versions)}."


def processor() -> str:
    """Return the processor's name."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def first_line(*command: str) -> str:
    """Return the first line a program prints about itself."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return ((done.stdout or done.stderr).splitlines() or [""])[0].strip(" *")
