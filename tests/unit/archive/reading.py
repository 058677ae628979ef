"""Sends archives through the gate, and judges what comes out as an engine would."""

import asyncio
import contextlib
import io
import json
import tarfile
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

from edd.archive import ArchiveStream, Wanted
from edd.archive.compression import Form, form_of
from edd.errors import EddError
from edd.model.image import ArchiveImage, Platform
from tests.unit.archive.builders import sha, unpack

REFERENCE = "ed_website:edd-7"
WANTED = Wanted("website", "ed_website", REFERENCE, Platform("linux", "amd64"), max_bytes=64 << 20)


@dataclass
class Passed:
    """What came out before the end or before the refusal."""

    output: bytearray = field(default_factory=bytearray)
    error: EddError | None = None
    image: ArchiveImage | None = None
    received: int = 0


def send(archive: bytes, wanted: Wanted = WANTED, sizes: Iterable[int] = (1 << 16,)) -> Passed:
    """Send ``archive`` in chunks of these sizes, repeated, and return what became of it."""
    return asyncio.run(_send(ArchiveStream(chunks(archive, sizes), wanted)))


def accept(archive: bytes, wanted: Wanted = WANTED) -> Passed:
    """Send an archive that must be accepted; what came out is verified."""
    passed = send(archive, wanted)
    if passed.error is not None:
        raise passed.error
    assert passed.image is not None
    assert loaded(bytes(passed.output)) == passed.image.config
    return passed


def refuse(archive: bytes, wanted: Wanted = WANTED) -> EddError:
    """Send an archive that must be refused; nothing an engine could load may have come out."""
    passed = send(archive, wanted)
    assert passed.error is not None, "accepted"
    assert not is_complete(bytes(passed.output))
    return passed.error


async def _send(stream: ArchiveStream) -> Passed:
    passed = Passed()
    try:
        async for piece in stream:
            passed.output += piece
        passed.image = stream.image
    except EddError as error:
        passed.error = error
    passed.received = stream.received
    return passed


async def chunks(content: bytes, sizes: Iterable[int]) -> AsyncIterator[bytes]:
    at = 0
    cycle = list(sizes)
    turn = 0
    while at < len(content):
        size = max(1, cycle[turn % len(cycle)])
        yield content[at : at + size]
        at += size
        turn += 1


def is_complete(output: bytes) -> bool:
    """Tell whether ``output`` holds what makes an engine act: a manifest of any kind."""
    return bool({"manifest.json", "repositories", "index.json"} & set(_members(output)))


def loaded(output: bytes) -> str:
    """Return the image ID that an engine would load, after checking what it checks and more."""
    members = _members(output)
    assert output.endswith(bytes(1024))
    manifest: list[dict[str, Any]] = json.loads(members["manifest.json"])
    assert len(manifest) == 1
    assert manifest[0]["RepoTags"] == [REFERENCE]
    assert not {"repositories", "index.json", "oci-layout"} & set(members)
    config = members[manifest[0]["Config"]]
    diff_ids = json.loads(config)["rootfs"]["diff_ids"]
    layers = [members[name] for name in manifest[0]["Layers"]]
    assert [f"sha256:{sha(unpack(layer))}" for layer in layers] == diff_ids
    assert all(form_of(layer[:4]) is not Form.ZSTD for layer in layers)
    return f"sha256:{sha(config)}"


def _members(output: bytes) -> dict[str, bytes]:
    """Return the complete members of a tar by name, all of them regular files."""
    found: dict[str, bytes] = {}
    with (
        contextlib.suppress(tarfile.ReadError),
        tarfile.open(fileobj=io.BytesIO(output), mode="r:") as tar,
    ):
        for info in tar:
            assert info.isreg()
            assert info.name not in found
            content = tar.extractfile(info)
            assert content is not None
            data = content.read()
            if len(data) < info.size:
                break
            found[info.name] = data
    return found
