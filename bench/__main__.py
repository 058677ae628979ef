"""Run every measurement once and print one table: ``python -m bench``.

Ours and the peer's rounds alternate; each number is a median. BENCH_QUICK=1 takes small sizes and
few rounds, for a look at whether it works; its numbers say little.
"""

import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bench.figures import Figure, table
from bench.measurements import QUICK, Bench, Scale
from tests.support.engine import ROOTS, sweep_leftovers, why_unavailable

PAGE = Path("docs/reference/benchmarks.md")


def describe_machine() -> str:
    """Return what the numbers were measured on, and when."""
    versions = [
        f"Python {platform.python_version()}",
        first_line("openssl", "version"),
        first_line("dockerd", "--version"),
        first_line("nginx", "-v"),
        first_line("curl", "--version").partition(" (")[0],
    ]
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
    return ((done.stdout or done.stderr).splitlines() or [""])[0].strip()


def write_page(figures: list[Figure]) -> None:
    """Replace the page in the documentation."""
    text = [
        "# Benchmarks",
        "",
        "Written by `make bench`: medians of rounds that alternate with the peer's, over loopback.",
        "",
        describe_machine(),
        "",
        table(figures),
        "",
    ]
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text("\n".join(text))


def main() -> int:
    """Measure, print, and tell by the exit code whether every budget was kept."""
    missing = "" if shutil.which("nginx") else "not installed: nginx"
    if reason := why_unavailable() or missing:
        print(f"error: {reason}", file=sys.stderr)
        return 2
    quick = os.environ.get("BENCH_QUICK") == "1"
    sweep_leftovers()
    with tempfile.TemporaryDirectory(prefix="edd-bench-", dir=ROOTS) as folder:
        figures = Bench(Path(folder), QUICK if quick else Scale()).run()
    print(table(figures))
    if quick:
        return 0
    write_page(figures)
    return 0 if all(figure.met for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
