"""What one change costs in images of growing size: it must cost what the change costs.

A change in a small layer is delivered over loopback. One within a large layer goes over the slow
link, where a patch of the layer travels: on a fast one the whole layer is sent sooner.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from bench.deliveries import content
from bench.deliveries.cases import Change, new, old
from bench.deliveries.costs import Cost, Link
from bench.deliveries.stage import Stage, describe, say
from bench.figures import grid

SIZES = (64, 256, 1024, 4096)
WITHIN = 1024
"""MiB; within a layer of 4 GiB it takes many minutes and 30 GiB of disk to measure one point."""

BAR = 40

TEXT = """\
The cost of the same change in larger images. On the classic store the first series grows with what
`docker save` writes out, until the engine has pushed or pulled those layers once and knows their
packed digests, as in (c) (decision 0020). The second reads a layer of that size at both ends."""


@dataclass(frozen=True)
class Point:
    """The change in an image of ``mib`` MiB, in a small layer or within the large one."""

    mib: int
    within: bool
    cost: Cost


def grow(stage: Stage) -> list[Point]:
    """Deliver the same change in images of growing size."""
    points = []
    for within in (False, True):
        for mib in SIZES:
            if not within or mib <= WITHIN:
                change = _within(mib) if within else _on_top(mib)
                link: Link = "slow" if within else "loopback"
                points.append(Point(mib, within, _delivered(stage, change, link)))
    return points


def _delivered(stage: Stage, change: Change, link: Link) -> Cost:
    say(f"growth: {change.what}")
    stage.station.hold(change)
    stage.our.hold(change)
    stage.station.settle()
    cost = stage.our.deliver(change, "engine", link)
    say(f"   {describe(cost)}")
    return cost


def _on_top(mib: int) -> Change:
    below = content.busybox(), content.many_files(mib)
    images = old(*below, content.page("one")), new(*below, content.page("two"))
    return Change("top", f"a line in a small layer on {mib} MiB", *images)


def _within(mib: int) -> Change:
    below = content.busybox()
    layers = [content.many_files(mib, line) for line in ("", "inserted")]
    images = old(below, layers[0]), new(below, layers[1])
    return Change("within", f"a line within a layer of {mib} MiB", *images)


def growth_text(points: Sequence[Point]) -> str:
    """Return the series as a table with bars."""
    longest = max(point.cost.seconds for point in points)
    rows = [["a line changed", "image, MiB", "sent, B", "s", ""]]
    for point in points:
        where = "within the large layer, slow link" if point.within else "in a small layer on top"
        bar = "█" * max(1, round(BAR * point.cost.seconds / longest))
        seconds = f"{point.cost.seconds:.2f}"
        rows.append([where, f"{point.mib}", f"{point.cost.up:,.0f}", seconds, bar])
    return f"{TEXT}\n\n{grid(rows)}"
