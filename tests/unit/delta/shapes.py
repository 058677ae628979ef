"""Members of every shape that layers have, sound and odd, each made of a name and a content."""

from collections.abc import Callable

from tests.unit.delta.layers import header, summed

Shape = Callable[[bytes, bytes], bytes]
LONG = b"a-folder-with-a-long-name/" * 9
HOLE = 1 << 20


def member(kind: bytes, name: bytes, content: bytes, **fields: int) -> bytes:
    """Return a header and its content, filled with zeros."""
    size = fields.get("size", len(content))
    return header(name, size, kind) + content + bytes(-len(content) % 512)


def plain(name: bytes, content: bytes) -> bytes:
    return member(b"0", name, content)


def with_link(kind: bytes) -> Shape:
    def shape(name: bytes, content: bytes) -> bytes:
        link = header(name + b"-link", 0, kind, {157: name[:100]})
        return plain(name, content) + link

    return shape


def with_pax(kind: bytes, *records: tuple[str, bytes]) -> Shape:
    """Return a member behind a pax header of its own, or a global one."""

    def shape(name: bytes, content: bytes) -> bytes:
        told = b"".join(record(key, value) for key, value in records)
        return member(kind, b"PaxHeaders.0/" + name, told) + plain(name, content)

    return shape


def record(key: str, value: bytes) -> bytes:
    """Return a record of a pax header, which begins with its own length."""
    rest = b" %s=%s\n" % (key.encode(), value)
    size = len(rest) + len(str(len(rest)))
    size = len(rest) + len(str(size))
    return b"%d" % size + rest


def long_name(name: bytes, content: bytes) -> bytes:
    path = LONG + name + b"\0"
    return member(b"L", b"././@LongLink", path) + plain(path[:100], content)


def long_link(name: bytes, content: bytes) -> bytes:
    target, path = LONG + name + b"\0", LONG + name + b"-link\0"
    long = member(b"K", b"././@LongLink", target) + member(b"L", b"././@LongLink", path)
    link = header(path[:100], 0, b"2", {157: target[:100]})
    return long_name(name, content) + long + link


def large_size(name: bytes, content: bytes) -> bytes:
    """A member whose size is written in base-256, as for 8 GiB and more."""
    field = b"\x80" + len(content).to_bytes(11, "big")
    return header(name, 0, b"0", {124: field}) + content + bytes(-len(content) % 512)


def beyond_the_end(name: bytes, content: bytes) -> bytes:
    """A member that announces more than any disk holds."""
    return plain(name, content) + header(name, 1 << 60) + content


def negative_size(name: bytes, content: bytes) -> bytes:
    return plain(name, content) + header(name, 0, b"0", {124: b"\xff" * 12}) + content


