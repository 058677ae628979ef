"""Growth is measured in a process of its own, which has nothing else in it."""

import subprocess
import sys
from pathlib import Path

import pytest

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


def write_layer(path: Path, size: int, changes: list[int]) -> None:
    """Write a layer of one sparse file with some bytes here and there."""
    header = bytearray(512)
    header[:4] = b"data"
    header[124:136] = b"%011o\0" % size
    header[156:157] = b"0"
    header[148:156] = b"%06o\0 " % (sum(header) + 256)
    with path.open("wb") as file:
        file.write(header)
        for at in range(0, size, 8 * MIB):
            file.seek(512 + at)
            file.write(b"block %d, of which every one is different\n" % at * 900)
        for at in changes:
            file.seek(512 + at)
            file.write(b"changed here")
        file.truncate(512 + size + -size % 512 + 1024)


@pytest.mark.parametrize(("knows", "effort"), [("content", "thorough"), ("sums", "normal")])
def test_memory_stays_bounded_whatever_the_layer(tmp_path: Path, knows: str, effort: str) -> None:
    write_layer(tmp_path / "old", 250 * MIB, [])
    write_layer(tmp_path / "new", 250 * MIB + 5000, [3 * MIB, 100 * MIB + 7, 249 * MIB])
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), knows, effort]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    growth, patch_bytes = map(int, done.stdout.split())
    assert growth <= 64
    assert patch_bytes <= 10_000
