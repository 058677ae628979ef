"""Containers with files of hostile names, and without a shell."""

import io
import re
import shutil
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from tests.support.engine import TestEngine
from tests.support.images import Image, files_layer

MARKUP = "<img src=x onerror=alert(1)><script>"

NAMES = {
    b"a b": "a b",
    b"new\nline": "new\\nline",
    b"end\n": "end\\n",
    b"tab\tx": "tab\\tx",
    b"q\"uo'te": "q\"uo'te",
    b"$(touch x)": "$(touch x)",
    b"`id`;&|": "`id`;&|",
    b"-rf": "-rf",
    b"bad\xff\xfe": "bad\ufffd\ufffd",
    b".hidden": ".hidden",
    b"..odd": "..odd",
    b"\xc3\xbcml\xc3\xa4ut": "ümläut",
    b"\xe2\x80\xaerevo": "\\u202erevo",
    MARKUP.encode(): MARKUP,
}
"""Names as a container has them, and as they are shown."""

PROGRAMS = ("dash", "stat", "readlink", "mv", "rm", "sleep", "ls")


def gnu_image() -> Image:
    """An image with the shell and the tools of this machine instead of busybox."""
    files: dict[str, bytes] = {}
    for name in PROGRAMS:
        path = shutil.which(name)
        assert path is not None
        files[f"bin/{name}"] = Path(path).resolve().read_bytes()
        told = subprocess.run(["ldd", path], capture_output=True, text=True, check=True).stdout
        for found in re.findall(r"(/\S+) \(0x", told):
            files[found.lstrip("/")] = Path(found).read_bytes()
    files["bin/sh"] = files["bin/dash"]
    return Image(
        ["gnu:1"],
        {"Cmd": ["/bin/sleep", "100000"], "Env": ["PATH=/bin"]},
        [files_layer(files, 0o755)],
    )


def bare_image() -> Image:
    """An image that holds one program, which is no shell by its name."""
    busybox = shutil.which("busybox")
    assert busybox is not None
    layer = files_layer({"sleep": Path(busybox).read_bytes(), "etc/note": b"kept"}, 0o755)
    return Image(["bare:1"], {"Cmd": ["/sleep", "100000"], "Env": ["PATH=/nowhere"]}, [layer])


def packed(folder: str) -> bytes:
    """A tar archive of ``folder`` with `NAMES` in it, a folder and links."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", errors="surrogateescape") as tar:

        def add(name: str, content: bytes = b"", **facts: Any) -> None:
            info = tarfile.TarInfo(f"{folder}/{name}" if name else folder)
            info.size = len(content)
            info.uid = info.gid = 1234
            for fact, value in facts.items():
                setattr(info, fact, value)
            tar.addfile(info, io.BytesIO(content))

        add("", type=tarfile.DIRTYPE, mode=0o755)
        add("sub", type=tarfile.DIRTYPE, mode=0o755)
        add("sub/bad\udcff", type=tarfile.DIRTYPE, mode=0o700)
        add("sub/bad\udcff/inside", b"inside")
        for name in NAMES:
            add(name.decode(errors="surrogateescape"), name, mode=0o640)
        add("link", type=tarfile.SYMTYPE, linkname="sub")
        add("dead", type=tarfile.SYMTYPE, linkname="/no where")
    return stream.getvalue()


def files_in(engine: TestEngine, name: str, path: str) -> dict[str, bytes]:
    """What is in a folder, by names with surrogates for bytes that are no text; folders end so."""
    done = subprocess.run(
        ["docker", "cp", f"{name}:{path}", "-"],
        env=engine.environment,
        capture_output=True,
        check=True,
    )
    found = {}
    with tarfile.open(fileobj=io.BytesIO(done.stdout), errors="surrogateescape") as tar:
        for member in tar.getmembers():
            body = tar.extractfile(member) if member.isfile() else None
            inner = member.name.partition("/")[2] + ("/" if member.isdir() else "")
            found[inner] = body.read() if body else b""
    return found
