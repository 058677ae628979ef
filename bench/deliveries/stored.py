"""Layers and images that are built once, into a folder outside the repository.

A layer is a plain tar. An image is an OCI layout whose blobs are links to such tars, and is loaded
into an engine without the layers that the engine has.
"""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.support.engine import ROOTS, TestEngine
from tests.support.images import Image, Layer, image_json

CACHE = Path(os.environ.get("EDD_BENCH_CACHE", ROOTS / "edd-bench-cache"))
PIECE = 1 << 20
SLEEP = "trap 'exit 0' TERM; busybox sleep 100000 & wait"
CONFIG = {"Cmd": ["/bin/busybox", "sh", "-c", SLEEP], "Env": ["PATH=/bin"]}


@dataclass(frozen=True)
class StoredLayer:
    """A layer in a file; ``digest`` is its diff ID without the algorithm."""

    path: Path
    digest: str

    @property
    def size(self) -> int:
        """Its bytes."""
        return self.path.stat().st_size


def stored(name: str, build: Callable[[Path], None]) -> StoredLayer:
    """Return the layer ``name``, which ``build`` writes into a file unless it is there."""
    path, noted = CACHE / f"{name}.tar", CACHE / f"{name}.sha256"
    if not (path.exists() and noted.exists()):
        print(f"... building layer {name}", flush=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        build(part)
        part.replace(path)
        with path.open("rb") as file:
            noted.write_text(hashlib.file_digest(file, "sha256").hexdigest())
    return StoredLayer(path, noted.read_text())


@contextmanager
def workshop() -> Iterator[Path]:
    """Yield an empty folder beside the layers, removed in the end."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="build-") as folder:
        yield Path(folder)


@dataclass(frozen=True)
class StoredImage:
    """An image of stored layers, lowest first."""

    tag: str
    layers: Sequence[StoredLayer]

    @property
    def config(self) -> bytes:
        """Its configuration, as bytes."""
        image = Image([self.tag], CONFIG, _described(self.layers))
        return image_json(image, [layer.digest for layer in self.layers])

    @property
    def digest(self) -> str:
        """Its id on the classic store, without the algorithm."""
        return hashlib.sha256(self.config).hexdigest()

    @property
    def size(self) -> int:
        """The bytes of its layers."""
        return sum(layer.size for layer in self.layers)

    def lay_out(self, folder: Path) -> Path:
        """Write it as an OCI layout below ``folder``; return the layout."""
        layout = folder / self.digest[:12]
        blobs = layout / "blobs/sha256"
        blobs.mkdir(parents=True, exist_ok=True)
        for layer in self.layers:
            _share(layer.path, blobs / layer.digest)
        described = {
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": _blob(blobs, self.config, "config.v1+json"),
            "layers": [_descriptor(one.digest, one.size, "layer.v1.tar") for one in self.layers],
        }
        manifest = _blob(blobs, json.dumps(described).encode(), "manifest.v1+json")
        index = {"schemaVersion": 2, "manifests": [manifest]}
        (layout / "index.json").write_text(json.dumps(index))
        (layout / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        return layout

    def load(self, engine: TestEngine, known: "StoredImage | None" = None) -> None:
        """Load it, without the layers it begins with as ``known`` does, which the engine has."""
        shared = 0
        for mine, theirs in zip(self.layers, known.layers if known else (), strict=False):
            if mine.digest != theirs.digest:
                break
            shared += 1
        command = ["docker", "load", "--quiet"]
        with subprocess.Popen(
            command, env=engine.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
        ) as loading:
            if loading.stdin is not None:
                self._write(loading.stdin, self.layers[shared:])
                loading.stdin.close()
        if loading.returncode:
            raise RuntimeError(f"docker load of {self.tag} failed:\n{engine.log()}")

    def _write(self, stream: IO[bytes], layers: Sequence[StoredLayer]) -> None:
        names = [f"{layer.digest}/layer.tar" for layer in self.layers]
        entry = {"Config": f"{self.digest}.json", "RepoTags": [self.tag], "Layers": names}
        with tarfile.open(fileobj=stream, mode="w|", format=tarfile.GNU_FORMAT) as tar:
            for layer in {layer.digest: layer for layer in layers}.values():
                info = tarfile.TarInfo(f"{layer.digest}/layer.tar")
                info.size = layer.size
                with layer.path.open("rb") as content:
                    tar.addfile(info, content)
            for name, data in (
                (f"{self.digest}.json", self.config),
                ("manifest.json", json.dumps([entry]).encode()),
            ):
                _add(tar, name, data)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    with tempfile.TemporaryFile() as content:
        content.write(data)
        content.seek(0)
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, content)


def _described(layers: Sequence[StoredLayer]) -> list[Layer]:
    return [Layer(layer.size, lambda: iter(())) for layer in layers]


def _share(source: Path, target: Path) -> None:
    if target.exists():
        return
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _blob(blobs: Path, data: bytes, kind: str) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    (blobs / digest).write_bytes(data)
    return _descriptor(digest, len(data), kind)


def _descriptor(digest: str, size: int, kind: str) -> dict[str, Any]:
    media = f"application/vnd.oci.image.{kind}"
    return {"mediaType": media, "digest": f"sha256:{digest}", "size": size}
