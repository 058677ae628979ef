"""What a tap asks of the engine: reach me, tag, push, untag. Docker Engine API 1.24 and later."""

import asyncio
import base64
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp.http_exceptions import HttpProcessingError
from msgspec import Struct

from edd.client.tap.server import USER
from edd.errors import EngineRefusedError
from edd.model.image import Digest

REPOSITORY = "edd/tap"
"""What leftovers are known by: no registry on loopback is likely to have a repository so named."""

_SPARE = f"{REPOSITORY}/spare"
"""A second one, which nothing is ever pushed to."""

_OURS = re.compile(r"127\.0\.0\.1:([0-9]{1,5})/edd/tap(?:/spare)?:([0-9]{1,12})-[0-9a-f]{8}")
_OLD = 3600
"""Seconds after which a tag of another tap is a leftover."""

_SNAPSHOTTER = ("driver-type", "io.containerd.snapshotter.v1")
_BASE = "http://docker"
_ANSWER = 32 << 20
_EVENT = 1 << 20
_PATIENCE = 20.0
_SILENCE = 120.0
"""Seconds; engines report on a push several times in each."""

Told = Callable[[str, int], None]
"""Takes a layer (12 digits of its diff ID) that is being sent, and its size in bytes."""


class KnownImage(Struct, frozen=True):
    """An image as the engine knows it: its layers' diff IDs from the lowest up, and their bytes."""

    id: Digest
    tags: tuple[str, ...]
    diff_ids: tuple[Digest, ...]
    size: int

    @property
    def named(self) -> list[str]:
        """The names that no tap gave."""
        return foreign(self.tags)


class _RootFs(Struct, rename="pascal"):
    layers: list[str] | None = None


class _Inspected(Struct, rename="pascal"):
    id: str
    repo_tags: list[str] | None = None
    size: int = 0
    root_fs: _RootFs = msgspec.field(name="RootFS", default_factory=_RootFs)


class _Listed(Struct, rename="pascal"):
    id: str
    repo_tags: list[str] | None = None


class _Info(Struct, rename="pascal"):
    driver_status: list[tuple[str, str]] | None = None


class _Sizes(Struct):
    total: int = 0


class _Event(Struct):
    """One line of what a push reports."""

    id: str = ""
    status: str = ""
    error: str = ""
    progress: _Sizes = msgspec.field(name="progressDetail", default_factory=_Sizes)


