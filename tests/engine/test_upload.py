"""The upload into the engine: what a real engine and a broken one answer."""

import asyncio
import json
import socket
import threading
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from edd.engine.upload import Upload
from edd.errors import EngineUnreachableError
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive

TARGET = "/images/load?quiet=1"


async def pieces_of(content: bytes, size: int = 1 << 18) -> AsyncGenerator[bytes, None]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def send(path: Path, pieces: AsyncGenerator[bytes, None]) -> tuple[int, bytes]:
    async def work() -> tuple[int, bytes]:
        return await Upload(str(path), TARGET).send(pieces)

    return asyncio.run(work())


def test_an_archive_arrives_whole(clean_engine: TestEngine, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.tar", website_image("site:1", "hello"))

    status, body = send(clean_engine.socket, pieces_of(archive.read_bytes()))

    assert status == 200
    assert b"Loaded image: site:1" in body
    assert clean_engine.inspect("site:1")


def test_an_archive_that_is_cut_off_loads_nothing(clean_engine: TestEngine, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "a.tar", website_image("site:1", "hello"))

    async def pieces() -> AsyncGenerator[bytes, None]:
        yield archive.read_bytes()
        raise ValueError("refused")

    with pytest.raises(ValueError, match="refused"):
        send(clean_engine.socket, pieces())

    # The engine has had every byte of the archive, but not the last chunk of the request.
    assert clean_engine.image_ids() == set()


def test_the_engines_own_refusal_is_read(clean_engine: TestEngine) -> None:
    status, body = send(clean_engine.socket, pieces_of(b"no tar at all" * 1000))

    assert status == 500 or b"errorDetail" in body


def test_an_engine_that_answers_early_is_heard(tmp_path: Path) -> None:
    # A fake engine: a real one cannot be made to refuse at a given byte.
    answer = json.dumps({"message": "no space left on device"}).encode()
    head = b"HTTP/1.1 500 Error\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(answer)
    path = fake_engine(tmp_path, head + answer)

    status, body = send(path, pieces_of(bytes(64 << 20)))

    assert (status, body) == (500, answer)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort", b"\0\1\2\3\r\n\r\n"]
)
def test_an_engine_that_dies_or_lies_is_an_error(tmp_path: Path, answer: bytes) -> None:
    # A fake engine: a real one does not lie.
    path = fake_engine(tmp_path, answer)

    with pytest.raises(EngineUnreachableError):
        send(path, pieces_of(bytes(1 << 20)))


def test_no_engine_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachableError):
        send(tmp_path / "nobody.sock", pieces_of(b"x"))


def fake_engine(folder: Path, answer: bytes) -> Path:
    path = folder / "fake.sock"
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(path))
    door.listen(1)

    def serve() -> None:
        link, _ = door.accept()
        with door, link:
            link.recv(1 << 16)
            link.sendall(answer)

    threading.Thread(target=serve, daemon=True).start()
    return path