def sparse_map(content: bytes) -> list[tuple[int, int]]:
    """Return places and lengths: pieces of the content, each behind a hole."""
    piece = max(len(content) // 6, 1)
    starts = range(0, len(content), piece)
    return [
        (start + (start // piece + 1) * HOLE, min(piece, len(content) - start)) for start in starts
    ]


def sparse_old(name: bytes, content: bytes) -> bytes:
    """GNU's old form: four pieces in the header, the others in a block behind it."""
    cells = [b"%011o\0%011o\0" % cell for cell in sparse_map(content)]
    first, others = cells[:4], cells[4:]
    more = {386: b"".join(first), 482: bytes([bool(others)]), 483: b"%011o\0" % (8 * HOLE)}
    extension = b"".join(others).ljust(512, b"\0") if others else b""
    head = header(name, len(content), b"S", more)
    return head + extension + content + bytes(-len(content) % 512)


def sparse_0_0(name: bytes, content: bytes) -> bytes:
    cells = sparse_map(content)
    records = [
        ("GNU.sparse.size", b"%d" % (8 * HOLE)),
        ("GNU.sparse.numblocks", b"%d" % len(cells)),
    ]
    for at, count in cells:
        records += [("GNU.sparse.offset", b"%d" % at), ("GNU.sparse.numbytes", b"%d" % count)]
    return with_pax(b"x", *records)(name, content)


def sparse_0_1(name: bytes, content: bytes) -> bytes:
    cells = sparse_map(content)
    told = b",".join(b"%d,%d" % cell for cell in cells)
    size = ("GNU.sparse.size", b"%d" % (8 * HOLE))
    records = [size, ("GNU.sparse.name", name), ("GNU.sparse.map", told)]
    return with_pax(b"x", *records)(b"GNUSparseFile.0/" + name, content)


def sparse_1_0(name: bytes, content: bytes) -> bytes:
    """The newest form: the map is the beginning of the content."""
    cells = sparse_map(content)
    told = b"%d\n" % len(cells) + b"".join(b"%d\n%d\n" % cell for cell in cells)
    told += bytes(-len(told) % 512)
    version = [("GNU.sparse.major", b"1"), ("GNU.sparse.minor", b"0"), ("GNU.sparse.name", name)]
    size = ("GNU.sparse.realsize", b"%d" % (8 * HOLE))
    return with_pax(b"x", *version, size)(b"GNUSparseFile.0/" + name, told + content)


def whiteouts(name: bytes, content: bytes) -> bytes:
    gone = header(b"folder/.wh." + name, 0) + header(b"folder/.wh..wh..opq", 0)
    return plain(name, content) + gone


def device(name: bytes, content: bytes) -> bytes:
    return plain(name, content) + header(name, 0, b"3", {329: b"0000001\0", 337: b"0000003\0"})


def equal_files(name: bytes, content: bytes) -> bytes:
    return b"".join(plain(b"%s-%d" % (name, number), content) for number in range(40))


def dirty_fill(name: bytes, content: bytes) -> bytes:
    """A member whose last block is filled with something else than zeros."""
    return header(name, len(content)) + content + b"\xa5" * (-len(content) % 512)


def summed_as(form: bytes, *, signed: bool = False) -> Shape:
    """Return a member whose checksum is written another way than tar's usual one."""

    def shape(name: bytes, content: bytes) -> bytes:
        block = header(name, len(content))
        total = sum(block) - sum(block[148:156]) + 256
        if signed:
            total -= 256 * sum(byte > 127 for byte in block)
        return block[:148] + form % total + block[156:] + content + bytes(-len(content) % 512)

    return shape


def wrong_sum(name: bytes, content: bytes) -> bytes:
    return header(name, len(content)).replace(b"0000644", b"0000755", 1) + content


def zero_header(name: bytes, content: bytes) -> bytes:
    return plain(name, content) + bytes(512) + plain(name, content)


def old_tar(name: bytes, content: bytes) -> bytes:
    """A member of the seventh edition's tar, which had no magic."""
    block = header(name, len(content), b"\0")
    return summed(block[:257] + bytes(255)) + content + bytes(-len(content) % 512)


SHAPES: dict[str, Shape] = {
    "plain": plain,
    "hard link": with_link(b"1"),
    "symbolic link": with_link(b"2"),
    "sparse, GNU": sparse_old,
    "sparse, pax 0.0": sparse_0_0,
    "sparse, pax 0.1": sparse_0_1,
    "sparse, pax 1.0": sparse_1_0,
    "capability": with_pax(b"x", ("SCHILY.xattr.security.capability", b"\x01\0\0\x02\0\x20" * 3)),
    "empty xattr": with_pax(b"x", ("SCHILY.xattr.user.empty", b"")),
    "lines in an xattr": with_pax(b"x", ("SCHILY.xattr.user.text", b"9 a=b\n=\n\n")),
    "large xattr": with_pax(b"x", ("SCHILY.xattr.user.large", bytes(range(256)) * 256)),
    "many xattrs": with_pax(b"x", *((f"SCHILY.xattr.user.n{n}", b"v" * n) for n in range(300))),
    "xattr of libarchive": with_pax(b"x", ("LIBARCHIVE.xattr.user.name", b"dmFsdWU")),
    "acl": with_pax(b"x", ("SCHILY.acl.access", b"user::rw-,group::r--,other::r--")),
    "pax path and link": with_pax(b"x", ("path", LONG), ("linkpath", LONG)),
    "pax size": with_pax(b"x", ("size", b"1024")),
    "pax times": with_pax(b"x", ("mtime", b"1700000000.123456789"), ("atime", b"-1.5")),
    "pax lies": with_pax(b"x", ("size", b"99999999999999999999"), ("path", b"")),
    "global header": with_pax(b"g", ("comment", b"0123456789abcdef" * 4)),
    "broken pax header": lambda name, content: member(b"x", b"x", b"999 a=") + plain(name, content),
    "long name": long_name,
    "long link": long_link,
    "size in base-256": large_size,
    "size beyond the end": beyond_the_end,
    "negative size": negative_size,
    "whiteouts": whiteouts,
    "device": device,
    "equal files": equal_files,
    "dirty filling": dirty_fill,
    "seven-digit sum": summed_as(b"%07o\0"),
    "sum behind spaces": summed_as(b"%6o\0 "),
    "sum, then a space": summed_as(b"%06o \0"),
    "signed sum": summed_as(b"%06o\0 ", signed=True),
    "wrong sum": wrong_sum,
    "zeros between": zero_header,
    "old tar": old_tar,
}

ENDS: dict[str, bytes] = {
    "end": bytes(1024),
    "none": b"",
    "half": bytes(512),
    "odd": bytes(777),
    "record": bytes(10240),
    "junk": bytes(1024) + b"junk after the end" * 40,
    "another tar": bytes(1024) + plain(b"another", b"content") + bytes(1024),
}