class Engine:
    """The engine behind a unix socket.

    Raises (any method): EngineRefusedError with the engine's own words.
    """

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def image(self, name: str) -> KnownImage:
        """Return what the engine has under a name or id."""
        found = _decode(await self._call("GET", f"/images/{_path(name)}/json"), _Inspected)
        layers = tuple(found.root_fs.layers or ())
        return KnownImage(found.id, tuple(found.repo_tags or ()), layers, found.size)

    async def images(self) -> list[Digest]:
        """Return the ids of all images, named or not, the newest first."""
        return [one.id for one in await self._images()]

    async def store(self) -> str:
        """Return which image store it has: ``graphdriver`` or ``containerd``."""
        status = _decode(await self._call("GET", "/info"), _Info).driver_status or []
        return "containerd" if _SNAPSHOTTER in status else "graphdriver"

    async def log_in(self, port: int, password: str) -> None:
        """Let the engine show the password at ``port`` of what it takes for loopback."""
        body = {"username": USER, "password": password, "serveraddress": f"127.0.0.1:{port}"}
        await self._call("POST", "/auth", json=body)

    async def push(self, reference: str, password: str, progress: Told) -> None:
        """Push a tag and return once all of it was taken."""
        repository, _, tag = reference.rpartition(":")
        login = json.dumps({"username": USER, "password": password}).encode()
        headers = {"X-Registry-Auth": base64.urlsafe_b64encode(login).decode()}
        timeout = aiohttp.ClientTimeout(total=None, sock_read=_SILENCE)
        path = f"{_BASE}/images/{_path(repository)}/push"
        async with self._session.post(
            path, params={"tag": tag}, headers=headers, timeout=timeout
        ) as answer:
            await _check(answer)
            try:
                async for line in answer.content:
                    _note(_decode(line, _Event), progress)
            except (ValueError, HttpProcessingError) as error:
                raise _strange(error) from error

    @asynccontextmanager
    async def tagged(self, image: KnownImage, port: int) -> AsyncIterator[str]:
        """Give the image a name of the registry at ``port`` while entered; yield the name."""
        reference = f"127.0.0.1:{port}/{REPOSITORY}:{int(time.time())}-{secrets.token_hex(4)}"
        try:
            await self._tag(image.id, reference)
            yield reference
        finally:
            async with asyncio.timeout(_PATIENCE):
                await self._untag(reference)

    async def sweep(self, port: int) -> None:
        """Remove the names that killed taps left: those of this port, and old ones of others."""
        patterns = [f"127.0.0.1:*/{repository}" for repository in (REPOSITORY, _SPARE)]
        named = {"filters": json.dumps({"reference": patterns})}
        for image in await self._images(named):
            for tag in image.repo_tags or ():
                match = _OURS.fullmatch(tag)
                if match and (int(match[1]) == port or time.time() - int(match[2]) > _OLD):
                    await self._untag(tag)

    async def _images(self, which: dict[str, str] | None = None) -> list[_Listed]:
        answer = await self._call("GET", "/images/json", params=which or {})
        found: list[_Listed] = _decode(answer, list[_Listed])
        return found

    async def _tag(self, image: str, reference: str) -> None:
        repository, _, tag = reference.rpartition(":")
        where = {"repo": repository, "tag": tag}
        await self._call("POST", f"/images/{_path(image)}/tag", params=where)

    async def _untag(self, reference: str) -> None:
        """Remove a name and never the image, also if nothing else names it any more.

        To remove an image's last name is to remove the image; to give the name to another is not.
        What was pushed under a name goes only with the name, hence the spare one.
        """
        try:
            image = await self.image(reference)
        except EngineRefusedError:
            return
        if not foreign(image.tags):
            other = next((one.id for one in await self._images() if foreign(one.repo_tags)), None)
            if other is None:
                return
            spare = reference.replace(f"/{REPOSITORY}:", f"/{_SPARE}:")
            if spare != reference:
                await self._tag(image.id, spare)
                await self._delete(reference)
            await self._tag(other, spare)
            reference = spare
        await self._delete(reference)

    async def _delete(self, reference: str) -> None:
        await self._call("DELETE", f"/images/{_path(reference)}", params={"noprune": "1"})

    async def _call(self, method: str, path: str, **more: Any) -> bytes:
        async with self._session.request(method, _BASE + path, **more) as answer:
            await _check(answer)
            body = bytearray()
            async for piece in answer.content.iter_any():
                body += piece
                if len(body) > _ANSWER:
                    raise EngineRefusedError("The local engine's answer is too long.")
            return bytes(body)


@asynccontextmanager
async def connected(socket: str) -> AsyncIterator[Engine]:
    """Yield the engine at ``socket``; what fails on the way to it is its refusal."""
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=_PATIENCE)
    async with aiohttp.ClientSession(
        connector=aiohttp.UnixConnector(socket), timeout=timeout, read_bufsize=_EVENT
    ) as session:
        try:
            yield Engine(session)
        except (aiohttp.ClientError, TimeoutError) as error:
            words = str(error) or "it took too long"
            raise EngineRefusedError(f"The local engine gave no answer: {words}.") from error


def foreign(tags: "tuple[str, ...] | list[str] | None") -> list[str]:
    """Return the names that no tap gave."""
    return [tag for tag in tags or () if not _OURS.fullmatch(tag) and tag != "<none>:<none>"]


def _note(event: _Event, progress: Told) -> None:
    if event.error:
        raise EngineRefusedError(f"The local engine could not push: {event.error}")
    if event.status == "Pushing":
        progress(event.id, event.progress.total)


async def _check(answer: aiohttp.ClientResponse) -> None:
    if answer.status >= 300:
        words = (await answer.content.read(2000)).decode("utf-8", "replace").strip()
        raise EngineRefusedError(f"The local engine refused: {words}", status=answer.status)


def _path(name: str) -> str:
    return quote(name, safe="/:@")


def _decode(body: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _strange(error) from error


def _strange(error: Exception) -> EngineRefusedError:
    return EngineRefusedError(f"The local engine answered strangely: {error}.")
