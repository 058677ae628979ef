"""Manifests as registry clients push them."""

import json
from typing import Any

import pytest

from edd.archive.documents import DeclaredPlatform, Descriptor, ImageConfig, RootFs
from edd.archive.pushed import choose_manifest, is_attestation, packed_layers, read_manifest
from edd.errors import ArchiveError, WrongPlatformError
from edd.model.image import Platform

ONE, TWO, THREE = (f"sha256:{digit * 64}" for digit in "123")
HOST = Platform("linux", "arm", "v7")


def part(digest: str) -> dict[str, Any]:
    return {"digest": digest, "size": 1}


def manifest(*layers: str, **more: Any) -> bytes:
    body = {"config": part(ONE), "layers": [part(layer) for layer in layers]}
    return json.dumps(body | more).encode()


def entry(digest: str, *platform: str) -> Descriptor:
    names = dict(zip(("os", "architecture", "variant"), platform, strict=False))
    return Descriptor(digest, 1, platform=DeclaredPlatform(**names) if platform else None)


def test_the_layers_of_an_image_are_paired_with_their_diff_ids() -> None:
    document = read_manifest(manifest(TWO, TWO))

    config = ImageConfig(RootFs([THREE, THREE]))
    assert packed_layers(document, config) == [(TWO, THREE), (TWO, THREE)]


def test_manifest_and_configuration_must_tell_of_as_many_layers() -> None:
    with pytest.raises(ArchiveError, match="2 layers"):
        packed_layers(read_manifest(manifest(TWO, TWO)), ImageConfig(RootFs([THREE])))


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"[]",
        b'{"config": {"digest": "sha256:1", "size": 1}, "layers": []}',
        b'{"schemaVersion": 1, "fsLayers": []}',
        manifest("sha256:../../x"),
        manifest(TWO, config=part("/etc/passwd")),
        manifest(*[TWO] * 600),
        json.dumps({"manifests": [part("x")]}).encode(),
        b"[" * 100_000,
    ],
    ids=lambda content: content[:30].decode(),
)
def test_what_is_no_manifest_is_refused(content: bytes) -> None:
    with pytest.raises(ArchiveError):
        read_manifest(content)


def test_an_image_without_layers_is_one() -> None:
    assert packed_layers(read_manifest(manifest()), ImageConfig(RootFs([]))) == []


def test_the_highest_variant_that_the_host_runs_is_chosen() -> None:
    entries = [
        entry(ONE, "linux", "arm", "v6"),
        entry(TWO, "linux", "arm", "v7"),
        entry(THREE, "linux", "arm", "v8"),
    ]

    assert choose_manifest(entries, HOST) == TWO


def test_attestations_are_no_images() -> None:
    entries = [entry(ONE, "unknown", "unknown"), entry(TWO, "linux", "arm", "v7")]

    assert choose_manifest(entries, HOST) == TWO


def test_an_attestation_is_told_by_its_layers() -> None:
    statement = part(TWO) | {"mediaType": "application/vnd.in-toto+json"}
    layer = part(TWO) | {"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip"}
    told = [
        is_attestation(read_manifest(manifest(layers=layers)))
        for layers in ([statement], [statement, layer], [layer], [])
    ]

    assert told == [True, False, False, False]


def test_a_manifest_alone_may_leave_its_platform_out() -> None:
    assert choose_manifest([entry(ONE)], HOST) == ONE


@pytest.mark.parametrize("entries", [[], [entry(ONE), entry(TWO)], [entry(ONE, "linux", "s390x")]])
def test_an_index_without_the_hosts_platform_is_refused(entries: list[Descriptor]) -> None:
    with pytest.raises(WrongPlatformError):
        choose_manifest(entries, HOST)
