"""Image archives made in memory: the members first, as values, so that tests can bend them.

Each form imitates one tool's output member by member; tests/engine has the tools' own.
"""

import gzip
import hashlib
import io
import json
import sys
import tarfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

Compress = Callable[[bytes], bytes]
Form = Callable[..., list["Entry"]]


@dataclass(frozen=True)
class Entry:
    """One member of an archive."""

    name: str
    content: bytes = b""
    kind: bytes = tarfile.REGTYPE
    target: str = ""


@dataclass(frozen=True)
class Image:
    """An image as a builder would know it; ``layers`` are uncompressed tars."""

    tags: tuple[str, ...] = ("website:latest",)
    layers: tuple[bytes, ...] = ()
    os: str = "linux"
    architecture: str = "amd64"
    variant: str = ""
    note: str = ""

    @property
    def config(self) -> bytes:
        platform = {"os": self.os, "architecture": self.architecture}
        if self.variant:
            platform["variant"] = self.variant
        diff_ids = [f"sha256:{sha(layer)}" for layer in self.layers]
        rootfs = {"type": "layers", "diff_ids": diff_ids}
        return to_json({**platform, "config": {"Labels": {"note": self.note}}, "rootfs": rootfs})

    @property
    def id(self) -> str:
        return f"sha256:{sha(self.config)}"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def to_json(value: Any) -> bytes:
    return json.dumps(value).encode()


def gz(content: bytes) -> bytes:
    return gzip.compress(content, 1, mtime=0)


def zst(content: bytes) -> bytes:
    return zstd.compress(content)


def unpack(content: bytes) -> bytes:
    """The content without its compression, if it has one."""
    if content[:2] == b"\x1f\x8b":
        return gzip.decompress(content)
    return zstd.decompress(content) if content[:4] == b"\x28\xb5\x2f\xfd" else content


def plain(content: bytes) -> bytes:
    return content


def layer(**files: bytes) -> bytes:
    """A layer's tar with these files."""
    return tar_of([Entry(name, content) for name, content in files.items()])


def website(note: str = "", **changes: Any) -> Image:
    """The image most tests deliver: three layers, one larger than what is held in memory."""
    base = layer(base=b"debian" * 1000)
    empty = bytes(1024)
    page = layer(page=f"hello {note}".encode())
    return replace(Image(layers=(base, empty, page), note=note), **changes)


