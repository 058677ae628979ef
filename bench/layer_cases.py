"""The layers that patches are measured on, built from real packages where there are such."""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support.packages import debian_versions, install_with_pip, pack, run, unpack_debian

Built = tuple[Path, list[Path]]
MIB = 1 << 20
KEPT = "sqlalchemy==2.0.29 pillow==10.2.0 aiohttp==3.9.3 pydantic==2.6.3 botocore==1.34.60"
OLD = "Django==4.2.11 requests==2.31.0"
NEW = "Django==4.2.16 requests==2.32.3"
DEBIAN = "libc6 libssl3 openssl perl-base tzdata libsystemd0 libudev1 git-man libperl5.36"


@dataclass(frozen=True)
class Case:
    """A name, and what writes a target and its bases below a folder."""

    name: str
    build: Callable[[Path], Built]


def packed(tree: Path) -> Path:
    """Return a tree as a layer."""
    layer = tree.with_suffix(".tar")
    pack(tree, layer)
    return layer


def pip_layer(place: Path) -> Built:
    """Two of seven packages upgraded; every file has a new time."""
    layers = []
    for name, packages in (("old", f"{KEPT} {OLD}"), ("new", f"{KEPT} {NEW}")):
        tree = place / name
        install_with_pip(tree, packages.split())
        layers.append(packed(tree))
    return layers[1], layers[:1]


def debian_layer(place: Path) -> Built:
    """Debian packages, those of the release against their updates."""
    known = debian_versions(DEBIAN.split()).items()
    layers = []
    for name, pick in (("old", -1), ("new", 0)):
        tree = place / name
        updated = [f"{one}={each[pick]}" for one, each in known if len(set(each)) > 1]
        unpack_debian(tree, updated, place)
        layers.append(packed(tree))
    return layers[1], layers[:1]


def program_layer(place: Path) -> Built:
    """A C program of 3,000 functions, one of which got a line more."""
    layers = []
    for name, longer in (("old", -1), ("new", 1300)):
        source = place / "program.c"
        source.write_text(program(longer))
        tree = place / name
        (tree / "bin").mkdir(parents=True)
        run("cc", "-O1", "-o", str(tree / "bin/program"), str(source))
        layers.append(packed(tree))
    return layers[1], layers[:1]


def program(longer: int) -> str:
    """Return the source of a program; the function numbered ``longer`` has a line more."""
    chance = random.Random(3)
    text = ["#include <stdio.h>", "#include <string.h>"]
    for number in range(3000):
        text.append(f"int f{number}(int a, char *b) {{ int s = {chance.randrange(9999)};")
        for _ in range(chance.randint(2, 9)):
            text.append(f"if (a > {chance.randrange(999)}) s += a * {chance.randrange(77)};")
            text.append(f'else printf("message {chance.randrange(99999)}: %d\\n", s);')
            if number:
                text.append(f"if (s & 8) s -= f{chance.randrange(number)}(a - 1, b);")
        if number == longer:
            text.append(
                'printf("one line more: %s\\n", b); for (int q = 0; q < a; q++) s += q * s;'
            )
        text.append("return s + (int)strlen(b); }")
    text.append("int main(int c, char **v) { return f2999(c, v[0]); }")
    return "\n".join(text)


def large_file(place: Path) -> Built:
    """One byte changed in a file of 600 MB."""
    trees = place / "old", place / "new"
    for tree in trees:
        tree.mkdir()
    with (trees[0] / "data").open("wb") as file:
        for _ in range(600):
            file.write(os.urandom(10**6))
    run("cp", str(trees[0] / "data"), str(trees[1] / "data"))
    with (trees[1] / "data").open("r+b") as file:
        file.seek(300_000_123)
        file.write(b"\x01")
    return packed(trees[1]), [packed(trees[0])]


def many_files(place: Path) -> Built:
    """One line changed in one of many files that make 1 GiB."""
    tree = place / "old"
    chance = random.Random(5)
    for number in range(2048):
        path = tree / f"share/part-{number // 64}/file-{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(MIB // 2))
    base = packed(tree)
    changed = tree / "share/part-9/file-600"
    before = changed.read_bytes()
    changed.write_bytes(before[: MIB // 4] + b"a new line\n" + before[MIB // 4 :])
    base = base.rename(place / "base.tar")
    return packed(tree), [base]


def squashed(place: Path) -> Built:
    """Two layers, one of packages and one of a program, made one."""
    _, (packages,) = pip_layer(place)
    _, (compiled,) = program_layer_below(place / "program")
    tree = place / "squashed"
    tree.mkdir()
    for layer in (packages, compiled):
        run("tar", "-xf", str(layer), "-C", str(tree))
    return packed(tree), [packages, compiled]


def program_layer_below(place: Path) -> Built:
    """Do what `program_layer` does in a folder that is made for it."""
    place.mkdir()
    return program_layer(place)


CASES = [
    Case("pip-two-upgraded", pip_layer),
    Case("debian-upgraded", debian_layer),
    Case("program-rebuilt", program_layer),
    Case("one-byte-in-600-MB", large_file),
    Case("one-line-in-1-GiB", many_files),
    Case("two-layers-squashed", squashed),
]
