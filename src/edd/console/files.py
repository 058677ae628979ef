"""The console's files, read once from the package, packed and named by their content."""

import gzip
import hashlib
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from importlib.resources.abc import Traversable

import msgspec
from msgspec import Struct

MEDIA = {
    "css": "text/css; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "mjs": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
"""The type of a file by its name's end; a file of another kind is a text and nothing else."""

FOLDER = "/static/"
"""Where the files are; every other path belongs to a page."""

VERSION = f"{FOLDER}version.json"
"""What the pages know their own version by: they come from a workstation, not from the host."""

_COMMENT = re.compile(rb"^[ \t]*(?:/\*(?:[^*]|\*(?!/))*\*/|//[^\n]*)$", re.MULTILINE)
"""A comment that has its lines to itself, in a script or a style sheet."""

_INDENT = re.compile(rb"^[ \t]+", re.MULTILINE)

_LOOSE = re.compile(rb"\s*([{};,])\s*|(:)\s+")
"""Room around what separates the parts of a style sheet."""


class StaticFile(Struct, frozen=True):
    """One file: its bytes, the same as gzip, its type, and an entity tag of its content."""

    body: bytes
    packed: bytes
    media: str
    tag: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return every file by its path below `FOLDER`. Reads the disk when it is first called."""
    return {path: _file(path, _lean(path, each)) for path, each in _walk(_folder(), "")}


def file_at(path: str) -> StaticFile | None:
    """Return what a browser gets at ``path``: a file, none, or the page that shows all paths."""
    if path == VERSION:
        return _version()
    if path.startswith(FOLDER):
        return static_files().get(path.removeprefix(FOLDER))
    return static_files()["index.html"]


@cache
def _version() -> StaticFile:
    return _file(VERSION, msgspec.json.encode({"version": version("ed-daemon")}))


def _folder() -> Traversable:
    return files("edd.console") / "static"


def _walk(folder: Traversable, above: str) -> Iterator[tuple[str, Traversable]]:
    for each in folder.iterdir():
        path = f"{above}{each.name}"
        if each.is_dir():
            yield from _walk(each, f"{path}/")
        else:
            yield path, each


def _lean(path: str, file: Traversable) -> bytes:
    """Return a file without what only its readers need; a script's lines keep their numbers."""
    body = file.read_bytes()
    if path.startswith("vendor/") or not path.endswith((".js", ".css")):
        return body
    uncommented = _COMMENT.sub(lambda found: b"\n" * found.group().count(b"\n"), body)
    lean = _INDENT.sub(b"", uncommented)
    return _LOOSE.sub(rb"\1\2", lean) if path.endswith(".css") else lean


def _file(path: str, body: bytes) -> StaticFile:
    media = MEDIA.get(path.rpartition(".")[2], "text/plain; charset=utf-8")
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return StaticFile(body, gzip.compress(body, 9, mtime=0), media, tag)
