"""Archives on their way into a real engine: through the gate, or past it to see what it says."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from edd.archive import ArchiveStream, Wanted
from edd.engine.connection import EngineConnection
from edd.engine.images import Images
from edd.engine.upload import Upload
from edd.model.image import ArchiveImage, Platform
from tests.support.engine import TestEngine
from tests.support.images import website_image

REFERENCE = "ed_website:edd-1"
"""The tag under which the gate lets every archive in."""
LOAD = "/v1.41/images/load?quiet=1"
"""In the words of Engine 20.10, which newer ones still understand."""


def load(
    engine: TestEngine, content: bytes, spool: Path | None = None, *, twice: bool = False
) -> ArchiveImage:
    """Load ``content`` through the gate; with ``twice`` the gate hashes what the engine will."""
    wanted = Wanted(
        deployment="website",
        repository="ed_website",
        reference=REFERENCE,
        platform=Platform("linux", website_image("x", "x").architecture),
        max_bytes=1 << 30,
        spool_dir=spool,
        engine_verifies_layers=engine.store == "graphdriver" and not twice,
    )

    async def run() -> ArchiveImage:
        stream = ArchiveStream(pieces(content), wanted)
        before = open_files()
        try:
            async with EngineConnection(str(engine.socket)) as connection:
                await Images(connection).load(stream)
        finally:
            await stream.aclose()
            async with asyncio.timeout(10):
                # aiohttp closes a connection that was cut short in the background.
                while open_files() > before:
                    await asyncio.sleep(0.01)
        return stream.image

    return asyncio.run(run())


@dataclass(frozen=True)
class Answer:
    """What the engine said to an archive: an error it admits, and whatever else it told."""

    status: int
    error: str
    told: str


def load_past_the_gate(engine: TestEngine, content: bytes) -> Answer:
    """Send ``content`` to the engine as it is, as `docker load` would."""

    async def run() -> tuple[int, bytes]:
        return await Upload(str(engine.socket), LOAD).send(pieces(content))

    status, body = asyncio.run(run())
    messages = [json.loads(line) for line in body.splitlines() if line.strip()]
    errors = [message["errorDetail"]["message"] for message in messages if "error" in message]
    return Answer(status, "".join(errors), "".join(one.get("stream", "") for one in messages))


def cut_off(engine: TestEngine, content: bytes, taken: Callable[[], bool]) -> None:
    """Send ``content`` as the beginning of an archive whose sender goes away once it is taken."""

    async def broken() -> AsyncIterator[bytes]:
        yield content
        async with asyncio.timeout(10):
            while not taken():
                await asyncio.sleep(0.01)
        raise ConnectionResetError

    async def run() -> None:
        with suppress(ConnectionResetError):
            await Upload(str(engine.socket), LOAD).send(broken())

    asyncio.run(run())


async def pieces(content: bytes) -> AsyncIterator[bytes]:
    """Give ``content`` as a network would, in pieces."""
    for at in range(0, len(content), 1 << 18):
        yield content[at : at + (1 << 18)]


def open_files() -> int:
    """Return how many files and sockets this process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
