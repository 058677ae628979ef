"""Real packages in folders, as pip, apt, npm and debootstrap put them there; folders as layers."""

import io
import os
import platform
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

APART = ["env", "DPKG_FORCE=unsafe-io", "unshare", "--mount"]
"""What debootstrap mounts is gone with it, however it ends; nothing waits for the disk."""


def run(*command: str, cwd: Path | None = None) -> str:
    """Run a program and return what it printed."""
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def install_with_pip(tree: Path, packages: Sequence[str]) -> None:
    """Install packages and compile them; every file gets the time of now."""
    site = tree / "usr/lib/python3/site-packages"
    words = ["install", "-q", "--no-compile", "--only-binary=:all:", "--target", str(site)]
    run(sys.executable, "-m", "pip", *words, *packages)
    command = [sys.executable, "-m", "compileall", "-q", "-s", str(tree), "-p", "/", str(tree)]
    subprocess.run(command, check=False, capture_output=True)


def install_with_npm(tree: Path, packages: Sequence[str]) -> None:
    """Install packages and what they depend on."""
    place = tree / "srv/app"
    place.mkdir(parents=True)
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--ignore-scripts"]
    run("npm", "install", *quiet, "--prefix", str(place), *packages)


def unpack_debian(tree: Path, packages: Sequence[str], place: Path) -> None:
    """Fetch Debian packages, each ``name=version``, into ``place``, and unpack them."""
    place.mkdir(parents=True, exist_ok=True)
    run("apt-get", "download", *packages, cwd=place)
    for found in place.glob("*.deb"):
        run("dpkg-deb", "-x", str(found), str(tree))
        found.unlink()


def debian_versions(packages: Sequence[str]) -> dict[str, list[str]]:
    """Return the versions that apt knows of each package, the newest first; none of some."""
    known: dict[str, list[str]] = {package: [] for package in packages}
    for line in run("apt-cache", "madison", *packages).splitlines():
        name, version, _ = (word.strip() for word in line.split("|"))
        known[name].append(version)
    return known


def debian_mirror() -> tuple[str, str]:
    """Return this machine's own suite and where apt gets it from; empty where apt does not know."""
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    words = ["indextargets", "--format", "$(CODENAME) $(REPO_URI)", "Created-By: Packages"]
    known = dict(reversed([line.split() for line in run("apt-get", *words).splitlines()]))
    return suite, known.get(suite, "")


def bootstrap_debian(tree: Path, suite: str, mirror: str) -> None:
    """Make a minimal system, and tidy it as base images are. It needs root."""
    run(*APART, "debootstrap", "--variant=minbase", suite, str(tree), mirror)
    run(*APART, "chroot", str(tree), "apt-get", "clean")
    for found in (tree / "var/lib/apt/lists").glob("*_*"):
        found.unlink()


def upgrade_debian(old: Path, tree: Path, packages: Sequence[str], place: Path) -> None:
    """Copy a system and install Debian packages there, each ``name=version``; all becomes new."""
    run("cp", "--archive", str(old), str(tree))
    place.mkdir(parents=True, exist_ok=True)
    run("apt-get", "download", *packages, cwd=place)
    words = [f"--root={tree}", "--force-depends", "--install"]
    run(*APART, "dpkg", *words, *map(str, place.glob("*.deb")))
    for path in tree.rglob("*"):
        os.utime(path, follow_symlinks=False)


def pack(tree: Path, out: Path) -> None:
    """Write a folder as a layer, the way GNU tar and the builders that use it do."""
    order = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner"]
    run("tar", "--format=gnu", *order, "-cf", str(out), "-C", str(tree), ".")


def pack_like_docker(tree: Path) -> bytes:
    """Return a folder as a layer, as Docker does: pax, whole seconds, two blocks at the end."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in sorted(tree.rglob("*")):
            info = tar.gettarinfo(str(path), str(path.relative_to(tree)))
            info.mtime, info.uid, info.gid, info.uname, info.gname = int(info.mtime), 0, 0, "", ""
            if info.isreg():
                tar.addfile(info, io.BytesIO(path.read_bytes()))
            else:
                tar.addfile(info)
        end = tar.offset
    return out.getvalue()[:end] + bytes(1024)
