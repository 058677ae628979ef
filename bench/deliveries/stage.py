"""Three engines and a registry, on which a change is delivered by every way in turn."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.deliveries.cases import Change
from bench.deliveries.costs import Cost, median
from bench.deliveries.ours import Our
from bench.deliveries.peers import bytes_of_peers
from bench.deliveries.sender import Workstation
from bench.deliveries.theirs import Their
from tests.support.engine import TestEngine
from tests.support.registry import Registry


@dataclass(frozen=True)
class Outcome:
    """A change, what it cost by every way, and the bytes of tools that only make patches."""

    change: Change
    costs: dict[str, Cost]
    peers: dict[str, int]


@dataclass
class Stage:
    """Where changes are delivered."""

    our: Our
    their: Their
    station: Workstation

    def measure(self, change: Change, *, quick: bool) -> Outcome:
        """Deliver a change by every way, in alternating rounds; return the medians.

        ``quick`` leaves out the peers that take long.
        """
        say(f"{change.name}: {change.what}")
        self.station.hold(change)
        self.our.hold(change)
        self.their.hold(change)
        self.station.settle()
        costs = self._near(change)
        costs["far layout"] = self.our.deliver(change, "layout", "slow")
        if not quick:
            costs["save"] = self.their.save_and_load(change, "loopback")
            costs["far save"] = self.their.slow_save_and_load(change, costs["save"])
            costs["far engine"] = self.our.deliver(change, "engine", "slow")
            costs["far docker"] = self.their.slow_push_and_pull(change, costs["docker"])
        for name, cost in costs.items():
            say(f"   {name}: {describe(cost)}")
        return Outcome(change, costs, {} if quick else bytes_of_peers(change))

    def _near(self, change: Change) -> dict[str, Cost]:
        """Return what the ways cost over loopback that are measured in rounds."""
        ways: dict[str, Callable[[], Cost]] = {
            "engine": lambda: self.our.deliver(change, "engine", "loopback"),
            "docker": lambda: self.their.push_and_pull(change, "loopback"),
            "layout": lambda: self.our.deliver(change, "layout", "loopback"),
        }
        rounds = [{name: way() for name, way in ways.items()} for _ in range(change.rounds)]
        return {name: median([each[name] for each in rounds]) for name in ways}


def describe(cost: Cost) -> str:
    """Return a cost in a line, for who watches."""
    peaks = [f"{peak:.0f} MiB" for peak in (cost.client, cost.daemon) if peak is not None]
    words = [f"{cost.seconds:.2f} s", f"{cost.up:,.0f} B up", f"{cost.down:,.0f} B down", *peaks]
    return ", ".join([*words, "at least" if cost.floor else "", cost.phases]).strip(", ")


@contextmanager
def stage(root: Path) -> Iterator[Stage]:
    """Run everything while entered, with files below ``root``."""
    with ExitStack() as stack:
        sender, mine, host = (stack.enter_context(TestEngine()) for _ in range(3))
        registry = Registry(root / "registry")
        registry.root.mkdir()
        station = Workstation(sender, root / "workstation")
        yield Stage(Our(mine, station, root / "ours"), Their(host, station, registry), station)


def say(text: str) -> None:
    """Tell what is being measured."""
    print(f"... {text}", file=sys.stderr, flush=True)
