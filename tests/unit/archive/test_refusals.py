"""What is no image archive, or not the one it claims to be, is refused before it is complete."""

import asyncio
import bz2
import gzip
import lzma
import random
import tarfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edd.archive import ArchiveStream
from edd.archive.contents import MAX_KEPT, MAX_MEMBERS
from edd.archive.documents import MAX_DOCUMENT
from edd.errors import (
    AmbiguousArchiveError,
    ArchiveError,
    DigestMismatchError,
    DiskFullError,
    TooLargeError,
    TruncatedArchiveError,
    WrongPlatformError,
)
from edd.model.image import Platform
from tests.unit.archive import builders
from tests.unit.archive.builders import Entry, gz, tar_of, to_json, website, zst
from tests.unit.archive.reading import WANTED, accept, chunks, is_complete, loaded, refuse, send

SAVED = builders.docker_save_20(website())
LAYOUT = builders.oci_layout(website(), compress=gz)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b'{"json": true}' * 100,
        b"<html>" * 1000,
        b"\x7fELF" + bytes(10_000),
        random.Random(1).randbytes(10_000),
        gzip.compress(b"hello", mtime=0),
        gzip.compress(b"", mtime=0),
        zst(b"hello" * 1000),
        bytes(1024),
        bytes(10_240),
        tar_of([]),
        tar_of([Entry("etc/passwd", b"root")]),
        tar_of([Entry("manifest.json", b"[]")]),
        tar_of([Entry("index.json", b"{}"), Entry("oci-layout", b"{}")]),
    ],
)
def test_what_is_not_an_image_archive_is_refused(content: bytes) -> None:
    assert type(refuse(content)) is ArchiveError


@pytest.mark.parametrize(("magic", "name"), [(b"\xfd7zXZ\0", "xz"), (b"BZh91AY", "bzip2")])
def test_a_foreign_compression_is_named(magic: bytes, name: str) -> None:
    assert name in refuse(magic + bytes(5000)).detail


@pytest.mark.parametrize("pack", [bz2.compress, lzma.compress], ids=["bzip2", "xz"])
def test_a_layer_that_only_the_engine_would_unpack_is_refused(pack: builders.Compress) -> None:
    bomb = pack(bytes(4 << 20))
    for form in (builders.docker_save_20, builders.oci_layout):
        error = refuse(tar_of(form(website(layers=(bomb,)))))
        assert type(error) is ArchiveError
        assert "packed with" in error.detail


@pytest.mark.parametrize("entries", [SAVED, LAYOUT], ids=["docker", "oci"])
def test_an_archive_cut_anywhere_is_refused(entries: list[Entry]) -> None:
    archive = tar_of(entries).rstrip(b"\0")
    archive += bytes(-len(archive) % 512)
    cuts = [*range(512, len(archive), 512), *random.Random(1).sample(range(len(archive)), 60)]
    for cut in cuts:
        assert isinstance(refuse(archive[:cut]), ArchiveError | TruncatedArchiveError)
    assert isinstance(refuse(archive), TruncatedArchiveError)


@pytest.mark.parametrize("pack", [gz, zst], ids=["gzip", "zstd"])
def test_compressed_data_cut_anywhere_is_refused(pack: builders.Compress) -> None:
    packed = pack(tar_of(SAVED))
    for cut in (*range(4, len(packed), 37), len(packed) - 1):
        assert isinstance(refuse(packed[:cut]), TruncatedArchiveError)


@pytest.mark.parametrize(
    "archive",
    [
        tar_of(SAVED) + b"x",
        tar_of(SAVED) + tar_of(SAVED),
        tar_of(SAVED) + bytes(2 << 20),
        gz(tar_of(SAVED)) + b"garbage",
        gz(tar_of(SAVED)) + b"x",
        zst(tar_of(SAVED)) + b"garbage",
        zst(tar_of(SAVED)) + gz(tar_of(SAVED)),
    ],
)
def test_an_archive_that_goes_on_after_its_end_is_refused(archive: bytes) -> None:
    assert type(refuse(archive)) is ArchiveError


def test_damaged_compressed_data_is_refused() -> None:
    for packed in (gz(tar_of(SAVED)), zst(tar_of(SAVED))):
        damaged = bytearray(packed)
        damaged[len(packed) // 2] ^= 0xFF
        damaged[-3] ^= 0xFF
        assert isinstance(refuse(bytes(damaged)), ArchiveError)


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../x", "a/../../x", "blobs/../manifest.json", "x" * 600]
)
def test_a_forbidden_name_is_refused(name: str) -> None:
    assert "name" in refuse(tar_of([*SAVED, Entry(name, b"x")])).detail


@pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"S", b"Z"])
def test_devices_pipes_and_unknown_members_are_refused(kind: bytes) -> None:
    assert type(refuse(tar_of([Entry("device", kind=kind), *SAVED]))) is ArchiveError


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
@pytest.mark.parametrize(
    "target", ["/etc/passwd", "../../etc/passwd", "nowhere", "folder/link", ".", "", "a/../.."]
)
def test_a_link_that_is_not_to_a_blob_of_the_archive_is_refused(kind: bytes, target: str) -> None:
    link = Entry("folder/link", kind=kind, target=target)
    assert "link" in refuse(tar_of([*SAVED, link])).detail


@pytest.mark.parametrize("name", ["manifest.json", "config"])
def test_a_document_may_not_be_a_link(name: str) -> None:
    image = website()
    moved = [replace(one, name="real") if one.name.startswith(name) else one for one in SAVED]
    if name == "config":
        config = f"{builders.sha(image.config)}.json"
        moved = [replace(one, name="real") if one.name == config else one for one in SAVED]
        name = config
    refuse(tar_of([*moved, Entry(name, kind=tarfile.SYMTYPE, target="real")]))


def test_links_in_a_circle_are_refused() -> None:
    links = [Entry("a", kind=tarfile.SYMTYPE, target="b"), Entry("b", kind=b"2", target="a")]
    assert "link" in refuse(tar_of([*SAVED, *links])).detail


@pytest.mark.parametrize("entries", [SAVED, LAYOUT], ids=["docker", "oci"])
def test_every_part_that_is_needed_must_be_there(entries: list[Entry]) -> None:
    for entry in entries:
        spare = entry.name.endswith(("/VERSION", "/json")) or entry.kind == tarfile.DIRTYPE
        if not spare and entry.name not in {"repositories", "oci-layout"}:
            assert isinstance(refuse(tar_of(builders.without(entries, entry.name))), ArchiveError)


def test_a_bit_changed_in_any_layer_or_configuration_is_found() -> None:
    for form in (SAVED, LAYOUT, builders.docker_save_25(website())):
        for entry in form:
            needed = "layer.tar" in entry.name or "blobs/" in entry.name
            if needed or entry.name == f"{builders.sha(website().config)}.json":
                content = entry.content[:-1] + bytes([entry.content[-1] ^ 1])
                error = refuse(tar_of(builders.replaced(form, entry.name, content)))
                assert isinstance(error, DigestMismatchError | ArchiveError)


def test_an_engine_that_verifies_layers_is_left_the_plain_ones_and_nothing_else() -> None:
    trusting = msgspec.structs.replace(WANTED, engine_verifies_layers=True)
    for pack in (builders.plain, gz):
        form = builders.oci_layout(website(), compress=pack)
        blobs = {builders.sha(pack(layer)): layer for layer in website().layers}
        for entry in form:
            content = entry.content[:-1] + bytes([entry.content[-1] ^ 1]) if entry.content else b""
            damaged = tar_of(builders.replaced(form, entry.name, content))
            if entry.name.rpartition("/")[2] in blobs and pack is builders.plain:
                passed = send(damaged, trusting)
                assert passed.error is None
                with pytest.raises(AssertionError):
                    loaded(bytes(passed.output))  # as the engine would refuse it
            elif entry.name.startswith("blobs/sha256/"):
                assert isinstance(refuse(damaged, trusting), DigestMismatchError | ArchiveError)


def test_plain_layers_spend_the_allowance_whoever_hashes_them() -> None:
    layers = (builders.layer(noise=bytes(600_000)), gz(builders.layer(more=bytes(600_000))))
    archive = tar_of(builders.docker_save_20(website(layers=layers)))
    tight = msgspec.structs.replace(WANTED, engine_verifies_layers=True, max_bytes=1_000_000)
    assert len(archive) < tight.max_bytes
    assert isinstance(refuse(archive, tight), TooLargeError)


def test_a_layer_of_another_image_is_found() -> None:
    mine, other = website("1"), website("2")
    lying = replace(mine, layers=other.layers)
    saved = builders.docker_save_20(lying)
    name = f"{builders.sha(lying.config)}.json"
    entries = [
        replace(one, name=f"{builders.sha(mine.config)}.json", content=mine.config)
        if one.name == name
        else replace(
            one, content=one.content.replace(name.encode(), f"{mine.id[7:]}.json".encode())
        )
        for one in saved
    ]
    assert isinstance(refuse(tar_of(entries)), DigestMismatchError)


