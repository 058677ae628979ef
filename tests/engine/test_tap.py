"""Single layers of a real engine's image, by its own push."""

import asyncio
import hashlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from edd.client.tap import Tap, open_tap
from edd.client.tap import learn as learn_of
from edd.errors import EngineRefusedError, SourceError
from edd.planning.reading import Reading, choose_reading
from tests.support.daemon import EDD
from tests.support.engine import TestEngine
from tests.support.images import (
    Image,
    Layer,
    files_layer,
    image_id,
    noise_layer,
    write_archive,
)
from tests.support.processes import wait_until
from tests.support.registry import Registry
from tests.unit.client.receiving import ONE, ReceivingHost
from tests.unit.client.talking import TalkingHost

MIB = 1 << 20
_seeds = itertools.count(7)


def worth_it(image: int, sent: int, store: str) -> bool:
    """Permit what costs less than a save."""
    return choose_reading(image, sent, store) is Reading.PUSH


def image(tag: str, *layers: Layer) -> Image:
    """An image of these layers."""
    return Image([tag], {"Cmd": ["/none"]}, layers)


def large_layer() -> Layer:
    """A layer of 200 MiB that no engine has packed yet."""
    return noise_layer("base", 200, seed=next(_seeds))


def page(text: str) -> Layer:
    """A layer with one line."""
    return files_layer({"www/index.html": text.encode()})


def content(layer: Layer) -> bytes:
    """The bytes of a layer."""
    return b"".join(layer.read())


def diff_id(layer: Layer) -> str:
    """A layer's diff ID."""
    return f"sha256:{layer.digest}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's taps remember their port and password."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "edd"


@pytest.fixture
def engine_(clean_engine: TestEngine, cache: Path) -> Iterator[TestEngine]:
    """An engine in which no test leaves a name of a tap behind."""
    yield clean_engine
    assert names(clean_engine) == []


def names(engine: TestEngine) -> list[str]:
    """The names that taps gave, digests too."""
    words = ["images", "--all", "--digests", "--format", "{{.Repository}}:{{.Tag}}@{{.Digest}}"]
    return [name for name in engine.docker(*words).splitlines() if "/edd/tap" in name]


def load(engine: TestEngine, folder: Path, *images: Image) -> None:
    """Load images."""
    engine.load(write_archive(folder / "image.tar", *images))


def learn(engine: TestEngine, name: str) -> None:
    """Let the engine pack the image's layers once."""

    asyncio.run(learn_of(name, str(engine.socket)))


def take(engine: TestEngine, name: str, *wanted: Layer) -> tuple[list[bytes], bytes, int]:
    """Return the wanted layers, the configuration, and the bytes that travelled."""

    async def it() -> tuple[list[bytes], bytes, int]:
        async with open_tap(name, str(engine.socket), worth_it) as tap:
            found = await tap.take([diff_id(layer) for layer in wanted])
            layers = [found[diff_id(layer)] for layer in wanted]
            read = [layer.file.read() for layer in layers]
            assert [len(one) for one in read] == [layer.size for layer in layers]
            return read, tap.config, tap.received

    return asyncio.run(it())


def test_only_the_small_layer_on_a_large_one_travels(engine_: TestEngine, tmp_path: Path) -> None:
    base = large_layer()
    old, new = image("web:1", base, page("one")), image("web:2", base, page("two"))
    load(engine_, tmp_path, old, new)
    learn(engine_, "web:1")

    layers, config, received = take(engine_, "web:2", new.layers[1])

    assert layers == [content(new.layers[1])]
    assert f"sha256:{hashlib.sha256(config).hexdigest()}" == image_id(new)
    assert received < 20_000


def test_learning_that_is_cut_off_leaves_no_name_and_keeps_what_was_packed(
    engine_: TestEngine, tmp_path: Path
) -> None:
    small, large = noise_layer("small", 20, seed=next(_seeds)), large_layer()
    load(engine_, tmp_path, image("web:1", large, small))
    notes = engine_.data / "image/overlay2/distribution/v2metadata-by-diffid/sha256"
    packed = notes / diff_id(small).removeprefix("sha256:")

    asked: list[int] = []

    def nothing(_: int, sent: int, __: str) -> bool:
        asked.append(sent)
        return not sent

    async def it() -> None:
        learning = asyncio.create_task(learn_of("web:1", str(engine_.socket)))
        await asyncio.to_thread(wait_until, packed.exists, 30, "the small layer is packed")
        assert not learning.done()
        learning.cancel()
        await asyncio.wait({learning})
        assert names(engine_) == []
        with pytest.raises(EngineRefusedError):
            async with open_tap("web:1", str(engine_.socket), nothing):
                pass

    asyncio.run(it())
    assert 200 * MIB <= max(asked) < 210 * MIB


