"""Images in the engine: loading, tagging, pulling, removing."""

import json
from collections.abc import AsyncIterator, Collection
from typing import Any
from urllib.parse import quote

import aiohttp

from edd.engine.connection import (
    UNHURRIED,
    EngineConnection,
    api_number,
    engine_error,
    message_in,
)
from edd.engine.upload import Upload
from edd.errors import EngineRefusedError, EngineUnreachableError
from edd.model.holding import LayeredImage
from edd.model.image import EngineImage, Platform

MOST_OTHERS = 200
"""Images that are looked at for layers though they serve no deployment; each takes the engine 2 ms.
"""

LISTS_WHOLE_ONES = (1, 45)
"""The API of Engine 26, which lists no image that lacks content."""


class Images:
    """The engine's images, by reference or id."""

    def __init__(self, engine: EngineConnection) -> None:
        self._engine = engine

    async def inspect(self, reference: str) -> EngineImage | None:
        """Return the image behind a tag or id, or None."""
        facts = await self._engine.get(f"/images/{quote(reference, safe=':/@')}/json")
        return image_of(facts) if facts else None

    async def load(self, archive: AsyncIterator[bytes]) -> None:
        """Feed a docker-archive to the engine and read its whole progress stream.

        An error that ``archive`` raises aborts the load and is raised again here. The engine
        reports failures inside a stream that began with status 200, so only its end counts.
        """
        target = f"/v{await self._engine.version()}/images/load?quiet=1"
        status, body = await Upload(self._engine.socket, target).send(archive)
        if status >= 400:
            raise engine_error(message_in(body), status)
        for line in body.splitlines():
            raise_error_in(line)

    async def pull(self, repository: str, digest: str) -> None:
        """Pull one image by digest, so that no tag of the host moves."""
        query = {"fromImage": repository, "tag": digest}
        async with self._engine.open("POST", "/images/create", query, patience=UNHURRIED) as answer:
            await read_messages(answer)

    async def remote_digest(self, reference: str) -> str:
        """Ask the registry behind ``reference`` which digest it stands for now."""
        facts = await self._engine.call("GET", f"/distribution/{quote(reference, safe=':/@')}/json")
        return str(facts["Descriptor"]["digest"])

    async def tag(self, image: str, repository: str, tag: str) -> None:
        """Let ``repository:tag`` stand for ``image``, moving it if it stood for another."""
        query = {"repo": repository, "tag": tag}
        await self._engine.call("POST", f"/images/{quote(image, safe=':/@')}/tag", query)

    async def layered(self, own: Collection[str], *, others: bool) -> list[LayeredImage]:
        """Return images and their layers: all that bear a tag in one of the repositories ``own``.

        With ``others`` the newest of all the rest follow.
        """
        listed = await self._engine.call("GET", "/images/json") or []
        newest = sorted(listed, key=lambda image: -int(image.get("Created", 0)))
        ids = [image["Id"] for image in newest if _repositories(image) & set(own)]
        if others:
            rest = [image["Id"] for image in newest if image["Id"] not in ids]
            ids += rest[:MOST_OTHERS]
        found = [await self.layers_of(image) for image in ids]
        return [layered for layered in found if layered]

    async def layers_of(self, image: str) -> LayeredImage | None:
        """Return one image and its layers, or None."""
        facts = await self._engine.get(f"/images/{quote(image, safe=':/@')}/json")
        if facts is None:
            return None
        layers = (facts.get("RootFS") or {}).get("Layers") or []
        return LayeredImage(facts["Id"], tuple(map(str, layers)), int(facts.get("Size", 0)))

    async def is_whole(self, reference: str) -> bool:
        """Tell whether the engine's containerd store has every blob of an image, as it says itself.

        Engines from API 1.47 on say so when asked, and those of API 1.45 list no other images. Of
        the rest that is not known, and none is whole there.
        """
        filters = json.dumps({"reference": [reference]})
        query = {"filters": filters, "manifests": "1"}
        found = await self._engine.call("GET", "/images/json", query) or []
        told = [manifest for image in found for manifest in image.get("Manifests") or []]
        if told:
            return all(manifest.get("Available") for manifest in told)
        return bool(found) and api_number(await self._engine.version()) == LISTS_WHOLE_ONES

    async def tags(self, repository: str) -> list[str]:
        """Return the tags that ``repository`` has on this host."""
        filters = json.dumps({"reference": [repository]})
        found = await self._engine.call("GET", "/images/json", {"filters": filters}) or []
        references = [tag for image in found for tag in image.get("RepoTags") or []]
        mine = [tag.rpartition(":") for tag in references]
        return sorted(tag for name, _, tag in mine if name == repository)

    async def untag(self, reference: str) -> None:
        """Remove one reference; the image goes too when nothing else refers to it.

        An image that a container uses keeps its content: the engine answers 409, and that is
        well. A reference that is gone already is well too.
        """
        try:
            path = f"/images/{quote(reference, safe=':/@')}"
            async with self._engine.open("DELETE", path, patience=UNHURRIED) as answer:
                await answer.read()
        except EngineRefusedError as error:
            if error.data.get("status") not in {404, 409}:
                raise


def _repositories(image: dict[str, Any]) -> set[str]:
    return {tag.rpartition(":")[0] for tag in image.get("RepoTags") or []}


def image_of(facts: dict[str, Any]) -> EngineImage:
    """Read what ED needs from an image inspection."""
    return EngineImage(
        id=facts["Id"],
        platform=Platform(
            facts.get("Os", ""), facts.get("Architecture", ""), facts.get("Variant", "") or ""
        ),
        size=int(facts.get("Size", 0)),
    )


async def read_messages(answer: aiohttp.ClientResponse) -> None:
    """Read a progress stream to its end; raise the error the engine put into it, if any."""
    buffer = b""
    async for chunk in answer.content.iter_any():
        buffer += chunk
        *lines, buffer = buffer.split(b"\n")
        for line in lines:
            raise_error_in(line)
        if len(buffer) > 1024 * 1024:
            raise EngineUnreachableError("The engine's progress stream makes no sense.")
    raise_error_in(buffer)


def raise_error_in(line: bytes) -> None:
    """Raise the engine's error if one progress message carries it."""
    if not line.strip():
        return
    try:
        message = json.loads(line)
    except ValueError:
        return
    detail = message.get("errorDetail") or {}
    told = str(message.get("stream") or "")
    # The containerd store of Engine 28 says only so that an image it took cannot run.
    hidden = told.strip() if told.startswith("Error unpacking image") else ""
    text = detail.get("message") or message.get("error") or hidden
    if text:
        raise engine_error(str(text))
