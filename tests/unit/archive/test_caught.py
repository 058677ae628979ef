"""Layers are taken out of a saved image by their diff IDs, whatever the engine calls them."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from edd.archive.caught import catch_layers
from edd.errors import DiskFullError, EddError
from tests.unit.archive import builders
from tests.unit.archive.builders import gz, website, zst

DIFF_IDS = [f"sha256:{builders.sha(layer)}" for layer in website().layers]
FORMS = {
    "20.10": builders.docker_save_20(website()),
    "25": builders.docker_save_25(website()),
    "gzip": builders.docker_save_25(website(), compress=gz),
    "zstd": builders.oci_layout(website(), compress=zst),
}


class Breaking(io.BytesIO):
    """A link that breaks after its first bytes."""

    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise ConnectionResetError(104, "Connection reset by peer")
        return super().read(size)


def catch(content: bytes, wanted: list[str], folder: Path) -> dict[str, bytes]:
    caught = catch_layers(io.BytesIO(content), wanted, folder)
    return {digest: path.read_bytes() for digest, path in caught.items()}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_every_form_gives_the_layer_that_is_wanted_and_no_other(
    tmp_path: Path, form: list[builders.Entry]
) -> None:
    caught = catch(builders.tar_of(form), [DIFF_IDS[1]], tmp_path)
    assert caught == {DIFF_IDS[1]: website().layers[1]}
    assert len(list(tmp_path.iterdir())) == 1


def test_nothing_is_read_beyond_the_last_one_wanted(tmp_path: Path) -> None:
    content = builders.tar_of(FORMS["25"])
    first = next(entry for entry in FORMS["25"] if builders.sha(entry.content) == DIFF_IDS[0][7:])
    cut = content[: content.index(first.content) + len(first.content) + 1024]
    assert set(catch(cut, [DIFF_IDS[0]], tmp_path)) == {DIFF_IDS[0]}


def test_what_is_not_there_is_left_out(tmp_path: Path) -> None:
    absent = f"sha256:{'0' * 64}"
    caught = catch(builders.tar_of(FORMS["25"]), [absent, DIFF_IDS[0]], tmp_path)
    assert set(caught) == {DIFF_IDS[0]}


def test_a_damaged_layer_is_not_taken_for_the_one_it_was(tmp_path: Path) -> None:
    layer = website().layers[1]
    damaged = [
        replace(one, content=one.content[:-1] + b"?") if one.content == layer else one
        for one in FORMS["20.10"]
    ]
    assert catch(builders.tar_of(damaged), [DIFF_IDS[1]], tmp_path) == {}


def test_a_link_that_breaks_is_whoever_opened_its_to_tell(tmp_path: Path) -> None:
    with pytest.raises(ConnectionResetError):
        catch_layers(Breaking(builders.tar_of(FORMS["25"])), DIFF_IDS, tmp_path)


def test_an_engine_that_breaks_off_is_told(tmp_path: Path) -> None:
    content = builders.tar_of(FORMS["25"])
    with pytest.raises(EddError, match="cannot be read"):
        catch(content[: len(content) // 2 // 512 * 512 + 100], DIFF_IDS, tmp_path)


def test_a_disk_without_room_is_told(tmp_path: Path) -> None:
    (tmp_path / "layer.part").symlink_to("/dev/full")
    with pytest.raises(DiskFullError, match="No space left"):
        catch(builders.tar_of(FORMS["25"]), [DIFF_IDS[0]], tmp_path)