def test_a_layer_that_the_engine_has_packed_before_is_still_given(
    engine_: TestEngine, tmp_path: Path
) -> None:
    middle = noise_layer("middle", 3, seed=2)
    web = image("web:1", noise_layer("low", 20, seed=1), middle, page("one"))
    load(engine_, tmp_path, web)
    learn(engine_, "web:1")

    for _ in range(2):
        layers, _, received = take(engine_, "web:1", web.layers[2], middle)
        assert layers == [content(web.layers[2]), content(middle)]
        assert received < 4 * MIB


def test_an_image_with_the_same_layer_twice_gives_it(engine_: TestEngine, tmp_path: Path) -> None:
    one, two = page("one"), page("two")
    load(engine_, tmp_path, image("web:1", one, two, one))

    assert take(engine_, "web:1", one, two)[0] == [content(one), content(two)]


def test_an_image_whose_packing_is_not_worth_it_is_refused_at_once(
    engine_: TestEngine, tmp_path: Path
) -> None:
    load(engine_, tmp_path, image("web:1", large_layer(), page("one")))

    begun = time.monotonic()
    with pytest.raises(EngineRefusedError, match="docker save"):
        take(engine_, "web:1")
    assert time.monotonic() - begun < 3


def test_what_the_engine_notes_of_a_tap_does_not_mislead_a_push_elsewhere(
    engine_: TestEngine, tmp_path: Path
) -> None:
    load(engine_, tmp_path, image("web:1", noise_layer("low", 2, seed=1), page("one")))
    learn(engine_, "web:1")
    if not Registry.installed():
        pytest.skip("docker-registry is not installed")

    with Registry(tmp_path) as registry:
        name = f"{registry.address}/web:1"
        engine_.docker("tag", "web:1", name)
        engine_.docker("push", name)
        engine_.docker("rmi", name, "web:1")
        engine_.docker("pull", name)

    assert engine_.inspect(name)["Id"]


def test_a_layer_of_another_image_is_refused(engine_: TestEngine, tmp_path: Path) -> None:
    load(engine_, tmp_path, image("web:1", page("one")))

    with pytest.raises(SourceError, match="has no layer"):
        take(engine_, "web:1", page("two"))


def test_an_image_that_is_not_there_is_refused(engine_: TestEngine) -> None:
    with pytest.raises(EngineRefusedError, match="No such image"):
        take(engine_, "web:1")


def test_an_image_without_a_name_is_refused_and_stays(engine_: TestEngine, tmp_path: Path) -> None:
    load(engine_, tmp_path, image("web:1", page("one")), image("web:2", page("two")))
    nameless = engine_.inspect("web:1")["Id"]
    engine_.docker("tag", "web:2", "web:1")

    with pytest.raises(EngineRefusedError, match="without a name"):
        take(engine_, nameless)
    assert engine_.inspect(nameless)


def test_an_image_that_loses_its_name_meanwhile_stays(engine_: TestEngine, tmp_path: Path) -> None:
    load(engine_, tmp_path, image("web:1", page("one")), image("web:2", page("two")))
    found = engine_.inspect("web:1")["Id"]

    async def it() -> None:
        async with open_tap("web:1", str(engine_.socket), worth_it):
            await asyncio.to_thread(engine_.docker, "tag", "web:2", "web:1")

    asyncio.run(it())

    assert engine_.inspect(found)