def tar_of(entries: Sequence[Entry], form: int = tarfile.GNU_FORMAT) -> bytes:
    """The tar with these members, in this order."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=form) as tar:
        for entry in entries:
            info = tarfile.TarInfo(entry.name)
            info.type, info.linkname, info.size = entry.kind, entry.target, len(entry.content)
            tar.addfile(info, io.BytesIO(entry.content))
    return stream.getvalue()


def docker_save_20(*images: Image) -> list[Entry]:
    """`docker save` before 25: a folder per layer, a link where a layer repeats."""
    entries: list[Entry] = []
    written: dict[bytes, str] = {}
    saved: list[dict[str, Any]] = []
    for image in images:
        paths: list[str] = []
        for number, content in enumerate(image.layers):
            folder = sha(f"{image.id}{number}".encode())
            paths.append(f"{folder}/layer.tar")
            entries += [
                Entry(folder, kind=tarfile.DIRTYPE),
                Entry(f"{folder}/VERSION", b"1.0"),
                Entry(f"{folder}/json", to_json({"id": folder})),
            ]
            if content in written:
                link = f"../{written[content]}/layer.tar"
                entries.append(Entry(paths[-1], kind=tarfile.SYMTYPE, target=link))
            else:
                written[content] = folder
                entries.append(Entry(paths[-1], content))
        config = f"{sha(image.config)}.json"
        entries.append(Entry(config, image.config))
        saved.append({"Config": config, "RepoTags": list(image.tags) or None, "Layers": paths})
    repositories = to_json({"website": {"latest": "0" * 64}})
    return [
        *entries,
        Entry("manifest.json", to_json(saved)),
        Entry("repositories", repositories),
    ]


def docker_save_25(*images: Image, compress: Compress = plain) -> list[Entry]:
    """`docker save` since 25: an OCI layout with a manifest.json beside it.

    Engines with the containerd store save layers compressed if they came so.
    """
    entries = oci_layout(*images, compress=compress)
    saved: list[dict[str, Any]] = [
        {
            "Config": f"blobs/sha256/{sha(image.config)}",
            "RepoTags": list(image.tags) or None,
            "Layers": [blob(compress(content)).name for content in image.layers],
            "LayerSources": {},
        }
        for image in images
    ]
    return [*entries, Entry("manifest.json", to_json(saved))]


def skopeo_docker_archive(image: Image) -> list[Entry]:
    """`skopeo copy … docker-archive:`: layers by diff ID, old names as links to them."""
    entries = []
    for number, content in enumerate(image.layers):
        folder = sha(f"{image.id}{number}".encode())
        link = f"../{sha(content)}.tar"
        entries += [
            Entry(f"{sha(content)}.tar", content),
            Entry(f"{folder}/VERSION", b"1.0"),
            Entry(f"{folder}/layer.tar", kind=tarfile.SYMTYPE, target=link),
            Entry(f"{folder}/json", to_json({"id": folder})),
        ]
    layers = [f"{sha(content)}.tar" for content in image.layers]
    config = f"{sha(image.config)}.json"
    saved = [{"Config": config, "RepoTags": list(image.tags), "Layers": layers}]
    return [*entries, Entry(config, image.config), Entry("manifest.json", to_json(saved))]


def kaniko(image: Image) -> list[Entry]:
    """Kaniko, crane and bazel (go-containerregistry): gzip layers, the config by its digest."""
    packed = [gz(content) for content in image.layers]
    names = [f"{sha(content)}.tar.gz" for content in packed]
    saved = [{"Config": image.id, "RepoTags": list(image.tags), "Layers": names}]
    return [
        Entry(image.id, image.config),
        *(Entry(name, content) for name, content in zip(names, packed, strict=True)),
        Entry("manifest.json", to_json(saved)),
    ]


def blob(content: bytes) -> Entry:
    return Entry(f"blobs/sha256/{sha(content)}", content)


def descriptor(content: bytes, kind: str = "image.manifest.v1+json", **more: Any) -> dict[str, Any]:
    media_type = f"application/vnd.oci.{kind}"
    digest = f"sha256:{sha(content)}"
    return {"mediaType": media_type, "digest": digest, "size": len(content), **more}


def oci_manifest(image: Image, compress: Compress = plain) -> bytes:
    suffix = "+gzip" if compress is gz else "+zstd" if compress is zst else ""
    kind = f"image.layer.v1.tar{suffix}"
    layers = [descriptor(compress(content), kind) for content in image.layers]
    config = descriptor(image.config, "image.config.v1+json")
    return to_json({"schemaVersion": 2, "config": config, "layers": layers})


def oci_blobs(image: Image, compress: Compress = plain) -> list[Entry]:
    contents = [compress(content) for content in image.layers]
    return [blob(content) for content in (*contents, image.config, oci_manifest(image, compress))]


def oci_layout(*images: Image, compress: Compress = plain) -> list[Entry]:
    """An OCI layout that names each image (BuildKit, skopeo, podman)."""
    entries = {entry.name: entry for image in images for entry in oci_blobs(image, compress)}
    roots = []
    for image in images:
        names = {}
        if image.tags:
            names["org.opencontainers.image.ref.name"] = image.tags[0].rpartition(":")[2]
            names["io.containerd.image.name"] = f"docker.io/library/{image.tags[0]}"
        roots.append(descriptor(oci_manifest(image, compress), annotations=names))
    return [*entries.values(), *oci_head(roots)]


def oci_multi_platform(*images: Image, compress: Compress = gz) -> list[Entry]:
    """What `docker buildx build --platform A,B -o type=oci` writes, its attestations included."""
    entries = {entry.name: entry for image in images for entry in oci_blobs(image, compress)}
    children = []
    for image in images:
        platform = {"os": image.os, "architecture": image.architecture}
        children.append(descriptor(oci_manifest(image, compress), platform=platform))
        children.append(_attestation(image, entries))
    index = to_json({"schemaVersion": 2, "manifests": children})
    names = {"io.containerd.image.name": f"docker.io/library/{images[0].tags[0]}"}
    root = descriptor(index, "image.index.v1+json", annotations=names)
    return [*entries.values(), blob(index), *oci_head([root])]


def _attestation(image: Image, entries: dict[str, Entry]) -> dict[str, Any]:
    config = to_json({"os": "unknown", "architecture": "unknown", "rootfs": {"diff_ids": []}})
    statement = to_json({"subject": image.id})
    layers = [{**descriptor(statement), "mediaType": "application/vnd.in-toto+json"}]
    manifest = to_json({"config": descriptor(config, "image.config.v1+json"), "layers": layers})
    for content in (config, statement, manifest):
        entries[blob(content).name] = blob(content)
    notes = {"vnd.docker.reference.type": "attestation-manifest"}
    platform = {"os": "unknown", "architecture": "unknown"}
    return descriptor(manifest, platform=platform, annotations=notes)


def oci_head(roots: list[dict[str, Any]]) -> list[Entry]:
    return [
        Entry("index.json", to_json({"schemaVersion": 2, "manifests": roots})),
        Entry("oci-layout", to_json({"imageLayoutVersion": "1.0.0"})),
    ]


def replaced(entries: Sequence[Entry], name: str, content: bytes) -> list[Entry]:
    """The same archive with other content under ``name``."""
    assert any(entry.name == name for entry in entries)
    return [replace(one, content=content) if one.name == name else one for one in entries]


def without(entries: Sequence[Entry], name: str) -> list[Entry]:
    return [entry for entry in entries if entry.name != name]
