"""Images made without a registry or an engine: docker-archive files written by Python.

A website is busybox-static and one page. Two images that differ in their text share a layer.
"""

import gzip
import hashlib
import io
import json
import platform
import random
import tarfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import IO, Any, Literal

MIB = 1 << 20
MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm"}
SECOND = 1_000_000_000

SERVE = """\
trap 'exit 0' TERM INT
echo "serving on port $PORT"
busybox httpd -f -p "$PORT" -h /www &
wait
"""

FAULTS = {
    "exits": ["/bin/busybox", "sh", "-c", "echo broken: cannot read /config; exit 3"],
    "exits-late": ["/bin/busybox", "sh", "-c", "echo broken: giving up soon; sleep 1; exit 4"],
    "no-command": ["/no/such/program"],
    "deaf": ["/bin/busybox", "sleep", "1000"],  # process 1 hears no signal it has no handler for
}
Fault = Literal["exits", "exits-late", "no-command", "deaf"]


@dataclass(frozen=True)
class Layer:
    """An uncompressed layer tar, produced anew whenever it is read."""

    size: int
    read: Callable[[], Iterator[bytes]]

    @property
    def digest(self) -> str:
        """Its diff ID without the algorithm."""
        total = hashlib.sha256()
        for block in self.read():
            total.update(block)
        return total.hexdigest()


@dataclass(frozen=True)
class Image:
    """An image as an archive will hold it; ``config`` is the ``config`` object of its JSON."""

    tags: Sequence[str]
    config: dict[str, Any]
    layers: Sequence[Layer]
    architecture: str = field(
        default_factory=lambda: MACHINES.get(platform.machine(), platform.machine())
    )


def website_image(
    tag: str,
    text: str,
    *,
    port: int = 8080,
    healthy: bool | None = True,
    broken: Fault | None = None,
) -> Image:
    """A web server on ``port`` (or on $PORT) that answers ``text``.

    ``healthy`` tells what its HEALTHCHECK will find; None leaves the check out. ``broken`` makes
    it end at once, end after a second, name a program that is not in it, or serve nothing and
    ignore SIGTERM.
    """
    config: dict[str, Any] = {
        "Cmd": FAULTS[broken] if broken else ["/bin/busybox", "sh", "/serve"],
        "Env": ["PATH=/bin", f"PORT={port}"],
        "ExposedPorts": {f"{port}/tcp": {}},
    }
    if healthy is not None:
        probe = "busybox wget -q -O /dev/null http://127.0.0.1:$PORT/" if healthy else "exit 1"
        config["Healthcheck"] = _healthcheck(probe)
    return Image([tag], config, [_busybox_layer(), files_layer({"www/index.html": text.encode()})])


