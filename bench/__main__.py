"""Measure and print tables: ``python -m bench``, or one part of it.

The parts are ``python -m bench daemon|deltas|growth``.

Ours and the peer's rounds alternate; each number is a median. BENCH_QUICK=1 takes small sizes and
few rounds, for a look at whether it works; its numbers say little and are written nowhere.
``python -m bench deltas c g`` measures those cases alone, and writes nothing either.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench import deliveries
from bench.figures import Figure, table
from bench.gateway import QUICK as QUICK_GATEWAY
from bench.gateway import GatewayBench
from bench.gateway import Scale as GatewayScale
from bench.measurements import QUICK, Bench, Scale
from bench.page import write_section
from tests.support.engine import ROOTS, sweep_leftovers, why_unavailable

PROGRAMS = {
    "daemon": ("nginx",),
    "gateway": ("socat", "docker"),
    "deltas": ("docker-registry", "zstd", "rdiff", "xdelta3", "casync", "cc", "apt-get"),
    "growth": ("docker-registry",),
}


def main(words: list[str]) -> int:
    """Measure, print, and tell by the exit code whether every budget was kept."""
    parts = [words[0]] if words else list(PROGRAMS)
    if not set(parts) <= PROGRAMS.keys():
        print(f"error: {words[0]} is no part; there are {', '.join(PROGRAMS)}", file=sys.stderr)
        return 2
    missing = [name for part in parts for name in PROGRAMS[part] if not shutil.which(name)]
    if reason := why_unavailable() or ", ".join(missing):
        print(f"error: not here: {reason}", file=sys.stderr)
        return 2
    sweep_leftovers()
    # What is installed comes with its bytecode: without it every start would compile.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    quick = os.environ.get("BENCH_QUICK") == "1"
    figures = daemon(quick) if "daemon" in parts else []
    if "gateway" in parts:
        figures += gateway(quick)
    if "deltas" in parts:
        figures += deltas(quick, words[1:])
    if "growth" in parts and not quick:
        grown()
    return 0 if quick or all(figure.met for figure in figures) else 1


def daemon(quick: bool) -> list[Figure]:
    """Measure the daemon's door, load and memory."""
    scale = QUICK if quick else Scale()
    return _figures("The daemon", lambda root: Bench(root, scale).run(), quick)


def gateway(quick: bool) -> list[Figure]:
    """Measure the engine through the gateway."""
    scale = QUICK_GATEWAY if quick else GatewayScale()
    return _figures("The engine gateway", lambda root: GatewayBench(root, scale).run(), quick)


def _figures(heading: str, measure: Callable[[Path], list[Figure]], quick: bool) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="edd-bench-", dir=ROOTS) as folder:
        figures = measure(Path(folder))
    print(table(figures))
    if not quick:
        write_section(heading, table(figures))
    return figures


def deltas(quick: bool, cases: list[str]) -> list[Figure]:
    """Measure deliveries of changed images."""
    with tempfile.TemporaryDirectory(prefix="edd-bench-", dir=ROOTS) as folder:
        told = "", list[Figure]()
        # It takes an hour: what is measured by then is not lost when it is ended.
        for told in deliveries.measure(Path(folder), cases, quick=quick):
            if not (quick or cases):
                write_section("Deliveries of changed images", told[0])
    print(told[0])
    return told[1]


def grown() -> None:
    """Measure changes of the same size in images of growing size."""
    with tempfile.TemporaryDirectory(prefix="edd-bench-", dir=ROOTS) as folder:
        page = deliveries.growth(Path(folder))
    print(page)
    write_section("Change after change in larger images", page)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
