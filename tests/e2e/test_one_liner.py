"""The one-liner that ED's first users know, and what any curl can send."""

import gzip
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import website_image, write_archive
from tests.support.ports import free_port

ONE_LINER = (
    "docker save website:latest | gzip | curl --cacert ca.crt --key client.key --cert client.crt"
    ' -X POST -H "Content-Type:application/x-tar" -T - https://{host}/v1/{path}/load'
)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path, port: int) -> Iterator[Daemon]:
    place = Place("website", f"--network host -e PORT={port}", stable=0.3)
    with Daemon(tmp_path / "edd", clean_engine.socket, [place]) as running:
        yield running


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_archive(
        tmp_path / "website.tar", website_image("website:latest", "hello", healthy=None)
    )


def page(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
        return str(answer.read().decode())


@pytest.mark.parametrize("path", ["website", "deployments/website"])
def test_the_one_liner_delivers_verbatim(
    host: Daemon, clean_engine: TestEngine, archive: Path, port: int, path: str
) -> None:
    clean_engine.load(archive)
    folder = archive.parent
    client = host.client("anyone")
    (folder / "ca.crt").write_bytes(host.trust.paths.ca_certificate.read_bytes())
    (folder / "client.key").write_bytes(client.key.read_bytes())
    (folder / "client.crt").write_bytes(client.certificate.read_bytes())

    done = subprocess.run(
        ["sh", "-c", ONE_LINER.format(host=f"localhost:{host.port}", path=path)],
        cwd=folder,
        env=clean_engine.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    assert json.loads(done.stdout)["outcome"] == "success", done.stdout
    assert page(port) == "hello"


@pytest.mark.parametrize("form", ["plain", "gzip", "zstd"])
@pytest.mark.parametrize("way", ["length", "chunked"])
def test_archives_are_taken_in_every_form_curl_sends(
    host: Daemon, archive: Path, port: int, form: str, way: str
) -> None:
    sent = archive
    if form == "gzip":
        sent = archive.with_suffix(".tgz")
        sent.write_bytes(gzip.compress(archive.read_bytes(), 1))
    if form == "zstd":
        sent = archive.with_suffix(".zst")
        subprocess.run(["zstd", "-q", "-o", str(sent), str(archive)], check=True)
    words = ["-T", str(sent)] if way == "length" else ["-T", "-"]

    with sent.open("rb") as stream:
        status, body = host.curl("/v1/website/load", "-X", "POST", *words, stdin=stream)

    assert status == 200, body
    assert page(port) == "hello"


@pytest.mark.parametrize("way", ["length", "chunked"])
def test_a_truncated_archive_changes_nothing(
    host: Daemon, clean_engine: TestEngine, archive: Path, way: str
) -> None:
    half = archive.with_suffix(".half")
    half.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    words = ["-T", str(half)] if way == "length" else ["-T", "-"]

    with half.open("rb") as stream:
        status, body = host.curl("/v1/website/load", "-X", "POST", *words, stdin=stream)

    problem = json.loads(body)
    assert (status, problem["code"]) == (400, "truncated-archive")
    assert clean_engine.image_ids() == set()
    assert clean_engine.containers() == []


def test_an_unknown_deployment_is_refused_before_the_body_is_read(
    host: Daemon, archive: Path
) -> None:
    words = [*host.curl_words(host.admin), "-X", "POST", "-T", str(archive)]
    done = subprocess.run(
        [*words, "-o", "/dev/null", "-w", "%{http_code} %{size_upload}", f"{host.url}/v1/no/load"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    status, sent = done.stdout.split()
    assert (status, int(sent)) == ("404", 0)
