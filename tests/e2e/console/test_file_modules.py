"""What the page's own modules make of archives and listings, without a container."""

import io
import tarfile
from typing import Any

import pytest

from tests.e2e.console.conftest import Site, Visit

TAR = """async () => {
  const { archive } = await import("/static/tar.js");
  const { ofText } = await import("/static/paths.js");
  const block = new Blob([new Uint8Array(64 << 20)]);
  const huge = new Blob(Array(130).fill(block));
  const one = { mode: 0o644, mtime: 1700000000, uid: 1000, gid: 3000000 };
  const small = archive([
    { ...one, name: "plain", file: new Blob(["content"]) },
    { ...one, name: ofText("ü".repeat(90)), file: new Blob(["more"]) },
    { ...one, name: "folder", mode: 0o755 },
  ]);
  const large = archive([{ ...one, name: "huge", file: huge }]).slice(0, 2048);
  const bytes = async (blob) => [...new Uint8Array(await blob.arrayBuffer())];
  return [await bytes(small), await bytes(large)];
}"""


def test_an_archive_that_the_page_makes_is_one(visit: Visit, site: Site) -> None:
    page = visit().page()
    page.goto(site.url)

    small, large = (bytes(each) for each in page.evaluate(TAR))
    with tarfile.open(fileobj=io.BytesIO(small)) as tar:
        plain, long, folder = tar.getmembers()
        assert (plain.name, plain.uid, plain.gid, plain.mtime) == (
            "plain",
            1000,
            3000000,
            1700000000,
        )
        assert (long.name, folder.isdir(), folder.mode) == ("ü" * 90, True, 0o755)
        body = tar.extractfile(long)
        assert body is not None
        assert body.read() == b"more"
    with tarfile.open(fileobj=io.BytesIO(large)) as tar:
        first = tar.next()
        assert first is not None
        assert (first.name, first.size) == ("huge", 130 * (64 << 20))


READ = """async ([bytes, most]) => {
  const { firstFile } = await import("/static/tar.js");
  const stream = new Blob([new Uint8Array(bytes)]).stream();
  const found = await firstFile(stream, most);
  return found && [found.name, await found.blob.text()];
}"""


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_file_is_taken_out_of_its_archive(visit: Visit, site: Site, form: int) -> None:
    page = visit().page()
    page.goto(site.url)

    def made(kind: bytes = tarfile.REGTYPE) -> list[int]:
        info = tarfile.TarInfo("n" * 90 + "é")
        info.size, info.type = (4 if kind == tarfile.REGTYPE else 0), kind
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w", format=form, encoding="utf-8") as tar:
            tar.addfile(info, io.BytesIO(b"body"))
        return list(stream.getvalue())

    assert page.evaluate(READ, [made(), 100])[1] == "body"
    assert page.evaluate(READ, [made(), 3]) is None
    assert page.evaluate(READ, [made(tarfile.DIRTYPE), 100]) is None
    assert page.evaluate(READ, [made()[:514], 100]) is None
    assert page.evaluate(READ, [[], 100]) is None


LINE = "81a4 {size} 1 0 0 u g ./{name}\n"


def batch(lines: str, *names: str) -> str:
    """What the script prints of some entries: what stat says, their number, and their names."""
    return "\0".join([lines, str(len(names)), *(f"./{name}" for name in names), ""])


A, B = LINE.format(size=5, name="a"), LINE.format(size=6, name="b")
FORGED = f"a\n{B.strip()}"
"""A name that has what stat says of another file in it."""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", None),
        ("sh: not found\n", None),
        ("0 0\x000\0", []),
        ("0 0\x002\0" + batch(A + B, "a", "b"), [["a", 5], ["b", 6]]),
        ("0 0\x002\0" + batch(A, "a") + batch(B, "b"), [["a", 5], ["b", 6]]),
        ("0 0\x002\0" + batch(B, "a", "b"), [["a", None], ["b", 6]]),
        ("0 0\x002\0" + batch(A + B, "a", "b")[:-2], [["a", 5]]),
        ("0 0\x002\0" + A, []),
        ("0 0\x001\0" + batch(LINE.format(size=5, name=FORGED), FORGED), [[FORGED, 5]]),
    ],
    ids=["nothing", "strange", "empty", "whole", "batches", "vanished", "cut", "short", "forged"],
)
def test_a_listing_is_read_as_far_as_it_came(
    visit: Visit, site: Site, text: str, found: list[list[Any]] | None
) -> None:
    page = visit().page()
    page.goto(site.url)

    got = page.evaluate(
        """text => import("/static/files/listing.js").then(({ parsed }) =>
        parsed(text)?.entries.map(({ name, size }) => [name, size ?? null]) ?? null)""",
        text,
    )
    assert got == found
