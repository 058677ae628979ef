"""Measurements a host offers to a monitor, free of any exposition format."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Sample = tuple[dict[str, str], float]
"""One value, and the labels that tell it from the others of the same name."""


class Metric(Struct, frozen=True):
    """A named measurement; names and units follow Prometheus (``edd_disk_free_bytes``)."""

    name: str
    help: str
    kind: Literal["gauge", "counter"]
    samples: Sequence[Sample]
