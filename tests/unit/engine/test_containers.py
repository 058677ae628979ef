"""Containers, as far as they are made with the docker command."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from edd.engine.containers import Containers, Creation
from edd.errors import StartFailedError


def test_what_docker_says_of_refused_arguments_is_not_called_the_containers_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    docker = tmp_path / "docker"
    docker.write_text("#!/bin/sh\necho 'invalid mode: zz' >&2\nexit 1\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    containers = Containers(cast("Any", SimpleNamespace(socket="/nowhere")))

    with pytest.raises(StartFailedError, match="invalid mode: zz") as caught:
        asyncio.run(containers.create(Creation("web", "web:1", ["-v", "a:b:zz"], {})))

    assert "log" not in caught.value.data
