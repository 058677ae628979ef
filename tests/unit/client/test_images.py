"""The one image of an archive or a layout is found without reading its layers."""

import asyncio
from pathlib import Path

import pytest

from edd.client.images import LocalImage, find_image
from tests.unit.archive import builders
from tests.unit.archive.builders import gz, website, zst


def found(path: Path) -> LocalImage | None:
    return asyncio.run(find_image(str(path)))


def contents(image: LocalImage) -> dict[str, bytes]:
    async def read() -> dict[str, bytes]:
        layers = [layer.diff_id for layer in image.layers]
        async with image.content(layers, lambda _: None) as content:
            read = {}
            for digest in (content.config, *layers):
                with content.blobs[digest].open() as file:
                    read[digest] = file.read()
            return read

    return asyncio.run(read())


def archive(path: Path, entries: list[builders.Entry]) -> Path:
    path.write_bytes(builders.tar_of(entries))
    return path


def laid_out(folder: Path, entries: list[builders.Entry]) -> Path:
    for entry in entries:
        target = folder / entry.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(entry.content)
    return folder


@pytest.mark.parametrize(
    "form",
    [
        builders.docker_save_20,
        builders.docker_save_25,
        builders.skopeo_docker_archive,
        builders.kaniko,
        builders.oci_layout,
    ],
)
def test_every_form_gives_configuration_and_layers(tmp_path: Path, form: builders.Form) -> None:
    image = found(archive(tmp_path / "image.tar", form(website())))

    assert image is not None
    assert image.image == website().id
    expected = {f"sha256:{builders.sha(layer)}": layer for layer in website().layers}
    assert [layer.diff_id for layer in image.layers] == list(expected)
    assert contents(image) == {**expected, website().id: website().config}


@pytest.mark.parametrize("pack", [builders.plain, gz, zst], ids=["plain", "gzip", "zstd"])
def test_packed_layers_of_a_layout_are_read_unpacked(
    tmp_path: Path, pack: builders.Compress
) -> None:
    image = found(laid_out(tmp_path, builders.oci_layout(website(), compress=pack)))

    assert image is not None
    assert list(contents(image).values()) == [website().config, *website().layers]


def test_where_there_is_a_choice_the_host_chooses(tmp_path: Path) -> None:
    several = builders.docker_save_20(website("1"), website("2"))
    platforms = builders.oci_multi_platform(website(), website(architecture="arm64"))
    assert found(archive(tmp_path / "several.tar", several)) is None
    assert found(archive(tmp_path / "platforms.tar", platforms)) is None


@pytest.mark.parametrize("content", [b"", b"no tar", bytes(1024), builders.tar_of([])])
def test_what_is_no_archive_is_left_to_the_host_to_refuse(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.tar"
    path.write_bytes(content)
    assert found(path) is None


def test_an_archive_that_lacks_a_layer_is_left_to_the_host_to_refuse(tmp_path: Path) -> None:
    form = builders.docker_save_20(website())
    layer = next(entry.name for entry in form if entry.name.endswith("layer.tar"))
    assert found(archive(tmp_path / "x.tar", builders.without(form, layer))) is None
