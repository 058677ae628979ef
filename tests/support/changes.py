"""A container that has changed very many files of its image."""

import os
from pathlib import Path

from tests.support.engine import TestEngine

MANY = 200_000


def run_with_many_changes(engine: TestEngine, name: str, image: str) -> None:
    """Start a container of ``image`` that has ``/many`` with `MANY` files of its own.

    They are put into its layer before it runs: it would take the longest to write them itself.
    """
    engine.docker("create", "--name", name, image)
    layer = engine.inspect(name)["GraphDriver"]["Data"]["UpperDir"]
    folder = Path(layer) / "many"
    folder.mkdir()
    for number in range(1, MANY + 1):
        os.mknod(folder / str(number))
    engine.docker("start", name)