@pytest.mark.parametrize("compress", [gz, zst], ids=["gzip", "zstd"])
def test_a_compressed_layer_is_checked_against_its_diff_id(
    tmp_path: Path, compress: builders.Compress
) -> None:
    image = website()
    lying = replace(image, layers=(*image.layers[:2], builders.layer(page=b"other")))
    config, truth = builders.descriptor(lying.config), builders.descriptor(image.config)
    entries = []
    for one in builders.oci_layout(lying, compress=compress):
        manifest = builders.oci_manifest(lying, compress)
        swapped = manifest.replace(config["digest"].encode(), truth["digest"].encode())
        if one.content == lying.config:
            entries.append(builders.blob(image.config))
        elif one.content == manifest:
            entries.append(builders.blob(swapped))
        elif one.name == "index.json":
            entries += builders.oci_head([builders.descriptor(swapped)])[:1]
        else:
            entries.append(one)
    wanted = msgspec.structs.replace(WANTED, spool_dir=tmp_path)
    assert isinstance(refuse(tar_of(entries), wanted), DigestMismatchError)


def test_a_size_that_is_not_the_descriptors_is_found() -> None:
    index = next(one for one in LAYOUT if one.name == "index.json")
    lying = index.content.replace(b'"size": ', b'"size": 1')
    entries = builders.replaced(LAYOUT, "index.json", lying)
    assert isinstance(refuse(tar_of(entries)), DigestMismatchError)


def test_the_number_of_layers_must_be_the_configurations() -> None:
    manifest = next(one for one in SAVED if one.name == "manifest.json")
    saved = msgspec.json.decode(manifest.content)
    saved[0]["Layers"].append(saved[0]["Layers"][0])
    error = refuse(tar_of(builders.replaced(SAVED, "manifest.json", to_json(saved))))
    assert "layers" in error.detail


@pytest.mark.parametrize("form", [builders.docker_save_20, builders.oci_layout])
def test_another_platform_is_refused_and_both_are_named(form: builders.Form) -> None:
    error = refuse(tar_of(form(website(architecture="arm64", variant="v8"))))
    assert isinstance(error, WrongPlatformError)
    assert "linux/amd64" in error.detail
    assert "linux/arm64/v8" in error.detail
    assert error.advice.endswith("docker build --platform linux/amd64.")


def test_an_index_without_the_hosts_platform_is_refused() -> None:
    images = [website(architecture="arm64"), website(os="windows")]
    wanted = msgspec.structs.replace(WANTED, platform=Platform("linux", "riscv64"))
    error = refuse(tar_of(builders.oci_multi_platform(*images)), wanted)
    assert isinstance(error, WrongPlatformError)
    assert error.data["image"] == ["linux/arm64", "windows/amd64"]


@pytest.mark.parametrize("form", [builders.docker_save_20, builders.oci_layout])
def test_several_images_without_one_for_the_deployment_are_refused(form: builders.Form) -> None:
    images = [website("1", tags=("postgres:16",)), website("2", tags=("redis:7",))]
    error = refuse(tar_of(form(*images)))
    assert isinstance(error, AmbiguousArchiveError)
    assert "postgres:16" in error.detail
    assert "redis:7" in error.detail


def test_several_images_for_the_deployment_are_refused() -> None:
    images = [website("1", tags=("website:1",)), website("2", tags=("website:2",))]
    assert isinstance(refuse(tar_of(builders.docker_save_20(*images))), AmbiguousArchiveError)
    untagged = [website("1", tags=()), website("2", tags=())]
    assert isinstance(refuse(tar_of(builders.docker_save_20(*untagged))), AmbiguousArchiveError)


def test_another_images_platform_does_not_decide_which_is_meant() -> None:
    images = [website(tags=("a:1",)), website(tags=("b:1",), architecture="arm64")]
    assert isinstance(refuse(tar_of(builders.docker_save_20(*images))), AmbiguousArchiveError)


@pytest.mark.parametrize(
    "content",
    [
        b"not json",
        b'{"Config": "x"}',
        b'[{"Config": 1}]',
        b"[" * 200_000,
        b'[{"Config":"x","Extra":' + b'{"a":' * 200_000,
        b'[{"Config":"\xff\xfe"}]',
        b'[{"Config":"../../etc/passwd","Layers":[]}]',
        b"[" + b" " * MAX_DOCUMENT + b"]",
        b"",
    ],
)
def test_a_manifest_that_cannot_be_read_is_refused(content: bytes) -> None:
    entries = builders.replaced(SAVED, "manifest.json", content)
    assert isinstance(refuse(tar_of(entries)), ArchiveError)


