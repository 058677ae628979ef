"""Archives that leave out layers the engine is said to have, and what an engine saves of one."""

import hashlib
import os
import subprocess
import tarfile
from functools import partial
from tempfile import TemporaryFile

from tests.support.engine import TestEngine
from tests.support.loading import Answer, load_past_the_gate
from tests.unit.archive.builders import (
    Form,
    Image,
    docker_save_20,
    docker_save_25,
    gz,
    layer,
    sha,
    tar_of,
)

FORMS = [docker_save_20, docker_save_25]
FORM_NAMES = ["docker archive", "both forms"]
packed_save_25 = partial(docker_save_25, compress=gz)


def without(form: Form, image: Image, *absent: bytes) -> bytes:
    """The archive of ``image`` in that form, naming all layers but lacking ``absent``.

    Layers are given as they would lie in the archive: packed, if the form packs them.
    """
    return tar_of([entry for entry in form(image) if entry.content not in absent])


def saved(engine: TestEngine, reference: str) -> set[str]:
    """Return the digests of everything that `docker save` writes of an image."""
    with TemporaryFile() as stream:
        subprocess.run(
            ["docker", "save", reference],
            env=engine.environment,
            stdout=stream,
            timeout=120,
            check=True,
        )
        stream.seek(0)
        with tarfile.open(fileobj=stream) as tar:
            contents = [tar.extractfile(member) for member in tar if member.isfile()]
            return {hashlib.sha256(one.read()).hexdigest() for one in contents if one}


def fresh(name: str) -> bytes:
    """A layer that no engine has seen before."""
    return layer(**{name: os.urandom(3000)})


def image(*layers: bytes, tag: str = "site:1") -> Image:
    return Image(tags=(tag,), layers=layers)


def arrive(engine: TestEngine, *layers: bytes, form: Form = docker_save_20) -> Image:
    """Load a whole image of ``layers``, called base:1."""
    base = image(*layers, tag="base:1")
    answer = load_past_the_gate(engine, without(form, base))
    assert answer == Answer(200, "", "Loaded image: base:1\n")
    return base


def can_run(engine: TestEngine, reference: str) -> bool:
    """Tell whether the engine makes a container of the image."""
    return bool(engine.docker("create", "--pull=never", reference, "/x", check=False))


def has(engine: TestEngine, wanted: Image) -> bool:
    """Tell whether the engine has all layers of the image, and would run it."""
    (tag,) = wanted.tags
    found = engine.inspect(tag).get("RootFS", {}).get("Layers")
    return found == [f"sha256:{sha(one)}" for one in wanted.layers] and can_run(engine, tag)
