"""What the layers hold: packages from their indices, a program from its source, and noise."""

import io
import random
import sys
import tarfile
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from bench.deliveries.stored import StoredLayer, stored, workshop
from tests.support.images import website_image
from tests.support.packages import debian_versions, install_with_pip, pack, run, unpack_debian

MIB = 1 << 20
KEPT = "numpy==1.26.4 sqlalchemy==2.0.29 aiohttp==3.9.3 cryptography==42.0.5 botocore==1.34.60"
FEW = "sqlalchemy==2.0.29"
PIP = {"old": "Django==4.2.11 requests==2.31.0", "new": "Django==4.2.16 requests==2.32.3"}
DEBIAN = (
    "libc6 libssl3 openssl perl-base tzdata libsystemd0 libudev1 perl-modules-5.36 libperl5.36"
    " python3.11-minimal libpython3.11-minimal libpython3.11-stdlib curl libcurl4 libxml2 sudo"
    " coreutils bash grep sed util-linux dpkg apt libgnutls30 libstdc++6 krb5-locales"
)
FEW_DEBIAN = "libssl3 openssl perl-base tzdata sudo bash grep"
SOURCE = "zstandard==0.22.0"


def busybox() -> StoredLayer:
    """The layer that every image begins with: something to run."""
    layer = website_image("website:latest", "").layers[0]
    return stored("busybox", lambda out: _write(out, layer.read()))


def _write(out: Path, pieces: Iterator[bytes]) -> None:
    with out.open("wb") as file:
        file.writelines(pieces)


def pip(age: str, *, few: bool = False) -> StoredLayer:
    """Packages as pip installs them, two of them ``old`` or ``new``; every file's time differs."""
    packages = f"{FEW if few else KEPT} {PIP[age]}".split()

    def build(out: Path) -> None:
        with workshop() as tree:
            install_with_pip(tree, packages)
            pack(tree, out)

    return stored(f"pip-{'few-' if few else ''}{age}", build)


def debian(age: str, *, few: bool = False) -> StoredLayer:
    """Debian packages of one release, those that have an update before or after it."""

    def build(out: Path) -> None:
        with workshop() as place:
            tree = place / "tree"
            wanted = _versions((FEW_DEBIAN if few else DEBIAN).split(), age)
            unpack_debian(tree, wanted, place)
            pack(tree, out)

    return stored(f"debian-{'few-' if few else ''}{age}", build)


def _versions(packages: list[str], age: str) -> list[str]:
    """Return the packages, each with the latest version there is, or the release's first."""
    known = debian_versions(packages)
    if unknown := [package for package, versions in known.items() if not versions]:
        raise RuntimeError(f"apt knows no {', '.join(unknown)}: apt-get update")
    return [f"{one}={versions[0 if age == 'new' else -1]}" for one, versions in known.items()]


def program(age: str) -> StoredLayer:
    """The zstd library as a program without its symbols; the ``new`` one has a few lines more."""
    more = 'if (getenv("TRACE")) { fputs("compressing\\n", stderr); }' if age == "new" else ""

    def build(out: Path) -> None:
        with workshop() as place:
            words = ["download", "-q", "--no-deps", "--no-binary=:all:", SOURCE]
            run(sys.executable, "-m", "pip", *words, cwd=place)
            run("tar", "-xf", str(next(place.glob("*.tar.gz"))), cwd=place)
            source = next(place.glob("*/zstd/zstd.c"))
            source.write_text(_edited(source.read_text(), more))
            tree = place / "tree"
            (tree / "bin").mkdir(parents=True)
            program = str(tree / "bin/program")
            run("cc", "-O2", "-s", "-rdynamic", "-o", program, source.name, cwd=source.parent)
            pack(tree, out)

    return stored(f"program-{age}", build)


def _edited(text: str, more: str) -> str:
    """Return the source as a program, with ``more`` in the middle of it."""
    begins = "ZSTD_outBuffer* output, ZSTD_inBuffer* input)\n{"
    at = text.index(begins, text.index("\nsize_t ZSTD_compressStream(")) + len(begins)
    main = "\nint main(int c, char **v) { return (int)ZSTD_versionNumber() + c + (v == 0); }\n"
    return f"#include <stdio.h>\n#include <stdlib.h>\n{text[:at]}{more}{text[at:]}{main}"


def squashed(*layers: StoredLayer) -> StoredLayer:
    """Several layers as one, in their order."""
    name = "squashed-" + "-".join(layer.digest[:6] for layer in layers)

    def build(out: Path) -> None:
        with workshop() as tree:
            for layer in layers:
                run("tar", "-xf", str(layer.path), "-C", str(tree))
            pack(tree, out)

    return stored(name, build)


def page(text: str) -> StoredLayer:
    """A small layer with a few files, one of which has the line ``text``."""
    files = {f"srv/{number}.html": f"page {number}\n".encode() * 99 for number in range(20)}
    files["srv/index.html"] = f"first line\n{text}\nlast line\n".encode()
    return stored(f"page-{text}", partial(_write_files, files.items()))


def many_files(mib: int, line: str = "") -> StoredLayer:
    """A layer of ``mib`` MiB in files of 512 KiB; one in the middle has ``line`` more, if any.

    A compressor can make three quarters of it.
    """

    def files() -> Iterator[tuple[str, bytes]]:
        chance = random.Random(mib)
        for number in range(mib * 2):
            data = chance.randbytes(MIB // 4) + chance.randbytes(MIB // 8).hex().encode()
            if line and number == mib:
                data = data[: MIB // 3] + f"\n{line}\n".encode() + data[MIB // 3 :]
            yield f"share/part-{number // 64}/file-{number}", data

    return stored(f"files-{mib}{'-' if line else ''}{line}", lambda out: _write_files(files(), out))


def _write_files(files: Iterable[tuple[str, bytes]], out: Path) -> None:
    with tarfile.open(out, "w", format=tarfile.GNU_FORMAT) as tar:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), 0o644
            tar.addfile(info, io.BytesIO(data))


def large_file(megabytes: int, changed: bool = False) -> StoredLayer:
    """A layer of one file of noise; one byte in it differs when ``changed``."""

    def data(out: Path) -> None:
        chance = random.Random(megabytes)
        with workshop() as place:
            with (place / "data").open("wb") as file:
                for _ in range(megabytes):
                    file.write(chance.randbytes(10**6))
                if changed:
                    file.seek(megabytes * 10**6 // 2 + 123)
                    file.write(b"\x01")
            pack(place, out)

    return stored(f"file-{megabytes}{'-changed' if changed else ''}", data)