def test_indexes_nested_too_deep_or_in_plenty_are_refused() -> None:
    content = to_json({"manifests": []})
    entries = []
    for _ in range(8):
        entries.append(builders.blob(content))
        child = builders.descriptor(content, "image.index.v1+json")
        content = to_json({"manifests": [child] * 40})
    refuse(tar_of([*entries, Entry("index.json", content)]))


def test_too_many_members_are_refused() -> None:
    entries = [Entry(f"{number}", b"") for number in range(MAX_MEMBERS + 1)]
    assert "members" in refuse(tar_of(entries)).detail


def test_documents_in_plenty_are_not_kept() -> None:
    junk = [Entry(f"{number}", b"{" + bytes(3 << 20)) for number in range(12)]
    wanted = msgspec.structs.replace(WANTED, max_bytes=1 << 30)
    passed = accept(tar_of([*junk, *SAVED]), wanted)
    assert len(passed.output) > 12 * (3 << 20) - MAX_KEPT


def test_an_archive_over_the_limit_is_refused_as_soon_as_a_header_says_so() -> None:
    info = tarfile.TarInfo("layer.tar")
    info.size = 100 << 30
    error = refuse(info.tobuf() + bytes(1000))
    assert isinstance(error, TooLargeError)
    assert error.data["limit"] == WANTED.max_bytes


@pytest.mark.parametrize("pack", [builders.plain, gz, zst], ids=["plain", "gzip", "zstd"])
def test_an_archive_over_the_limit_is_refused_unpacked_too(pack: builders.Compress) -> None:
    archive = tar_of([Entry(f"{number}", bytes(1 << 20)) for number in range(8)])
    wanted = msgspec.structs.replace(WANTED, max_bytes=4 << 20)
    passed = send(pack(archive), wanted)
    assert isinstance(passed.error, TooLargeError)
    assert len(passed.output) <= 4 << 20


@pytest.mark.parametrize("compress", [gz, zst], ids=["gzip", "zstd"])
@pytest.mark.parametrize("mib", [4, 64], ids=["small", "large"])
def test_a_layer_that_unpacks_over_the_limit_is_refused(
    tmp_path: Path, compress: builders.Compress, mib: int
) -> None:
    packed = compress(bytes(4 << 20)) * (mib // 4)
    wanted = msgspec.structs.replace(WANTED, max_bytes=3 << 20, spool_dir=tmp_path)
    assert isinstance(refuse(tar_of([Entry("layer", packed)]), wanted), TooLargeError)


def test_a_spool_that_cannot_be_written_is_a_disk_problem(tmp_path: Path) -> None:
    archive = tar_of(builders.oci_layout(website(), compress=zst))
    wanted = msgspec.structs.replace(WANTED, spool_dir=tmp_path / "absent")
    assert isinstance(refuse(archive, wanted), DiskFullError)
    full = msgspec.structs.replace(WANTED, spool_dir=None)
    assert isinstance(refuse(archive, full), ArchiveError)


def test_a_sender_that_vanishes_is_not_hidden() -> None:
    async def vanishing() -> AsyncIterator[bytes]:
        async for chunk in chunks(tar_of(SAVED)[:9000], [1000]):
            yield chunk
        raise ConnectionResetError

    output = bytearray()

    async def read() -> None:
        async for piece in ArchiveStream(vanishing(), WANTED):
            output.extend(piece)

    with pytest.raises(ConnectionResetError):
        asyncio.run(read())
    assert not is_complete(bytes(output))


def test_a_reader_that_stops_leaves_nothing_behind(tmp_path: Path) -> None:
    noise = random.Random(1).randbytes(5 << 20)
    archive = tar_of(builders.oci_layout(website(layers=(noise,)), compress=zst))
    wanted = msgspec.structs.replace(WANTED, spool_dir=tmp_path)

    async def read() -> None:
        stream = ArchiveStream(chunks(archive, [1 << 16]), wanted)
        await anext(stream)
        await stream.aclose()

    asyncio.run(read())
    assert list(tmp_path.iterdir()) == []


def test_a_cancelled_reader_leaves_nothing_behind() -> None:
    archive = gz(tar_of([Entry("layer", bytes(30 << 20))]))

    async def read() -> None:
        async for _ in ArchiveStream(chunks(archive, [1 << 12]), WANTED):
            await asyncio.sleep(0)

    async def cancel() -> None:
        for delay in (0.0, 0.001, 0.01, 0.02):
            task = asyncio.create_task(read())
            await asyncio.sleep(delay)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(cancel())