def test_ctrl_c_leaves_no_name_no_server_and_no_file(
    engine_: TestEngine, cache: Path, tmp_path: Path
) -> None:
    load(engine_, tmp_path, image("web:1", large_layer(), page("one")))
    (tmp_path / "spool").mkdir()
    with tapping(engine_, tmp_path / "spool") as process:
        wait_until(lambda: bool(names(engine_)), 20, "the engine pushes")
        process.send_signal(signal.SIGINT)
        process.wait(20)

    assert names(engine_) == []
    assert list((tmp_path / "spool").iterdir()) == []
    port = json.loads((cache / "tap.json").read_text())["port"]
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_push_that_is_told_to_end_leaves_no_name(
    engine_: TestEngine, tmp_path: Path, number: signal.Signals
) -> None:
    base, top = noise_layer("base", 20, seed=1), noise_layer("top", 1, seed=2)
    load(engine_, tmp_path, image("web:1", base, top))
    learn(engine_, "web:1")
    environment = os.environ | {
        "DOCKER_HOST": engine_.url,
        "EDD_SOCKET": str(tmp_path / "edd.sock"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }

    async def stalls(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(60)
        return web.Response()

    with TalkingHost(socket=tmp_path / "edd.sock") as host:
        ReceivingHost(host).sent[diff_id(base)] = b"it is here"
        host.handle("PATCH", f"{ONE}/blobs/*", stalls)
        words: list[str | Path] = [EDD, "-H", "local", "push", "web:1", "website"]
        with subprocess.Popen(words, env=environment, stderr=subprocess.PIPE, text=True) as push:
            wait_until(lambda: host.seen[-1:] != [] and host.seen[-1].method == "PATCH", 30, "sent")
            during = names(engine_)
            push.send_signal(number)
            said = push.communicate(timeout=30)[1]

    assert during
    assert push.returncode == 128 + number, said
    assert names(engine_) == []


def test_what_a_killed_tap_left_is_swept_by_the_next(
    engine_: TestEngine, cache: Path, tmp_path: Path
) -> None:
    web = image("web:2", page("two"))
    load(engine_, tmp_path, image("web:1", large_layer(), page("one")), web)
    (tmp_path / "spool").mkdir()
    with tapping(engine_, tmp_path / "spool") as process:
        wait_until(lambda: bool(names(engine_)), 20, "the engine pushes")
        process.kill()
        process.wait(20)
    assert names(engine_)
    assert list((tmp_path / "spool").iterdir()) == []

    take(engine_, "web:2", web.layers[0])

    assert names(engine_) == []
    assert engine_.inspect("web:1")


def tapping(engine: TestEngine, folder: Path) -> "subprocess.Popen[bytes]":
    """Start a process that keeps a tap on ``web:1`` open, with its temporary files there."""
    code = (
        "import asyncio, sys\n"
        "from edd.client.tap import open_tap\n"
        "async def it():\n"
        "    async with open_tap('web:1', sys.argv[1], lambda *_: True): await asyncio.sleep(60)\n"
        "asyncio.run(it())\n"
    )
    environment = os.environ | {"TMPDIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", code, str(engine.socket)],
        env=environment,
        stderr=subprocess.DEVNULL,
    )


def test_an_engine_with_another_loopback_is_refused_and_sends_nothing(
    engine_: TestEngine, tmp_path: Path
) -> None:
    load(engine_, tmp_path, image("web:1", page("one")))
    code = (
        "import asyncio, sys\n"
        "from edd.client.tap import open_tap\n"
        "from edd.errors import EngineRefusedError\n"
        "async def it():\n"
        "    async with open_tap('web:1', sys.argv[1], lambda *_: True): pass\n"
        "try: asyncio.run(it())\n"
        "except EngineRefusedError as error: print(error)\n"
    )
    words = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    done = subprocess.run(
        [*words, sys.executable, "-c", code, str(engine_.socket)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert "connection refused" in done.stdout


def test_nobody_without_the_password_gets_in(engine_: TestEngine, tmp_path: Path) -> None:
    load(engine_, tmp_path, image("web:1", page("one")))

    def status(port: int, method: str, path: str) -> int:
        request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method)
        request.add_header("Authorization", "Basic ZWRkOmVkZA==")
        try:
            with urllib.request.urlopen(request, timeout=5) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    async def it(tap: Tap, port: int) -> set[int]:
        assert tap.config
        asked = [("GET", "/v2/"), ("POST", "/v2/edd/tap/blobs/uploads/"), ("GET", "/")]
        return {await asyncio.to_thread(status, port, *one) for one in asked}

    async def whole() -> set[int]:
        async with open_tap("web:1", str(engine_.socket), worth_it) as tap:
            path = Path(os.environ["XDG_CACHE_HOME"]) / "edd" / "tap.json"
            return await it(tap, json.loads(path.read_text())["port"])

    assert asyncio.run(whole()) == {401}


def test_the_next_tap_is_the_same_registry_to_the_engine(
    engine_: TestEngine, cache: Path, tmp_path: Path
) -> None:
    load(engine_, tmp_path, image("web:1", page("one")))
    take(engine_, "web:1")
    first = (cache / "tap.json").read_bytes()

    take(engine_, "web:1")

    assert (cache / "tap.json").read_bytes() == first
    assert (cache / "tap.json").stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_given_up_for_another(
    engine_: TestEngine, cache: Path, tmp_path: Path
) -> None:
    load(engine_, tmp_path, image("web:1", page("one")))
    take(engine_, "web:1")
    port = json.loads((cache / "tap.json").read_text())["port"]

    with socket.create_server(("127.0.0.1", port)):
        take(engine_, "web:1")

    assert json.loads((cache / "tap.json").read_text())["port"] != port
