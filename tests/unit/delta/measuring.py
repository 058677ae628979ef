"""What a patch takes of memory, measured in a process of its own with nothing else in it.

A patch is made and applied there, one after the other: what is measured is the larger of both.
"""

import subprocess
import sys
from pathlib import Path

from tests.unit.delta.layers import header

PROGRAM = """
import sys
from edd.delta import Base, Effort, apply_patch, decode_skeleton, describe, make_patch

def resident(field):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(field)) >> 10

folder, content, effort = sys.argv[1], sys.argv[2] == "content", Effort(sys.argv[3])
old, new = open(folder + "/old", "rb"), open(folder + "/new", "rb")
before = resident("VmRSS")
told = describe(old, sums=not content)
held = "sha256:" + "ab" * 32
base = Base(held, told if content else decode_skeleton(told.encode()), old if content else None)
with open(folder + "/patch", "w+b") as patch, open(folder + "/out", "wb") as out:
    facts = make_patch(new, [base], patch, effort)
    patch.seek(0)
    assert apply_patch(patch, {held: old}, out, 1 << 40) == facts.target
print(resident("VmHWM") - before, facts.patch_bytes)
"""
MIB = 1 << 20


def measured(folder: Path, *, content: bool, effort: str = "normal") -> tuple[int, int]:
    """Patch the file ``old`` in ``folder`` to be ``new``; return MiB of memory and bytes sent."""
    command = [sys.executable, "-c", PROGRAM, str(folder), "content" if content else "sums", effort]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    growth, patch_bytes = map(int, done.stdout.split())
    return growth, patch_bytes


def write_layer(path: Path, size: int, changes: list[int]) -> None:
    """Write a layer of one sparse file with some bytes here and there."""
    with path.open("wb") as file:
        file.write(header(b"data", size))
        for at in range(0, size, 8 * MIB):
            file.seek(512 + at)
            file.write(b"block %d, of which every one is different\n" % at * 900)
        for at in changes:
            file.seek(512 + at)
            file.write(b"changed here")
        file.truncate(512 + size + -size % 512 + 1024)
