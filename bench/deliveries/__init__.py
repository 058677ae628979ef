"""Whole deliveries of changed images, from a command to a container that runs, against peers."""

from collections.abc import Iterator
from pathlib import Path

from bench.deliveries.cases import CASES, Sizes
from bench.deliveries.growth import growth
from bench.deliveries.report import costs_table, figures, sizes_table
from bench.deliveries.stage import Outcome, stage
from bench.figures import Figure, table

__all__ = ["growth", "measure"]

QUICK = Sizes(few=True, image_mib=32, file_megabytes=20, rounds=1)
FEW = ("a", "c", "g", "i")
"""The cases of a quick look."""


NOTES = """\
Every delivery ends with the new container running and the old one gone. `edd push IMAGE` has what
earlier pushes left on the workstation, `edd push ./layout` has nothing but the new image. The slow
link is a relay that allows 10 Mbit/s and 50 ms each way (save and load have that rate, and one
round trip before it); there, "≥" marks the least that the bytes of a peer need on it, where that
is more than 90 s. Bytes over the slow link are counted on the link, TLS included; those over
loopback, and those beside the tools that only make patches, are what was sent inside it: layers or
patches, and the configuration. Memory of the client is its peak; that of the daemon what it grew
by, both the most of all rounds. An idle client is one that asks the host for its deployments.
"""


def measure(root: Path, names: list[str], *, quick: bool) -> Iterator[tuple[str, list[Figure]]]:
    """Deliver the named changes, or all.

    Yields after each what the page has of all so far, and every budget.
    """
    sizes = QUICK if quick else Sizes()
    changes = [CASES[name](sizes) for name in names or (FEW if quick else CASES)]
    with stage(root) as ready:
        idle, outcomes = ready.our.idle_client(), list[Outcome]()
        for change in changes:
            outcomes.append(ready.measure(change, quick=quick))
            told = figures(outcomes, idle)
            yield _text(outcomes, told), told


def _text(outcomes: list[Outcome], told: list[Figure]) -> str:
    sizes = [sizes_table(outcomes)] if any(one.peers for one in outcomes) else []
    return "\n\n".join([NOTES, costs_table(outcomes), *sizes, table(told)])