def big_image(tag: str, mib: int, *, layers: int = 1, seed: int = 1) -> Image:
    """An image whose ``layers`` hold ``mib`` MiB in all that no compressor can shrink.

    It sleeps when run. Another ``seed`` gives other bytes.
    """
    sizes = [mib // layers + (number < mib % layers) for number in range(layers)]
    noise = [noise_layer(f"noise-{i}", size, seed * 1000 + i) for i, size in enumerate(sizes)]
    sleep = "trap 'exit 0' TERM; busybox sleep 100000 & wait"
    config = {"Cmd": ["/bin/busybox", "sh", "-c", sleep], "Env": ["PATH=/bin"]}
    return Image([tag], config, [_busybox_layer(), *noise])


def files_layer(files: dict[str, bytes], mode: int = 0o644) -> Layer:
    """A layer of these files, the same bytes each time."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(content), mode
            tar.addfile(info, io.BytesIO(content))
    content = stream.getvalue()
    return Layer(len(content), lambda: iter([content]))


def noise_layer(name: str, mib: int, seed: int) -> Layer:
    """A layer with one file of ``mib`` MiB of noise, made while it is read."""
    info = tarfile.TarInfo(name)
    info.size = mib * MIB
    header = info.tobuf(tarfile.GNU_FORMAT)

    def read() -> Iterator[bytes]:
        source = random.Random(seed)
        yield header
        for _ in range(mib):
            yield source.randbytes(MIB)
        yield bytes(1024)

    return Layer(len(header) + info.size + 1024, read)


def write_archive(path: Path, *images: Image) -> Path:
    """Write ``images`` into one archive, as `docker save` would; return ``path``."""
    with path.open("wb") as stream:
        write_to(stream, *images)
    return path


def write_layout(folder: Path, image: Image) -> Path:
    """Write an OCI layout of ``image``, its layers packed by gzip; return ``folder``."""
    blobs = folder / "blobs/sha256"
    blobs.mkdir(parents=True)

    def put(kind: str, content: bytes) -> dict[str, Any]:
        digest = hashlib.sha256(content).hexdigest()
        (blobs / digest).write_bytes(content)
        media = f"application/vnd.oci.image.{kind}"
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)}

    config = image_json(image, [layer.digest for layer in image.layers])
    packed = [gzip.compress(b"".join(layer.read()), 1, mtime=0) for layer in image.layers]
    layers = [put("layer.v1.tar+gzip", layer) for layer in packed]
    manifest = {"schemaVersion": 2, "config": put("config.v1+json", config), "layers": layers}
    named = put("manifest.v1+json", json.dumps(manifest).encode())
    index = {"schemaVersion": 2, "manifests": [named]}
    (folder / "index.json").write_text(json.dumps(index))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
    return folder


def write_to(stream: IO[bytes], *images: Image) -> None:
    """Write one archive to ``stream``: layers, configurations, then the manifest."""
    manifest: list[dict[str, Any]] = []
    written: set[str] = set()
    for image in images:
        digests = [layer.digest for layer in image.layers]
        for digest, layer in zip(digests, image.layers, strict=True):
            if digest not in written:
                _add(stream, f"{digest}/layer.tar", layer.size, layer.read())
                written.add(digest)
        config = image_json(image, digests)
        name = f"{hashlib.sha256(config).hexdigest()}.json"
        _add(stream, name, len(config), iter([config]))
        names = [f"{digest}/layer.tar" for digest in digests]
        manifest.append({"Config": name, "RepoTags": list(image.tags) or None, "Layers": names})
    body = json.dumps(manifest).encode()
    _add(stream, "manifest.json", len(body), iter([body]))
    stream.write(bytes(1024))


def image_json(image: Image, digests: Sequence[str]) -> bytes:
    """The image's configuration, whose SHA-256 is the image's id on the classic store."""
    return json.dumps(
        {
            "architecture": image.architecture,
            "os": "linux",
            "created": "2026-01-01T00:00:00Z",
            "config": image.config,
            "history": [{"created": "2026-01-01T00:00:00Z"} for _ in digests],
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}" for digest in digests]},
        },
        sort_keys=True,
    ).encode()


def image_id(image: Image) -> str:
    """The id the classic store will give ``image``."""
    config = image_json(image, [layer.digest for layer in image.layers])
    return f"sha256:{hashlib.sha256(config).hexdigest()}"


def _healthcheck(probe: str) -> dict[str, Any]:
    return {
        "Test": ["CMD", "/bin/busybox", "sh", "-c", probe],
        "Interval": SECOND // 2,
        "Timeout": 5 * SECOND,
        "Retries": 2,
    }


@cache
def _busybox_layer() -> Layer:
    for path in (Path("/bin/busybox"), Path("/usr/bin/busybox")):
        if path.exists():
            files = {"bin/busybox": path.read_bytes(), "serve": SERVE.encode()}
            return files_layer(files, mode=0o755)
    raise FileNotFoundError("busybox is missing: apt-get install busybox-static")


def _add(stream: IO[bytes], name: str, size: int, blocks: Iterator[bytes]) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    stream.write(info.tobuf(tarfile.GNU_FORMAT))
    for block in blocks:
        stream.write(block)
    stream.write(bytes(-size % 512))
