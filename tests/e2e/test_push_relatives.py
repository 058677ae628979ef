"""What any image on the host holds serves as the base of a patch, for those who may build on it."""

import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import IO, Any, cast

import pytest

from edd.model.caller import Role
from edd.trust.hosts import HostList
from tests.e2e.test_push import over
from tests.support.daemon import Daemon, Place
from tests.support.engine import TestEngine
from tests.support.images import (
    Image,
    Layer,
    files_layer,
    image_id,
    website_image,
    write_archive,
    write_layout,
)
from tests.support.relay import Relay

PLACES = [Place("website", stable=0.0), Place("shop", stable=0.0)]
FILES = {f"{number}.bin": Random(number).randbytes(4000 + number) for number in range(800)}


@pytest.fixture
def host(clean_engine: TestEngine, tmp_path: Path) -> Iterator[Daemon]:
    with Daemon(tmp_path / "edd", clean_engine.socket, PLACES) as daemon:
        yield daemon


def with_files_in(folder: str, page: str, **more: bytes) -> Image:
    """An image whose large layer has `FILES` in ``folder``, all but every tenth."""
    image = website_image(f"website:{page}", page)
    kept = {f"{folder}/{name}": FILES[name] for name in FILES if not name.endswith("0.bin")}
    return replace(image, layers=[*image.layers, files_layer(kept | more)])


def relative(page: str) -> Image:
    """An image that has most of the files in another folder, and no layer in common with it."""
    image = with_files_in("srv/app/lib", page, new=Random("new").randbytes(30_000))
    base, pages, moved = map(files_of, image.layers)
    return replace(image, layers=[files_layer(base | pages, mode=0o755), files_layer(moved)])


def files_of(layer: Layer) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(b"".join(layer.read()))) as tar:
        return {one.name: cast(IO[bytes], tar.extractfile(one)).read() for one in tar}


def push(host: Daemon, path: Path, deployment: str, to: str = "admin") -> Any:
    done = host.cli("-o", "json", "push", str(path), deployment, host=to)
    return json.loads(done.stdout)


def archive(host: Daemon, image: Image) -> Path:
    return write_archive(host.root / f"{image_id(image)[7:19]}.tar", image)


def forget(host: Daemon) -> None:
    """Let the sender be another one, which never had a layer before."""
    shutil.rmtree(host.root / "cache")


def test_a_new_deployment_is_sent_what_no_other_has_though_it_shares_no_layer(
    host: Daemon, clean_engine: TestEngine
) -> None:
    push(host, archive(host, with_files_in("opt", "one")), "website")
    forget(host)
    image = relative("two")
    with Relay(host.port, delay=0.02) as relay:
        layout = write_layout(host.root / "layout", image)
        sent = push(host, layout, "shop", to=over(host, relay))

    assert sent["layers"] == {"present": 0, "patched": 2, "whole": 0}
    assert sent["sent_bytes"] < 0.05 * image.layers[-1].size
    assert clean_engine.docker("exec", "ed_shop", "/bin/busybox", "cat", "/www/index.html") == "two"


def test_a_caller_of_one_deployment_is_told_of_no_relative_in_another(host: Daemon) -> None:
    push(host, archive(host, with_files_in("opt", "one")), "website")
    with Relay(host.port, delay=0.02) as relay:
        keeper = host.trust.client("keeper", relay.port, Role.DEPLOYER, ("shop",))
        HostList.of_user(host.environment).add("keeper", keeper.bundle)
        sent = push(host, archive(host, relative("two")), "shop", to="keeper")

    assert sent["outcome"] == "success"
    assert sent["layers"] == {"present": 0, "patched": 0, "whole": 2}


@pytest.mark.parametrize("here", ["both", "serving", "none"])
def test_what_an_older_release_had_comes_back_under_another_name(host: Daemon, here: str) -> None:
    push(host, archive(host, with_files_in("opt", "one")), "website")
    if here == "serving":
        forget(host)
    other = {f"other/{number}": Random(f"{number}").randbytes(3000) for number in range(500)}
    image = website_image("website:two", "two")
    serving = replace(image, layers=[*image.layers, files_layer(other)])
    push(host, archive(host, serving), "website")
    if here == "none":
        forget(host)
    back = archive(host, with_files_in("usr/lib", "three"))

    with Relay(host.port, delay=0.02) as relay:
        sent = push(host, back, "website", to=over(host, relay))

    assert sent["layers"] == {"present": 1, "patched": 1, "whole": 1}
    assert sent["sent_bytes"] < 10_000
    assert (sent["received_bytes"] == 0) == (here == "both")


def test_a_layer_that_was_written_out_is_known_from_then_on(host: Daemon) -> None:
    push(host, archive(host, with_files_in("opt", "one")), "website")
    host.stop()
    shutil.rmtree(host.state)
    host.start()
    layers = [f"sha256:{layer.digest}" for layer in with_files_in("opt", "one").layers]
    body = json.dumps({"layers": layers})
    status, _ = host.curl("/v1/website/skeletons", "--json", body, "-o", "/dev/null")
    assert status == 200
    forget(host)

    with Relay(host.port, delay=0.02) as relay:
        sent = push(host, archive(host, relative("two")), "shop", to=over(host, relay))

    assert sent["layers"] == {"present": 0, "patched": 2, "whole": 0}
