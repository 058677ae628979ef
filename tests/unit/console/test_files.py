"""The console's files: whole, packed, in the package, and nothing foreign among them."""

import gzip
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from edd.console.files import FOLDER, VERSION, StaticFile, file_at, static_files
from edd.console.rules import PAGE_RULES

ROOT = Path(__file__).parents[3]
SOURCES = ROOT / "src/edd/console/static"
IMPORT = re.compile(r"""(?:from\s*|import\s*\(?\s*)["'](\.[^"']+)["']""")
BUDGET = 20_000


def page_file(path: str) -> StaticFile:
    found = file_at(path)
    assert found is not None
    return found


def imported(path: str) -> set[str]:
    """The modules that ``path`` names, by their paths, late ones left out."""
    text = re.sub(r"import\(.*?\)", "", static_files()[path].body.decode())
    return {
        str((SOURCES / path).parent.joinpath(name).resolve().relative_to(SOURCES))
        for name in IMPORT.findall(text)
    }


def first_page() -> set[str]:
    wanted = {"index.html", "style.css", "theme.js", "favicon.svg"}
    waiting = ["app.js", "pages/overview.js"]
    while waiting:
        path = waiting.pop()
        if path not in wanted:
            wanted.add(path)
            waiting += imported(path)
    return wanted


def test_the_first_page_is_small() -> None:
    files = first_page()

    assert "vendor/preact.mjs" in files
    assert "pages/logs.js" not in files
    assert sum(len(static_files()[path].packed) for path in files) < BUDGET


def test_a_packed_file_is_the_file() -> None:
    for file in static_files().values():
        assert gzip.decompress(file.packed) == file.body


def test_what_is_served_keeps_its_lines_where_they_are_in_the_source() -> None:
    source = (SOURCES / "live.js").read_bytes()
    served = static_files()["live.js"].body

    assert served.count(b"\n") == source.count(b"\n")
    assert b"/**" in source
    assert b"/**" not in served


@pytest.mark.parametrize("path", ["/", "/deployments/website/logs", "/no/such/page"])
def test_every_path_that_is_no_file_is_the_page(path: str) -> None:
    assert page_file(path) is static_files()["index.html"]


@pytest.mark.parametrize("path", ["app.css", "../files.py", "vendor/", "", "vendor/../app.js"])
def test_there_is_nothing_beside_the_files(path: str) -> None:
    assert file_at(FOLDER + path) is None


def test_the_pages_can_learn_their_own_version() -> None:
    assert json.loads(page_file(VERSION).body) == {"version": version("ed-daemon")}
    assert page_file(VERSION).media == "application/json"


def test_no_page_has_script_or_style_of_its_own() -> None:
    page = static_files()["index.html"].body.decode()

    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|\bstyle=", page) == []
    assert "unsafe" not in PAGE_RULES["Content-Security-Policy"]


@pytest.mark.parametrize("path", [path for path in static_files() if path.endswith("js")])
def test_every_module_that_is_imported_is_there(path: str) -> None:
    text = static_files()[path].body.decode()
    for name in IMPORT.findall(text):
        assert ((SOURCES / path).parent / name).resolve().is_file(), name


def test_no_module_makes_markup_of_text() -> None:
    own = [path for path in static_files() if not path.startswith("vendor/")]
    sinks = ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write")

    for path in own:
        assert [sink for sink in sinks if sink in static_files()[path].body.decode()] == [], path


def test_the_vendored_files_are_the_locked_ones() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts/vendor", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_changed_vendored_file_is_noticed(tmp_path: Path) -> None:
    for name in ("scripts/vendor", *(f"src/edd/console/static/vendor/{n}" for n in vendored())):
        target = tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((ROOT / name).read_bytes())
    changed = tmp_path / "src/edd/console/static/vendor/htm.mjs"
    changed.write_bytes(changed.read_bytes() + b" ")
    (changed.parent / "more.mjs").write_text("")

    done = subprocess.run(
        [sys.executable, tmp_path / "scripts/vendor", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout.splitlines() == ["not in vendor.json: more.mjs", "changed: htm.mjs"]


def vendored() -> list[str]:
    return [path.name for path in (SOURCES / "vendor").iterdir()]


def test_every_vendored_package_ships_its_licence() -> None:
    lock = json.loads((SOURCES / "vendor/vendor.json").read_text())

    for name, package in lock.items():
        assert f"LICENSE.{name.rpartition('/')[2]}" in package["files"]


def test_the_wheel_takes_every_file_of_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wheel = settings["tool"]["hatch"]["build"]["targets"]["wheel"]

    assert wheel == {"packages": ["src/edd"]}
    assert {str(p.relative_to(SOURCES)) for p in SOURCES.rglob("*") if p.is_file()} == set(
        static_files()
    )
