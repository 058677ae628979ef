"""The engine of this machine, as far as a push needs it: find an image, read its archive."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

import aiohttp
from msgspec import DecodeError, Struct, field, json

from edd.client.contexts import engine_socket
from edd.client.history import Step, layer_sizes
from edd.client.missing import missing_image
from edd.errors import SourceError

CHUNK = 256 * 1024
_BASE = "http://docker"
_LIMIT = 32 << 20
_SILENCE = 1800.0  # older engines write the whole archive to their disk before its first byte


class FoundImage(Struct, frozen=True):
    """An image of the local engine: its id, the name to save it by, its layers and their bytes.

    ``sizes`` has the bytes of each layer's files, where they are known; layers are larger.
    """

    id: str
    reference: str
    size: int
    layers: tuple[str, ...] = ()
    sizes: tuple[int, ...] = ()


class _RootFs(Struct, rename="pascal"):
    layers: tuple[str, ...] = ()


class _Inspected(Struct, rename="pascal"):
    id: str
    size: int = 0
    repo_tags: list[str] | None = None
    root_fs: _RootFs | None = field(default=None, name="RootFS")


class _Listed(Struct, rename="pascal"):
    repo_tags: list[str] | None = None


async def describe_image(name: str) -> FoundImage:
    """Return what the local engine has under ``name``.

    Raises:
        SourceError: there is no such image (similar names are given), or no engine.
    """
    async with _asking(name) as session:
        path = f"/images/{quote(name, safe='/:@')}/json"
        async with session.get(_BASE + path) as answer:
            if answer.status == 404:
                raise missing_image(name, await _tags(session))
            await _check(answer, name)
            image = _decode(await _body(answer), _Inspected)
        layers = image.root_fs.layers if image.root_fs else ()
        sizes = await _sizes(session, image.id, len(layers))
    tags = image.repo_tags or []
    # A name without its tag would save every tag of the repository.
    reference = next((tag for tag in tags if tag in (name, f"{name}:latest")), image.id)
    return FoundImage(image.id, reference, image.size, layers, sizes)


async def _sizes(session: aiohttp.ClientSession, image: str, layers: int) -> tuple[int, ...]:
    """Return the sizes of an image's layers, lowest first; none where they are not known."""
    async with session.get(f"{_BASE}/images/{image}/history") as answer:
        if answer.status != 200:
            return ()
        steps = _decode(await _body(answer), list[Step])
    return layer_sizes(steps[::-1], layers)


class _Refusal(Struct):
    message: str


@asynccontextmanager
async def open_image(image: FoundImage) -> AsyncIterator[AsyncIterator[bytes]]:
    """Yield the chunks of the image's archive, as `docker save` writes it."""
    async with _asking(image.reference) as session:
        path = f"/images/{quote(image.reference, safe='/:@')}/get"
        async with session.get(_BASE + path) as answer:
            await _check(answer, image.reference)
            yield _read(answer, image.reference)


async def _read(answer: aiohttp.ClientResponse, name: str) -> AsyncIterator[bytes]:
    try:
        async for chunk in answer.content.iter_chunked(CHUNK):
            yield chunk
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise SourceError(
            f"The local engine broke off while it saved {name}.",
            kept="The archive did not arrive whole, so the host loads nothing.",
            advice="See the engine's own log (journalctl -u docker), then push again.",
        ) from error


@asynccontextmanager
async def _asking(name: str) -> AsyncIterator[aiohttp.ClientSession]:
    socket = engine_socket()
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=_SILENCE)
    connector = aiohttp.UnixConnector(socket)
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, read_bufsize=CHUNK
    ) as session:
        try:
            yield session
        except aiohttp.ClientConnectorError as error:
            raise _no_engine(name, socket, error) from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SourceError(f"The local engine did not answer about {name}: {error}.") from error


def _no_engine(name: str, socket: str, error: aiohttp.ClientConnectorError) -> SourceError:
    if isinstance(error.os_error, PermissionError):
        return SourceError(
            f"This user may not ask the engine at {socket} for {name}.",
            advice="Become root or a member of the group docker.",
        )
    return SourceError(
        f"No engine answers at {socket} that could know {name}, and no such file was meant.",
        advice="Start Docker here, or name an archive file by its path: ./website.tar",
    )


async def _check(answer: aiohttp.ClientResponse, name: str) -> None:
    if answer.status != 200:
        words = (await answer.content.read(2000)).decode("utf-8", "replace").strip()
        raise SourceError(f"The local engine refused {name}: {_message(words)}")


def _message(words: str) -> str:
    """Return the sentence in the engine's JSON, or the words as they are."""
    try:
        return json.decode(words, type=_Refusal).message
    except DecodeError:
        return words


async def _tags(session: aiohttp.ClientSession) -> list[str]:
    async with session.get(_BASE + "/images/json") as answer:
        if answer.status != 200:
            return []
        images = _decode(await _body(answer), list[_Listed])
    return [tag for image in images for tag in image.repo_tags or [] if tag != "<none>:<none>"]


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    """Return the whole answer, however many pieces it comes in; one too long cannot be decoded."""
    body = bytearray()
    async for piece in answer.content.iter_any():
        body += piece
        if len(body) > _LIMIT:
            break
    return bytes(body[:_LIMIT])


def _decode(body: bytes, kind: Any) -> Any:
    try:
        return json.decode(body, type=kind)
    except DecodeError as error:
        raise SourceError(f"The local engine answered strangely: {error}.") from error
