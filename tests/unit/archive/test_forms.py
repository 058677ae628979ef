"""Every form that image tools write is accepted, and nothing of the sender's gets through."""

import gzip
import io
import random
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from edd.archive import ArchiveStream
from edd.model.image import Platform
from tests.unit.archive import builders
from tests.unit.archive.builders import Entry, Image, gz, tar_of, website, zst
from tests.unit.archive.reading import WANTED, accept, chunks, send

Form = Callable[[Image], list[Entry]]

FORMS: dict[str, Form] = {
    "docker-save-20": builders.docker_save_20,
    "docker-save-25": builders.docker_save_25,
    "skopeo-docker-archive": builders.skopeo_docker_archive,
    "kaniko": builders.kaniko,
    "oci": builders.oci_layout,
    "oci-gzip": lambda image: builders.oci_layout(image, compress=gz),
    "oci-multi-platform": lambda image: builders.oci_multi_platform(
        replace(image, architecture="arm64"), image, replace(image, os="windows")
    ),
}

every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


@every_form
def test_every_form_is_accepted(form: Form) -> None:
    image = website()
    passed = accept(tar_of(form(image)))
    assert passed.image is not None
    assert passed.image.config == image.id
    assert passed.image.platform == Platform("linux", "amd64")
    assert passed.image.layers == 3
    assert passed.image.layer_bytes == sum(map(len, image.layers))


@every_form
@pytest.mark.parametrize("pack", [gz, zst], ids=["gzip", "zstd"])
def test_every_form_is_accepted_compressed(form: Form, pack: Callable[[bytes], bytes]) -> None:
    archive = tar_of(form(website()))
    assert accept(pack(archive)).output == accept(archive).output


@every_form
def test_members_may_come_in_any_order(form: Form) -> None:
    image = website()
    entries = form(image)
    shuffler = random.Random(1)
    for _ in range(10):
        shuffler.shuffle(entries)
        assert accept(tar_of(entries)).image == accept(tar_of(form(image))).image


@every_form
def test_a_layer_larger_than_what_is_held_passes_through(form: Form) -> None:
    noise = random.Random(1).randbytes(5 << 20)
    image = website(layers=(builders.layer(noise=noise), builders.layer(page=b"x")))
    assert accept(tar_of(form(image))).image is not None


@every_form
def test_pax_headers_and_leading_dots_are_understood(form: Form) -> None:
    entries = [replace(entry, name=f"./{entry.name}") for entry in form(website())]
    assert accept(tar_of(entries, tarfile.PAX_FORMAT)).image


@pytest.mark.parametrize("style", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT], ids=["gnu", "pax"])
def test_long_names_are_understood(style: int) -> None:
    image = website()
    folder = "deep/" * 40
    layers = [f"{folder}{number}.tar" for number in range(3)]
    saved = [{"Config": f"{folder}config", "RepoTags": None, "Layers": layers}]
    entries = [
        Entry("manifest.json", builders.to_json(saved)),
        Entry(f"{folder}config", image.config),
        *(Entry(name, content) for name, content in zip(layers, image.layers, strict=True)),
    ]
    assert accept(tar_of(entries, style)).image


def test_gzip_members_and_zstd_frames_may_follow_one_another() -> None:
    archive = tar_of(builders.docker_save_20(website()))
    parts = [archive[:700], archive[700:5000], archive[5000:]]
    assert accept(b"".join(map(gz, parts))).image
    skippable = b"\x50\x2a\x4d\x18\x04\x00\x00\x00abcd"
    assert accept(skippable + b"".join(map(zst, parts))).image


def test_zeros_after_gzip_data_are_padding() -> None:
    assert accept(gz(tar_of(builders.docker_save_20(website()))) + bytes(1000)).image


def test_an_untagged_image_is_accepted() -> None:
    assert accept(tar_of(builders.docker_save_20(website(tags=())))).image


def test_an_image_under_several_names_is_one_image() -> None:
    tags = ("postgres:16", "registry.example:5000/team/website:2", "x")
    assert accept(tar_of(builders.docker_save_20(website(tags=tags)))).image


@pytest.mark.parametrize("form", [builders.docker_save_20, builders.docker_save_25])
@pytest.mark.parametrize(
    "tag", ["website:2", "registry:5000/shop/website", "ed_website:latest", "docker.io/website@x"]
)
def test_of_several_images_the_one_named_for_the_deployment_is_taken(
    form: Callable[..., list[Entry]], tag: str
) -> None:
    mine = website("mine", tags=(tag,))
    others = [website("other", tags=("postgres:16",)), website("web", tags=("web/site:1",))]
    passed = accept(tar_of(form(others[0], mine, others[1])))
    assert passed.image is not None
    assert passed.image.config == mine.id


