"""What one change costs in images of growing size: it must cost what the change costs.

Changes in a small layer are delivered over loopback, one after the other as somebody works on a
page. A change within a large layer goes over the slow link, where a patch of the layer travels: on
a fast one the whole layer is sent sooner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.deliveries import content
from bench.deliveries.cases import Change, new, old
from bench.deliveries.costs import Cost
from bench.deliveries.stage import Stage, describe, say, stage
from bench.figures import grid

SIZES = (64, 256, 1024, 4096)
WITHIN = 1024
"""MiB; within a layer of 4 GiB it takes many minutes and 30 GiB of disk to measure one point."""

CHANGES = 6
BAR = 40

TEXT = """\
Changes of a line in a small layer on top of a large one, pushed one after the other over loopback
from a classic engine that never pushed or pulled the large one. It gives a single layer only by
`docker save`, which writes out all of them, until that has cost what packing them would have; then
they are packed, once, and a change costs what the change costs (decision 0020). An engine that has
pulled or pushed the large layer knows it from the first, as in (c)."""

WITHIN_TEXT = """\
A line changed within the large layer, over the slow link: both ends read the layer once."""


@dataclass(frozen=True)
class Series:
    """The first push of an image of ``mib`` MiB, and changes after it."""

    mib: int
    first: Cost
    changes: Sequence[Cost]


@dataclass(frozen=True)
class Point:
    """A change within a layer of ``mib`` MiB."""

    mib: int
    cost: Cost


def growth(root: Path) -> str:
    """Deliver changes in images of growing size, with files below ``root``; return the page."""
    with stage(root) as ready:
        series = [_on_top(ready, mib) for mib in SIZES]
        points = [_within(ready, mib) for mib in SIZES if mib <= WITHIN]
    return f"{TEXT}\n\n{_series_grid(series)}\n\n{WITHIN_TEXT}\n\n{_points_grid(points)}"


def _on_top(ready: Stage, mib: int) -> Series:
    below = content.busybox(), content.many_files(mib)
    first = old(*below, content.page("one"))
    pages = [content.page(f"change {number}") for number in range(CHANGES)]
    say(f"growth: lines in a small layer on {mib} MiB")
    ready.station.begin(first)
    costs = ready.our.follow(first, [new(*below, page) for page in pages])
    for cost in costs:
        say(f"   {describe(cost)}")
    return Series(mib, costs[0], costs[1:])


def _within(ready: Stage, mib: int) -> Point:
    below = content.busybox()
    layers = [content.many_files(mib, line) for line in ("", "inserted")]
    what = f"a line within a layer of {mib} MiB"
    change = Change("within", what, old(below, layers[0]), new(below, layers[1]))
    say(f"growth: {what}")
    ready.station.hold(change)
    ready.our.hold(change)
    ready.station.settle()
    cost = ready.our.deliver(change, "engine", "slow")
    say(f"   {describe(cost)}")
    return Point(mib, cost)


def _series_grid(series: Sequence[Series]) -> str:
    numbers = [f"change {number + 1}, s" for number in range(CHANGES)]
    rows = [["image, MiB", "sent for a change, B", "first push, s", *numbers]]
    for one in series:
        sent = max(cost.up for cost in one.changes)
        seconds = [f"{cost.seconds:.2f}" for cost in (one.first, *one.changes)]
        rows.append([f"{one.mib}", f"{sent:,.0f}", *seconds])
    return grid(rows)


def _points_grid(points: Sequence[Point]) -> str:
    longest = max(point.cost.seconds for point in points)
    rows = [["layer, MiB", "sent, B", "s", ""]]
    for point in points:
        bar = "█" * max(1, round(BAR * point.cost.seconds / longest))
        rows.append([f"{point.mib}", f"{point.cost.up:,.0f}", f"{point.cost.seconds:.2f}", bar])
    return grid(rows)
