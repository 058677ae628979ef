"""From the word a person gives to the image it means."""

import asyncio
import stat
from pathlib import Path

from edd.client.engine import describe_image
from edd.client.images.archived import ArchivedImage, folder_files, only_image, tar_files
from edd.client.images.saved import EngineImageHere
from edd.client.images.types import LocalImage
from edd.client.sources import describe_source, find_path
from edd.model.plan import ForecastRequest


async def find_image(image: str) -> LocalImage | None:
    """Return the image that IMAGE means (see `edd.client.sources`), described without reading it.

    None where it must be sent as a whole: standard input, a packed archive, one with several
    images or platforms to choose from, or no archive at all.

    Raises SourceError when the engine here has no such image.
    """
    if not image or image == "-":
        return None
    path = find_path(image)
    if path is None:
        return EngineImageHere(await describe_image(image))
    return await asyncio.to_thread(_archived, path)


async def describe(image: str) -> ForecastRequest:
    """Return what a host must know of IMAGE to tell what a push of it would do.

    An image of which not even the engine knows where its bytes lie counts as sent whole.

    Raises SourceError or ArchiveError when there is no such image, or it cannot be planned for.
    """
    found = await find_image(image)
    if found is None:
        return await describe_source(image)
    known = any(layer.size for layer in found.layers)
    return ForecastRequest(found.image, found.size, found.layers if known else ())


def _archived(path: Path) -> ArchivedImage | None:
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            files = folder_files(path) if (path / "oci-layout").is_file() else None
        else:
            files = tar_files(path) if stat.S_ISREG(mode) else None
        return only_image(str(path), files) if files else None
    except OSError:
        return None