def test_the_best_variant_for_the_host_is_taken() -> None:
    variants = [website(architecture="arm", variant=name) for name in ("v6", "v7", "v8", "v5")]
    archive = tar_of(builders.oci_multi_platform(*variants))
    wanted = msgspec.structs.replace(WANTED, platform=Platform("linux", "arm", "v7"))
    passed = accept(archive, wanted)
    assert passed.image is not None
    assert passed.image.platform.variant == "v7"


def test_platforms_that_are_listed_but_absent_do_not_matter() -> None:
    here, absent = website(), website(architecture="s390x")
    entries = builders.oci_multi_platform(here, absent)
    gone = builders.blob(builders.oci_manifest(absent, gz)).name
    assert accept(tar_of(builders.without(entries, gone))).image


def test_a_layer_that_repeats_may_be_a_link() -> None:
    page = builders.layer(page=b"same")
    image = website(layers=(page, bytes(1024), page, bytes(1024)))
    entries = builders.docker_save_20(image)
    assert [entry.kind for entry in entries].count(tarfile.SYMTYPE) == 2
    passed = accept(tar_of(entries))
    assert passed.image is not None
    assert passed.image.layers == 4


def test_a_hard_link_counts_from_the_archives_root() -> None:
    entries = builders.skopeo_docker_archive(website())
    links = [
        replace(one, kind=tarfile.LNKTYPE, target=one.target.removeprefix("../"))
        if one.target
        else one
        for one in entries
    ]
    assert accept(tar_of(links)).image


def test_a_manifest_may_name_its_members_with_leading_dots() -> None:
    entries = builders.kaniko(website())
    manifest = entries[-1].content.replace(b'"sha256:', b'"./sha256:')
    assert accept(tar_of(builders.replaced(entries, "manifest.json", manifest))).image


def test_a_member_twice_with_the_same_content_does_no_harm() -> None:
    entries = builders.docker_save_20(website())
    assert accept(tar_of([*entries, *entries])).image


def test_a_layer_that_looks_like_a_document_is_still_a_layer() -> None:
    image = website(layers=(tar_of([Entry("{curly", b"x")]), builders.layer(page=b"1")))
    assert accept(tar_of(builders.docker_save_25(image))).image


def test_no_name_and_no_link_of_the_sender_gets_through() -> None:
    image = website(tags=("postgres:16", "website:1"))
    for form in FORMS.values():
        with tarfile.open(fileobj=io.BytesIO(bytes(accept(tar_of(form(image))).output))) as tar:
            names = tar.getnames()
            assert all(info.isreg() for info in tar)
        ours = {"manifest.json", f"{image.id.removeprefix('sha256:')}.json"}
        assert all(name in ours or name.endswith(".blob") for name in names[:-1])
        assert names[-1] == "manifest.json"
        assert b"postgres" not in accept(tar_of(form(image))).output


@pytest.mark.parametrize("compress", [gz, zst], ids=["gzip", "zstd"])
def test_zstd_layers_are_unpacked_for_an_engine_that_cannot_read_them(
    tmp_path: Path, compress: builders.Compress
) -> None:
    noise = random.Random(1).randbytes(5 << 20)
    image = website(layers=(builders.layer(noise=noise), builders.layer(page=b"x")))
    archive = tar_of(builders.oci_layout(image, compress=compress))
    wanted = msgspec.structs.replace(WANTED, spool_dir=tmp_path)
    assert accept(archive, wanted).image is not None
    assert list(tmp_path.iterdir()) == []


def test_zstd_layers_pass_as_they_are_to_an_engine_that_reads_them() -> None:
    archive = tar_of(builders.oci_layout(website(), compress=zst))
    wanted = msgspec.structs.replace(WANTED, engine_reads_zstd=True)
    passed = send(archive, wanted)
    assert passed.error is None
    assert passed.output.count(b"\x28\xb5\x2f\xfd") == 3


def test_what_came_in_is_counted() -> None:
    archive = gzip.compress(tar_of(builders.docker_save_20(website())))
    assert send(archive).received == len(archive)


def test_an_image_is_known_only_at_the_end() -> None:
    stream = ArchiveStream(chunks(b"", [1]), WANTED)
    with pytest.raises(RuntimeError):
        _ = stream.image


@every_form
def test_the_chunks_of_the_input_do_not_change_the_output(form: Form) -> None:
    archive = tar_of(form(website()))
    whole = send(archive, sizes=[1 << 20]).output
    packed = gz(archive)
    for seed in range(6):
        sizes = [random.Random(seed).randint(1, 3000) for _ in range(50)]
        assert send(archive, sizes=sizes).output == whole
        assert send(packed, sizes=sizes).output == whole
    assert send(packed, sizes=[1]).output == whole
    assert send(archive, sizes=[7]).output == whole
