"""Patches inside layers, measured against zstd and rdiff: ``python -m bench.layers [case …]``.

Layers are built from real packages, which are fetched through pip and apt; `bench.layer_cases`
says how. Every patch is applied and verified. Peers: ``zstd -19 --patch-from`` where both ends have
the base, ``rdiff delta | zstd -19`` where the sender has only a description of it.
"""

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.layer_cases import CASES, Case
from edd.delta import Base, Effort, apply_patch, decode_skeleton, describe, make_patch

MIB = 1 << 20
HEADINGS = (
    "case",
    "layer",
    "quick",
    "normal",
    "thorough",
    "zstd",
    "described",
    "rdiff",
    "told",
    "make s",
    "apply s",
    "MiB",
)


@dataclass(frozen=True)
class Outcome:
    """A patch's bytes, the bytes of what described its bases, and what it took."""

    patch: int
    told: int
    make: float
    apply: float
    growth: int


def resident(field: str) -> int:
    """Return a field of this process's status, in MiB."""
    with Path("/proc/self/status").open() as status:
        return next(int(line.split()[1]) >> 10 for line in status if line.startswith(field))


def measure(target: str, effort: str, *bases: str) -> Outcome:
    """Make and apply one patch in this process; ``effort`` ends in ``!`` without contents."""
    before = resident("VmRSS")
    content = not effort.endswith("!")
    told = 0
    held = {digest_of(Path(base)): Path(base).open("rb") for base in bases}  # noqa: SIM115
    known = []
    for digest, file in held.items():
        skeleton = describe(file, sums=not content)
        if not content:
            encoded = skeleton.encode()
            told += len(encoded)
            skeleton = decode_skeleton(encoded)
        known.append(Base(digest, skeleton, file if content else None))
    with tempfile.TemporaryFile() as patch, Path(target).open("rb") as layer:
        began = time.monotonic()
        facts = make_patch(layer, known, patch, Effort(effort.rstrip("!")))
        made = time.monotonic()
        patch.seek(0)
        with tempfile.TemporaryFile() as out:
            apply_patch(patch, held, out, facts.size)
        ended = time.monotonic()
    growth = resident("VmHWM") - before
    return Outcome(facts.patch_bytes, told, made - began, ended - made, growth)


def digest_of(path: Path) -> str:
    """Return a file's digest."""
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"


def alone(target: Path, effort: str, bases: list[Path]) -> Outcome:
    """Do what `measure` does in a process of its own, so that its memory can be told."""
    command = [sys.executable, "-m", "bench.layers", "--measure", str(target), effort]
    done = subprocess.run([*command, *map(str, bases)], check=True, capture_output=True, text=True)
    patch, told, make, took, growth = done.stdout.split()
    return Outcome(int(patch), int(told), float(make), float(took), int(growth))


def zstd_patch(target: Path, base: Path) -> int:
    """Return the size of zstd's own patch."""
    out = target.with_suffix(".zst")
    options = ["-q", "-f", "-19", "--long=30", f"--patch-from={base}"]
    subprocess.run(["zstd", *options, str(target), "-o", str(out)], check=True, capture_output=True)
    return size_and_remove(out)


def rdiff_patch(target: Path, base: Path) -> int:
    """Return the size of rdiff's delta, compressed."""
    signature, delta = target.with_suffix(".signature"), target.with_suffix(".delta")
    subprocess.run(["rdiff", "-f", "signature", str(base), str(signature)], check=True)
    subprocess.run(["rdiff", "-f", "delta", str(signature), str(target), str(delta)], check=True)
    subprocess.run(["zstd", "-q", "-f", "-19", str(delta)], check=True)
    size_and_remove(signature)
    size_and_remove(delta)
    return size_and_remove(delta.with_suffix(".delta.zst"))


def size_and_remove(path: Path) -> int:
    """Return a file's size, and remove it."""
    size = path.stat().st_size
    path.unlink()
    return size


def row(case: Case, folder: Path) -> list[str]:
    """Return the line of a case; the peers get its bases as one file."""
    place = folder / case.name
    place.mkdir()
    target, bases = case.build(place)
    known = [alone(target, effort, bases) for effort in Effort]
    described = alone(target, "normal!", bases)
    joined = place / "joined"
    with joined.open("wb") as out:
        for base in bases:
            out.write(base.read_bytes())
    patches = f"{known[0].patch:,}", f"{known[1].patch:,}", f"{known[2].patch:,}"
    peers = zstd_patch(target, joined), rdiff_patch(target, joined)
    return [
        case.name,
        f"{target.stat().st_size / MIB:.0f} MiB",
        *patches,
        f"{peers[0]:,}",
        f"{described.patch:,}",
        f"{peers[1]:,}",
        f"{described.told:,}",
        f"{known[1].make:.2f}",
        f"{known[1].apply:.2f}",
        f"{max(each.growth for each in (*known, described))}",
    ]


def main(names: list[str], report: Callable[[str], None] = print) -> int:
    """Measure the named cases, or all, and print a line as each is done."""
    report("| " + " | ".join(HEADINGS) + " |")
    report("|" + "---|" * len(HEADINGS))
    for case in CASES:
        if not names or case.name in names:
            with tempfile.TemporaryDirectory(prefix="edd-layers-") as folder:
                report("| " + " | ".join(row(case, Path(folder))) + " |")
    return 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        found = measure(*sys.argv[2:])
        print(found.patch, found.told, found.make, found.apply, found.growth)
        sys.exit(0)
    sys.exit(main(sys.argv[1:]))
