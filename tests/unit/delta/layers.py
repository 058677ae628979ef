"""Layers of every kind that builders write, and damaged ones."""

import io
import tarfile
from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

TYPES = [
    tarfile.REGTYPE,
    tarfile.DIRTYPE,
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.FIFOTYPE,
    tarfile.REGTYPE,
    tarfile.REGTYPE,
]
NAMES = [
    "etc/passwd",
    "usr/.wh.gone",
    "usr/lib/.wh..wh..opq",
    "usr/lib/python3/site-packages/module-1.2.3.dist-info/RECORD",
    "usr/lib/python3/site-packages/module-1.2.4.dist-info/RECORD",
    "usr/lib/x.cpython-311.pyc",
    "n" * 120,
    "d" * 90 + "/" + "n" * 90,
    "deep/" * 60 + "file",
    "grüße/ünicode",
    "bin/program",
]


class Layer(bytes):
    """A layer that is shown by its length, not by its bytes."""

    def __repr__(self) -> str:
        return f"<layer of {len(self)} bytes>"


def tar_of(
    files: Iterable[tuple[str, bytes]], form: int = tarfile.GNU_FORMAT, mtime: float = 0
) -> bytes:
    """Return a tar of regular files."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(content), mtime
            tar.addfile(info, io.BytesIO(content))
    return out.getvalue()


def contents() -> st.SearchStrategy[bytes]:
    """Return contents of which many are alike, and some are long."""
    stem = b"".join(b"line %d of a file that has many\n" % line for line in range(1200))
    cut = st.tuples(st.integers(0, 1200), st.integers(0, 40000), st.binary(max_size=40))
    similar = cut.map(lambda c: stem[c[0] :][: c[1]] + c[2] + stem[c[1] :])
    compiled = st.binary(min_size=14, max_size=14).map(lambda head: head[:2] + b"\r\n" + head[2:])
    return st.one_of(
        st.just(b""),
        st.binary(max_size=1200),
        similar,
        st.just(stem),
        compiled.map(lambda head: head + stem[:5000]),
    )


@st.composite
def members(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(st.sampled_from(NAMES)))
    info.type = draw(st.sampled_from(TYPES))
    info.mode = draw(st.sampled_from([0o644, 0o755, 0o4755]))
    info.uid = draw(st.sampled_from([0, 0, 1000, 3_000_000]))
    info.mtime = draw(st.sampled_from([0, 1_700_000_000, 1_700_000_001, 1_700_000_000.25]))
    if info.type in (tarfile.SYMTYPE, tarfile.LNKTYPE):
        info.linkname = draw(st.sampled_from(NAMES))
    if draw(st.integers(0, 5)) == 0:
        info.pax_headers = {"SCHILY.xattr.security.capability": "\x01\x00\x02"}
    content = draw(contents()) if info.type == tarfile.REGTYPE else b""
    info.size = len(content)
    return info, content


@st.composite
def layers(draw: st.DrawFn) -> bytes:
    """Draw a tar in one of the three formats, with members of every kind."""
    form = draw(st.sampled_from([tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.PAX_FORMAT]))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for info, content in draw(st.lists(members(), max_size=8)):
            tar.addfile(info, io.BytesIO(content))
    return Layer(out.getvalue())


@st.composite
def mangled(draw: st.DrawFn, sound: st.SearchStrategy[bytes]) -> bytes:
    """Draw a layer as it is, cut short, without its end, with something behind it, or damaged."""
    layer = draw(sound)
    how = draw(st.sampled_from(["", "", "", "cut", "endless", "garbage", "damage", "base256"]))
    at = draw(st.integers(0, len(layer)))
    if how == "cut":
        return Layer(layer[:at])
    if how == "endless":
        return Layer(layer.rstrip(b"\0") + bytes(-len(layer.rstrip(b"\0")) % 512))
    if how == "garbage":
        return Layer(layer + draw(st.binary(max_size=700)))
    if how == "damage":
        after = layer[at + draw(st.integers(0, 9)) :]
        return Layer(layer[:at] + draw(st.binary(max_size=9)) + after)
    if how == "base256" and len(layer) >= 512:
        size = int(layer[124:135], 8) if layer[124:135].isdigit() else 0
        field = b"\x80" + size.to_bytes(11, "big")
        return Layer(summed(layer[:124] + field + layer[136:512]) + layer[512:])
    return layer


def header(name: bytes, size: int, kind: bytes = b"0", more: Mapping[int, bytes] = {}) -> bytes:
    """Return a GNU header; ``more`` are bytes by their place in it."""
    block = bytearray(512)
    block[: len(name[:100])] = name[:100]
    block[100:124] = b"0000644\0" + b"0000000\0" * 2
    block[124:136] = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    block[136:148] = b"14524520000\0"
    block[156:157], block[257:265] = kind, b"ustar  \0"
    for at, field in more.items():
        block[at : at + len(field)] = field
    return summed(bytes(block))


def summed(block: bytes) -> bytes:
    """Return a header with its checksum made right."""
    return block[:148] + b"%06o\0 " % (sum(block) - sum(block[148:156]) + 256) + block[156:]
