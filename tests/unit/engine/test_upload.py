"""The upload into the engine: whose fault a failure is, and what is said of it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from edd.engine.upload import Upload
from edd.errors import EngineUnreachableError

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


async def archive() -> AsyncIterator[bytes]:
    yield b"archive"


async def unreadable() -> AsyncIterator[bytes]:
    yield b"part"
    raise OSError(5, "Input/output error")


async def late() -> AsyncIterator[bytes]:
    yield b"part"
    await asyncio.sleep(0.3)
    yield b"rest"


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read all and answer nothing: a fault that a real engine cannot be made to show."""
    await reader.read()
    writer.close()


async def polite(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
    writer.close()


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n0\r\n\r\n")
    writer.write(b"hello\r\n\r\n")
    writer.close()


def send(folder: Path, engine: Answer, pieces: AsyncIterator[bytes]) -> tuple[int, bytes]:
    """Send ``pieces`` to an engine with a fifth of a second's patience."""

    async def work() -> tuple[int, bytes]:
        path = str(folder / "engine.sock")
        server = await asyncio.start_unix_server(engine, path)
        try:
            return await Upload(path, "/images/load", patience=0.2).send(pieces)
        finally:
            server.close()
            await asyncio.sleep(0.01)

    return asyncio.run(work())


def test_what_the_pieces_raise_is_not_blamed_on_the_engine(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="Input/output error"):
        send(tmp_path, polite, unreadable())


def test_an_engine_that_does_not_answer_in_time_is_told_with_a_reason(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachableError, match="broke off the load: TimeoutError"):
        send(tmp_path, silent, archive())


def test_the_time_a_sender_takes_is_not_the_engines(tmp_path: Path) -> None:
    assert send(tmp_path, polite, late()) == (200, b"ok")


def test_an_answer_that_is_no_http_is_the_engines_fault(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachableError, match="hello"):
        send(tmp_path, babbling, archive())


def test_no_socket_is_the_engines_fault(tmp_path: Path) -> None:
    with pytest.raises(EngineUnreachableError, match="No such file"):
        asyncio.run(lonely(tmp_path))


async def lonely(folder: Path) -> None:
    await Upload(str(folder / "absent.sock"), "/images/load").send(archive())
