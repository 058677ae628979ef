"""The size of a layer stands with that layer, or nowhere."""

import asyncio

import pytest

from edd.client.history import Step, layer_sizes
from edd.client.images import describe, find_image
from tests.unit.client.talking import TalkingHost

SETTING = Step(0, '/bin/sh -c #(nop)  CMD ["run"]')
ENTRY = Step(0, 'ENTRYPOINT ["/run"]')
BASE = Step(5_000_000, "/bin/sh -c #(nop) ADD file:0 in / ")
PACKAGES = Step(112_000_000, "RUN /bin/sh -c pip install -r requirements.txt # buildkit")


def test_steps_that_change_no_file_make_no_layer() -> None:
    assert layer_sizes([BASE, SETTING, PACKAGES, ENTRY], 2) == (5_000_000, 112_000_000)


@pytest.mark.parametrize(
    "words",
    [
        "WORKDIR /app",
        "RUN /bin/sh -c mkdir /app # buildkit",
        "/bin/sh -c mkdir /app",
        "/bin/bash -c mkdir ENV /app",
        "/bin/sh -c #(nop) WORKDIR /app",
        "COPY empty /app # buildkit",
    ],
)
def test_a_layer_of_folders_alone_has_no_bytes_and_moves_no_others(words: str) -> None:
    steps = [BASE, SETTING, Step(0, words), PACKAGES, ENTRY]
    assert layer_sizes(steps, 3) == (5_000_000, 0, 112_000_000)


def test_a_builder_with_words_of_its_own_is_believed_if_every_step_is_a_layer() -> None:
    assert layer_sizes([Step(1, "bazel build"), Step(0, "bazel build")], 2) == (1, 0)


def test_where_it_stays_in_doubt_nothing_is_said() -> None:
    steps = [BASE, Step(0, "WORKDIR /there/already"), Step(0, "RUN mkdir /app"), PACKAGES]
    assert layer_sizes(steps, 3) == ()
    assert layer_sizes([], 1) == ()


@pytest.fixture
def engine(host: TalkingHost, monkeypatch: pytest.MonkeyPatch) -> TalkingHost:
    """An engine with an image of two layers and 7 bytes; a test gives its history."""
    monkeypatch.setenv("DOCKER_HOST", f"unix://{host.socket}")
    layers = [f"sha256:{letter * 64}" for letter in "ab"]
    image = {"Id": f"sha256:{'0' * 64}", "Size": 7, "RootFS": {"Layers": layers}}
    host.answer("GET", "/images/website/json", image)
    return host


def history(engine: TalkingHost, *newest_first: tuple[int, str]) -> None:
    steps = [{"Size": size, "CreatedBy": words} for size, words in newest_first]
    engine.answer("GET", f"/images/sha256:{'0' * 64}/history", steps)


def test_an_image_of_the_engine_is_offered_with_its_sizes(engine: TalkingHost) -> None:
    history(engine, (0, "CMD x"), (0, "WORKDIR /app"), (7, "COPY x"))

    image = asyncio.run(find_image("website"))

    assert image is not None
    assert [layer.size for layer in image.layers] == [7, 0]


def test_an_image_of_unknown_sizes_counts_whole_and_none_of_its_layers(
    engine: TalkingHost,
) -> None:
    history(engine, (7, "COPY x"), (0, "by hand"), (0, "by hand"))

    image = asyncio.run(find_image("website"))
    planned = asyncio.run(describe("website"))

    assert image is not None
    assert (image.size, [layer.size for layer in image.layers]) == (7, [0, 0])
    assert (planned.bytes, planned.layers) == (7, ())
