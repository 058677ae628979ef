"""A client of the push API that says what it is told to, and the storage behind the door."""

import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from edd.distribution import Limits
from tests.support.blobs import FolderStorage, pushing_to

REPOSITORY = "team/website"


def sha256(content: bytes) -> str:
    """Return the digest of ``content``."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The first error's code."""
        entry: dict[str, str] = json.loads(self.body)["errors"][0]
        assert entry["message"]
        return entry["code"]


class Pusher:
    """Speaks to the door."""

    def __init__(self, storage: FolderStorage, session: aiohttp.ClientSession, port: int) -> None:
        self.storage = storage
        self.session = session
        self.port = port

    async def ask(
        self,
        method: str,
        path: str,
        data: bytes | AsyncIterator[bytes] | None = None,
        **headers: str,
    ) -> Answer:
        """Send one request; header names may have underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, path, data=data, headers=named) as answer:
            return Answer(answer.status, dict(answer.headers), await answer.read())

    async def begin(self, repository: str = REPOSITORY) -> str:
        """Begin an upload and return its location."""
        answer = await self.ask("POST", f"/v2/{repository}/blobs/uploads/")
        assert answer.status == 202
        return answer.headers["Location"]

    async def chunk(self, location: str, start: int, content: bytes) -> Answer:
        """Send a chunk with the range it claims."""
        span = f"{start}-{start + len(content) - 1}"
        return await self.ask("PATCH", location, content, Content_Range=span)

    async def push(self, content: bytes, repository: str = REPOSITORY) -> str:
        """Push a blob whole and return its digest."""
        location = await self.begin(repository)
        answer = await self.ask("PUT", f"{location}?digest={sha256(content)}", content)
        assert answer.status == 201
        return sha256(content)


@asynccontextmanager
async def pusher(root: Path, limits: Limits | None = None) -> AsyncIterator[Pusher]:
    """Yield a client of a door over a storage below ``root``."""
    storage = FolderStorage(root)
    async with (
        pushing_to(storage, limits) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        yield Pusher(storage, session, port)
