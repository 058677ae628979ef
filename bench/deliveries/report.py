"""The tables of deliveries: every number beside its peers', and every budget with its verdict."""

from collections.abc import Iterator, Mapping, Sequence

from bench.deliveries.costs import Cost
from bench.deliveries.stage import Outcome
from bench.figures import Figure, grid

HEADINGS = ("delivered", "way", "to the host, B", "back, B", "s", "client MiB", "daemon +MiB")
WAYS = {
    "engine": "edd push IMAGE",
    "layout": "edd push ./layout",
    "docker": "docker push, pull",
    "save": "save, gzip -1, load",
    "far engine": "edd push IMAGE, slow link",
    "far layout": "edd push ./layout, slow link",
    "far docker": "docker push, pull, slow link",
    "far save": "save, gzip -1, load, slow link",
}
OURS = ("engine", "layout", "far engine", "far layout")
PEAK = 64
SMALL = 10_000


def costs_table(outcomes: Sequence[Outcome]) -> str:
    """Return what every delivery cost by every way."""
    rows = [
        _cells(one, way, one.costs[way]) for one in outcomes for way in WAYS if way in one.costs
    ]
    return grid([list(HEADINGS), *rows])


def _cells(outcome: Outcome, way: str, cost: Cost) -> list[str]:
    seconds = f"{'≥ ' if cost.floor else ''}{cost.seconds:.2f}"
    peaks = ["" if one is None else f"{one:.0f}" for one in (cost.client, cost.daemon)]
    name = f"({outcome.change.name}) {outcome.change.what}" if way == "engine" else ""
    return [name, WAYS[way], f"{cost.up:,.0f}", f"{cost.down:,.0f}", seconds, *peaks]


def sizes_table(outcomes: Sequence[Outcome]) -> str:
    """Return the bytes that ours and the tools that only make patches would send."""
    names = list(dict.fromkeys(name for one in outcomes for name in one.peers))
    headings = ["bytes", "edd, base at both ends", "edd, base at the host", "and back", *names]
    rows = [headings]
    for one in outcomes:
        if one.peers:
            both, bare = one.costs["far engine"], one.costs["far layout"]
            own = [f"{both.content:,.0f}", f"{bare.content:,.0f}", f"{bare.down:,.0f}"]
            others = [f"{one.peers[name]:,}" if name in one.peers else "-" for name in names]
            rows.append([f"({one.change.name})", *own, *others])
    return grid(rows)


def figures(outcomes: Sequence[Outcome], idle: float) -> list[Figure]:
    """Return every budget with what was measured; ``idle`` is a client's memory without a push."""
    return [figure for one in outcomes for figure in _of(one, idle)]


def _of(outcome: Outcome, idle: float) -> Iterator[Figure]:
    yield from _bytes(outcome)
    yield from _times(outcome)
    costs, name = outcome.costs, f"({outcome.change.name})"
    ours = [costs[way] for way in OURS if way in costs]
    client = max((cost.client or 0) for cost in ours) - idle
    daemon = max((cost.daemon or 0) for cost in ours)
    yield Figure(f"{name} client above idle", "MiB", client, sense="at most", limit=PEAK)
    yield Figure(f"{name} daemon above idle", "MiB", daemon, sense="at most", limit=PEAK)


def _bytes(outcome: Outcome) -> Iterator[Figure]:
    name, costs = outcome.change.name, outcome.costs
    far = costs["far layout"]
    both, bare = costs.get("far engine", far).content, far.content
    for peer, where, mine, limit in (
        ("zstd --patch-from", "at both ends", both, 1.0),
        ("rdiff, zstd", "at the host only", bare, 1 / 3),
    ):
        if size := outcome.peers.get(peer):
            yield Figure(f"({name}) sent, base {where}", "B", mine, size, peer, "at most", limit)
    if name == "g":
        yield Figure("(g) sent, on the link", "B", far.up, sense="at most", limit=SMALL)
    if name in "ef":
        share = 100 * both / outcome.change.new.size
        yield Figure(f"({name}) sent of the image", "%", share, sense="at most", limit=5)


def _times(outcome: Outcome) -> Iterator[Figure]:
    name, costs = outcome.change.name, outcome.costs
    near = costs["engine"]
    limits = {"c": (1.0, 1 / 20), "h": (1 / 3, None)}
    by_push, by_save = limits.get(name, (None, None))
    for peer, limit in (("docker", by_push), ("save", by_save)):
        if peer in costs:
            theirs, what = costs[peer].seconds * 1000, f"({name}) loopback"
            yield Figure(what, "ms", near.seconds * 1000, theirs, WAYS[peer], "at most", limit)
    yield from _far(name, costs)


def _far(name: str, costs: Mapping[str, Cost]) -> Iterator[Figure]:
    """Compare the slower of our two ways with the peers over the slow link."""
    far = max((costs[way] for way in OURS[2:] if way in costs), key=lambda cost: cost.seconds)
    for peer in ("far docker", "far save"):
        if peer not in costs:
            continue
        floor = ", at least" if costs[peer].floor else ""
        theirs, title = costs[peer].seconds * 1000, f"{WAYS[peer].removesuffix(', slow link')}"
        what = f"({name}) 10 Mbit/s"
        yield Figure(what, "ms", far.seconds * 1000, theirs, title + floor, "at most", 1.0)
