"""What a delivery costs, and the links it goes over."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

Link = Literal["loopback", "slow"]


class Shape(TypedDict):
    """A link's bytes a second each way, and seconds each way."""

    rate: float
    delay: float


SLOW: Shape = {"rate": 10e6 / 8, "delay": 0.05}
TRIP = 2 * SLOW["delay"]


@dataclass(frozen=True)
class Cost:
    """Seconds until the container runs; bytes to the host and back; MiB at the peak.

    ``client`` is the whole process, ``daemon`` what it grew by. ``floor`` is set where the time
    was not measured, but is the least that the bytes need on the link. ``content`` is what was
    sent without the protocols around it.
    """

    seconds: float
    up: float
    down: float = 0.0
    client: float | None = None
    daemon: float | None = None
    floor: bool = False
    content: float = 0.0
    phases: str = ""


def at_least(near: Cost) -> Cost:
    """Return the least that a delivery takes over the slow link, told from one over loopback."""
    seconds = max(near.seconds, near.up / SLOW["rate"] + TRIP)
    return Cost(seconds, near.up, near.down, floor=True)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the medians of seconds and bytes and the largest peaks."""
    middle = sorted(costs, key=lambda cost: cost.seconds)[len(costs) // 2]
    return Cost(
        statistics.median(cost.seconds for cost in costs),
        statistics.median(cost.up for cost in costs),
        statistics.median(cost.down for cost in costs),
        _most([cost.client for cost in costs]),
        _most([cost.daemon for cost in costs]),
        any(cost.floor for cost in costs),
        statistics.median(cost.content for cost in costs),
        middle.phases,
    )


def _most(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return max(known) if known else None
