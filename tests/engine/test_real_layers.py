"""Layers of real packages, in two states each, come back byte for byte and cost what changed."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from edd.delta.zstd import compress
from tests.support.engine import ROOTS
from tests.support.packages import (
    bootstrap_debian,
    debian_mirror,
    debian_versions,
    install_with_npm,
    install_with_pip,
    pack_like_docker,
    unpack_debian,
    upgrade_debian,
)
from tests.unit.delta.patching import round_trip

PIP = "werkzeug==3.0.3 click==8.1.7 requests=={} jinja2=={}"
NPM = "express@{} lodash@4.17.21 debug@{}"
DEBIAN = ["perl-base", "tzdata", "bash", "coreutils", "sudo", "grep"]
Build = Callable[[Path], None]


@pytest.fixture
def roomy() -> Iterator[Path]:
    """A folder on a disk, where devices may be made; /tmp is often in memory and allows none."""
    with TemporaryDirectory(prefix="edd-layers-", dir=ROOTS) as folder:
        yield Path(folder)


def costs(tmp_path: Path, old: Build, new: Build) -> tuple[float, float]:
    """Return what part of the packed layer both kinds of patches are; both were applied."""
    layers = []
    for name, build in (("old", old), ("new", new)):
        build(tmp_path / name)
        layers.append(pack_like_docker(tmp_path / name))
    packed = len(compress(layers[1], 3))
    known, told = (round_trip(layers[1], layers[:1], content=content) for content in (True, False))
    return known / packed, told / packed


def test_a_pip_layer_with_two_packages_upgraded(tmp_path: Path) -> None:
    old, new = (
        PIP.format(*versions).split() for versions in (("2.31.0", "3.1.3"), ("2.32.3", "3.1.4"))
    )
    known, told = costs(
        tmp_path,
        lambda tree: install_with_pip(tree, old),
        lambda tree: install_with_pip(tree, new),
    )
    assert known < 0.05
    assert told < 0.25


def test_an_apt_layer_with_packages_upgraded(tmp_path: Path) -> None:
    if not shutil.which("apt-get"):
        pytest.skip("this machine has no apt")
    known = {name: versions for name, versions in debian_versions(DEBIAN).items() if versions}
    if not known:
        pytest.skip("apt knows no packages here: apt-get update")
    states = [[f"{name}={each[at]}" for name, each in known.items()] for at in (-1, 0)]
    place = tmp_path / "debs"
    costed = costs(
        tmp_path,
        lambda tree: unpack_debian(tree, states[0][:-1], place),
        lambda tree: unpack_debian(tree, states[1], place),
    )
    assert costed[0] < 0.25
    assert costed[1] < 0.5


def test_a_debootstrap_layer_with_packages_upgraded_and_one_more(roomy: Path) -> None:
    if os.geteuid() != 0 or not all(map(shutil.which, ("debootstrap", "apt-get"))):
        pytest.skip("debootstrap needs root, itself and apt")
    suite, mirror = debian_mirror()
    if not mirror:
        pytest.skip("apt knows no packages here: apt-get update")
    newest = [f"{name}={known[0]}" for name, known in debian_versions(DEBIAN).items() if known]

    def upgraded(tree: Path) -> None:
        upgrade_debian(roomy / "old", tree, newest, roomy / "debs")

    known, told = costs(roomy, lambda tree: bootstrap_debian(tree, suite, mirror), upgraded)
    assert known < 0.2
    assert told < 0.25


def test_an_npm_layer_with_two_packages_upgraded(tmp_path: Path) -> None:
    if not shutil.which("npm"):
        pytest.skip("this machine has no npm")
    old, new = (NPM.format(*each).split() for each in (("4.18.2", "4.3.4"), ("4.19.2", "4.3.5")))
    known, told = costs(
        tmp_path,
        lambda tree: install_with_npm(tree, old),
        lambda tree: install_with_npm(tree, new),
    )
    assert known < 0.25
    assert told < 0.25
